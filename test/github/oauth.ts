// The App's web sign-in flow: /login/oauth/authorize asks who is there, sends them back with a code,
// and /login/oauth/access_token turns the code into a user token, once and within ten minutes.
// Tokens do not expire (an App may opt out of that), so there is no refresh token.
import { createHash, randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { bodyText, parseJson } from './call.ts';
import { mintUserToken } from './tokens.ts';
import type { Instance } from './instance.ts';
import { findAccount, type Account, type App } from './state.ts';
import { html } from './web/html.ts';
import { page } from './web/layout.ts';
import { isSameOrigin } from './web/same-origin.ts';

interface PendingCode {
  readonly app: App;
  readonly user: Account;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly expiresAtMs: number;
}

/** GitHub's own limit for a code (docs, "Generating a user access token"). */
const codeLifetimeMs = 600_000;

export function oauthRoutes(instance: Instance): Hono {
  const router = new Hono();
  const codes = new Map<string, PendingCode>();

  router.get('/authorize', (context) => {
    const asked = new URL(context.req.url).searchParams;
    const app = appBy(instance, asked.get('client_id'));
    const redirectUri = app && redirectFor(app, asked.get('redirect_uri'));
    if (!app || redirectUri === undefined) return context.text('Not Found', 404);
    return context.html(chooser(instance, app, asked));
  });

  router.post('/authorize', async (context) => {
    if (!isSameOrigin(instance, context.req.raw)) return context.text('Forbidden', 403);
    const form = new URLSearchParams(await bodyText(context));
    const app = appBy(instance, form.get('client_id'));
    const redirectUri = app && redirectFor(app, form.get('redirect_uri'));
    const user = findAccount(instance.state, form.get('login') ?? '');
    if (!app || redirectUri === undefined || user?.type !== 'User') {
      return context.text('Not Found', 404);
    }
    const code = randomBytes(10).toString('hex');
    const expiresAtMs = instance.now().getTime() + codeLifetimeMs;
    codes.set(code, { app, user, redirectUri, challenge: form.get('code_challenge'), expiresAtMs });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    const state = form.get('state');
    if (state !== null) back.searchParams.set('state', state);
    return context.redirect(back.href, 302);
  });

  router.post('/access_token', async (context) => {
    const isJson = context.req.header('content-type')?.includes('json') === true;
    const text = await bodyText(context);
    const fields = isJson ? (parseJson(text) as Record<string, string>) : text;
    const given = new URLSearchParams(fields);
    const answer = exchange(instance, codes, given);
    if (context.req.header('accept')?.includes('json') === true) return context.json(answer);
    return context.body(new URLSearchParams(answer).toString(), 200, {
      'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
    });
  });

  return router;
}

/** GitHub answers errors with 200 and an `error` member. */
function exchange(
  instance: Instance,
  codes: Map<string, PendingCode>,
  given: URLSearchParams,
): Record<string, string> {
  const app = appBy(instance, given.get('client_id'));
  if (!app || given.get('client_secret') !== app.clientSecret) {
    return {
      error: 'incorrect_client_credentials',
      error_description: 'The client_id and/or client_secret passed are incorrect.',
    };
  }
  const code = given.get('code') ?? '';
  const pending = codes.get(code);
  codes.delete(code);
  const redirectUri = given.get('redirect_uri');
  const isGood =
    pending?.app === app &&
    pending.expiresAtMs > instance.now().getTime() &&
    (redirectUri === null || redirectUri === pending.redirectUri) &&
    provesChallenge(pending.challenge, given.get('code_verifier'));
  if (!isGood) {
    return {
      error: 'bad_verification_code',
      error_description: 'The code passed is incorrect or expired.',
    };
  }
  const access_token = mintUserToken(instance, pending.user, app);
  return { access_token, scope: '', token_type: 'bearer' };
}

/** RFC 7636 §4.6, S256 only. */
function provesChallenge(challenge: string | null, verifier: string | null): boolean {
  if (challenge === null) return true;
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === challenge
  );
}

function appBy(instance: Instance, clientId: string | null): App | undefined {
  return instance.state.apps.values().find((one) => one.clientId === clientId);
}

/** One of the App's callback addresses; the first when none is asked for. */
function redirectFor(app: App, asked: string | null): string | undefined {
  if (asked === null) return app.callbackUrls[0];
  return app.callbackUrls.find((one) => one === asked);
}

function chooser(instance: Instance, app: App, asked: URLSearchParams) {
  const people = [...instance.state.accounts.values()].filter(({ type }) => type === 'User');
  const kept = ['client_id', 'redirect_uri', 'state', 'code_challenge'].filter((name) =>
    asked.has(name),
  );
  const body = html`<form class="chooser" method="post" action="/login/oauth/authorize">
    <h1>Authorize ${app.name}</h1>
    <p>Who are you? Nobody has a password on the local GitHub.</p>
    ${kept.map((name) => html`<input type="hidden" name="${name}" value="${asked.get(name)}" />`)}
    ${people.map(
      ({ login, id }) =>
        html`<button class="person" name="login" value="${login}">
          <img src="/avatars/u/${id}" alt="" width="32" height="32" /> ${login}
        </button>`,
    )}
  </form>`;
  return page({ title: `Authorize ${app.name}`, body });
}
