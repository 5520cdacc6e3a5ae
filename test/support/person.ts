// A person at a browser: says who they are when a page asks, agrees when a page asks that, and stops
// where no page asks any more. What they saw is kept, so that a test can tell what they agreed to.
import type { Browser, Page } from './browser.ts';
import type { Form } from './html.ts';

export interface PersonAtBrowser {
  readonly login: string;
  /** Only for those who have one at the provider. */
  readonly password?: string;
  /** Presses the first button with such a label; what agrees, unless this says otherwise. */
  readonly presses?: RegExp;
}

/** Opens the address and answers every form, at most ten. Returns all pages seen, the last one last. */
export async function answerForms(
  browser: Browser,
  address: string,
  person: PersonAtBrowser,
): Promise<Page[]> {
  const seen = [await browser.open(address)];
  while (seen.length <= maxForms) {
    const page = seen.at(-1) as Page;
    const form = page.status < 400 ? page.forms[0] : undefined;
    if (!form) return seen;
    seen.push(await answer(browser, page, form, person));
  }
  throw new Error(`still asked after ${maxForms} forms: ${seen.at(-1)?.text}`);
}

const maxForms = 10;

function answer(browser: Browser, page: Page, form: Form, person: PersonAtBrowser): Promise<Page> {
  const asksWho = form.fields.some(({ name }) => name === 'login');
  const values = asksWho ? { login: person.login, password: person.password ?? '' } : {};
  const wanted = person.presses ?? agreeing;
  const button = form.buttons.find(({ label }) => wanted.test(label)) ?? form.buttons[0];
  return browser.submit(page, form, { values, ...(button ? { button } : {}) });
}

const agreeing = /^(?:sign in|approve|allow|continue|yes)\b/i;
