// A company whose approvers sign in: the whole bot on the local GitHub, a real identity provider, and a browser for
// anybody. The bot listens in the clear on loopback, behind a proxy that ends TLS for it, as an operator may have it.

import { once } from 'node:events';
import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createBrowser, type Browser, type Page } from '../support/browser.ts';
import { createAuthority } from '../support/certificates.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { startCompany, template, type Company } from './company.ts';

export const repo = 'acme/access';

export interface Confirming extends AsyncDisposable {
  readonly company: Company;
  readonly provider: IdentityProvider;
  readonly origin: string;
  /** Sets the bot's clock ahead. */
  ahead(ms: number): void;
  browser(): Browser;
  /** The link that the bot gave whoever approved last on the issue, once it is another than `before`. */
  link(issue: number, before?: string): Promise<string>;
  /** Follows a link, signs in, and stops at the page that then comes. */
  follow(link: string, login: string, browser?: Browser): Promise<Page>;
}

const people = [
  { login: 'dana', subject: '00u-dana', name: 'Dana Developer' },
  { login: 'omar', subject: '00u-omar', name: 'Omar Owner' },
  { login: 'bea', subject: '00u-bea', name: 'Bea Bystander' },
  { login: 'nora', subject: '00u-nora', name: 'Nora Nobody' },
];

export const signInPolicy = template('sallyport.yml').replace(
  '    pending: 8h',
  '    confirm: sign-in\n    pending: 8h',
);

/** One for all: a company trusts nobody else from its start on, and that is for the whole process. */
const theAuthority = createAuthority();

export async function startConfirming({ policy = signInPolicy } = {}): Promise<Confirming> {
  const authority = await theAuthority;
  const certificate = await authority.issue(['127.0.0.1']);
  let company: Company | undefined;
  const proxy = createServer(certificate, (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const onward = forward(
      { host: '127.0.0.1', port: company?.port() ?? 0, method, path, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const origin = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const client = { clientId: 'sallyport', clientSecret: 'none' };
  const redirectUris = [`${origin}/claim/callback`];
  const provider = await startIdentityProvider({
    tls: certificate,
    people,
    clients: [{ ...client, redirectUris }],
    ways: ['pwd', 'phr'],
  });
  const { issuer } = provider;
  let aheadMs = 0;
  const started = await startCompany({
    authority,
    policy,
    now: () => new Date(Date.now() + aheadMs),
    settings: { origin, oidc: { ...client, issuer, subjectClaim: 'sub', acrClaim: 'acr' } },
  });
  company = started;
  const browser = () => createBrowser({ ca: authority.caPem });
  return {
    company: started,
    provider,
    origin,
    browser,
    ahead: (ms) => void (aheadMs = ms),
    async link(issue, before) {
      const told = /@\w+, your approval .*\]\((https:[^)]*\/confirm\/c_[a-z2-7]{26})\)/;
      const last = () =>
        started
          .botComments(issue)
          .flatMap((body) => told.exec(body)?.[1] ?? [])
          .at(-1);
      const isThere = () => last() !== undefined && last() !== before;
      await started.github.thread(repo, issue).until(isThere);
      return last() ?? '';
    },
    async follow(link, login, by = browser()) {
      const page = await by.open(link);
      const [form] = page.forms;
      if (page.url.origin !== issuer || !form) return page;
      return by.submit(page, form, { values: { login, password: '' } });
    },
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await provider.close();
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}

/** Presses a button of the question. */
export function press(browser: Browser, page: Page, value: 'approve' | 'cancel'): Promise<Page> {
  const [form] = page.forms;
  const button = form?.buttons.find((each) => each.value === value);
  if (!form || !button) throw new Error(`there is nothing to ${value} on: ${page.text}`);
  return browser.submit(page, form, { button });
}
