// The identity provider's one page: who are you? It stands for whatever a company has there.
import type { ServerResponse } from 'node:http';
import { html } from 'hono/html';

/** Answers with the page; after a refusal it says so, and not whether name or password was wrong. */
export async function signInPage(response: ServerResponse, shown: Shown): Promise<void> {
  const body = await page(shown);
  response.writeHead(shown.refused ? 401 : 200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // No form-action: Chrome would apply it to the way back to whoever asked as well.
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(body);
}

/** Somebody one can say to be. */
interface Choice {
  readonly login: string;
  readonly name: string;
  readonly password?: string;
}

interface Shown {
  readonly people: readonly Choice[];
  readonly client: string;
  readonly refused?: boolean;
}

async function page(shown: Shown): Promise<string> {
  const hasPasswords = shown.people.some(({ password }) => password !== undefined);
  const whole = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sign in · Acme</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <main>
          <h1>Acme</h1>
          <p>Sign in to continue to <strong>${shown.client}</strong>.</p>
          ${shown.refused ? html`<p role="alert">That did not work. Try again.</p>` : ''}
          <form method="post">
            <fieldset>
              <legend>Who are you?</legend>
              ${shown.people.map(choice)}
            </fieldset>
            ${hasPasswords ? passwordField : ''}
            <button>Sign in</button>
          </form>
        </main>
      </body>
    </html>`;
  return whole.toString(); // hono gives a String object, which a response does not take
}

function choice({ login, name }: Choice) {
  return html`<label>
    <input type="radio" name="login" value="${login}" required />
    <span>${name}</span> <small>${login}</small>
  </label>`;
}

const passwordField = html`<label class="field">
  Password <input type="password" name="password" autocomplete="current-password" />
</label>`;

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8884; --accent: #3557d6 }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { width: min(24rem, 100vw - 3rem); padding: 2rem 0 }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
fieldset { border: 0; padding: 0; margin: 1.5rem 0 }
legend { padding: 0; font-weight: 600; margin-bottom: .5rem }
label { display: flex; gap: .6rem; align-items: center; padding: .6rem .8rem; border: 1px solid var(--line);
  border-radius: .5rem; margin-bottom: .5rem; cursor: pointer }
label:has(:checked) { border-color: var(--accent); outline: 1px solid var(--accent) }
label small { margin-left: auto; opacity: .65 }
.field { display: block; border: 0; padding: 0 }
.field input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem }
button { width: 100%; font: inherit; font-weight: 600; padding: .65rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: #fff; cursor: pointer }
[role=alert] { color: #b3261e }
`;
