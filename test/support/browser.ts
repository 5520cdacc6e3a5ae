// A browser without a screen: opens pages over HTTP and HTTPS, keeps cookies, follows redirects and
// submits forms, and is as strict as Chrome where a page can get it wrong: `__Host-` cookies, the
// `form-action` of a content security policy (also across redirects), the Origin and Sec-Fetch headers.
// It runs no script and trusts one authority besides the public ones.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import { text as readBody } from 'node:stream/consumers';
import { createCookieJar } from './cookies.ts';
import { readForms, readText, type Button, type Form } from './html.ts';

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  /** What one reads on it. */
  readonly text: string;
  readonly forms: readonly Form[];
  readonly headers: IncomingMessage['headers'];
}

export interface Browser {
  /** Types an address. */
  open(url: string | URL): Promise<Page>;
  /** Submits a form of a page, with some fields filled in, by one of its buttons. */
  submit(page: Page, form: Form, how?: Filled): Promise<Page>;
}

export interface Filled {
  readonly values?: Readonly<Record<string, string>>;
  readonly button?: Button;
}

const maxRedirects = 20; // as in Chrome

/** A new browser that has never been anywhere. `ca` is PEM. */
export function createBrowser({ ca }: { ca?: string } = {}): Browser {
  const cookies = createCookieJar();

  async function visit(first: Visit): Promise<Page> {
    let at = first;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      checkFormAction(at);
      const answer = await send(at, cookies.header(at.url), ca);
      cookies.store(at.url, answer.headers['set-cookie'] ?? [], new Date());
      const html = await readBody(answer);
      const next = redirected(at, answer);
      if (!next) return toPage(at.url, answer, html);
      at = next;
    }
    throw new Error(`more than ${maxRedirects} redirects from ${first.url.href}`);
  }

  return {
    open: (url) => visit({ url: new URL(url), method: 'GET' }),
    submit: (page, form, how = {}) => visit(submission(page, form, how)),
  };
}

interface Visit {
  readonly url: URL;
  readonly method: string;
  readonly body?: string;
  /** The page whose form or redirect leads here; none when the address was typed. */
  readonly from?: { readonly url: URL; readonly headers: IncomingMessage['headers'] };
}

function submission(page: Page, form: Form, { values = {}, button }: Filled): Visit {
  const chosen = form.fields.filter(({ name, type, value, checked }) => {
    if (type === 'radio') return name in values ? values[name] === value : checked;
    return type === 'checkbox' ? name in values || checked : true;
  });
  const pairs = chosen.map(({ name, value, type }): [string, string] => [
    name,
    type === 'checkbox' ? value : (values[name] ?? value),
  ]);
  if (button?.name) pairs.push([button.name, button.value]);
  const body = new URLSearchParams(pairs).toString();
  const url = new URL(button?.action || form.action || page.url, page.url);
  if (form.method === 'post') return { url, method: 'POST', body, from: page };
  url.search = body;
  return { url, method: 'GET', from: page };
}

function redirected(at: Visit, { statusCode = 0, headers }: IncomingMessage): Visit | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return undefined;
  const next = new URL(headers.location, at.url);
  if (!next.hash) next.hash = at.url.hash;
  // Fetch §4.4: only 307 and 308 repeat a POST.
  return statusCode >= 307 ? { ...at, url: next } : { url: next, method: 'GET', ...keepFrom(at) };
}

function keepFrom({ from }: Visit): Pick<Visit, 'from'> {
  return from ? { from } : {};
}

async function send(at: Visit, cookie: string, ca: string | undefined): Promise<IncomingMessage> {
  const { url, method, body } = at;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error(`cannot open ${url.href}`);
  const headers = {
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'user-agent': 'Mozilla/5.0 (a browser without a screen)',
    ...fetchMetadata(at),
    ...(cookie ? { cookie } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { method, headers, agent: false as const };
  const request =
    url.protocol === 'https:'
      ? httpsRequest(url, { ...options, ...(ca ? { ca: [...rootCertificates, ca] } : {}) }, resolve)
      : httpRequest(url, options, resolve);
  request.on('error', reject).end(body);
  return promise;
}

// What a server may defend itself with: Origin on every POST, and W3C Fetch Metadata.
function fetchMetadata({ url, method, from }: Visit): Record<string, string> {
  const hidesOrigin = from?.headers['referrer-policy'] === 'no-referrer'; // Fetch §3.2 step 4
  const origin = from && !hidesOrigin ? from.url.origin : 'null';
  return {
    ...(method === 'POST' ? { origin } : {}),
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': relation(url, from?.url),
    'sec-fetch-user': '?1',
  };
}

function relation(url: URL, from: URL | undefined): string {
  if (!from) return 'none';
  if (from.origin === url.origin) return 'same-origin';
  // A site has a scheme and a host, and no port.
  const isSameSite = from.hostname === url.hostname && from.protocol === url.protocol;
  return isSameSite ? 'same-site' : 'cross-site';
}

// Chrome applies a page's form-action to where its form ends up as well, and shows nothing but a line
// in its console. Without this check a consent page that cannot redirect to the client would pass.
function checkFormAction({ url, from }: Visit): void {
  const policy = String(from?.headers['content-security-policy'] ?? '');
  const allowed = /(?:^|;)\s*form-action\s+([^;]*)/i.exec(policy)?.[1];
  if (!from || allowed === undefined) return;
  const fits = allowed.split(/\s+/).some((source) => {
    if (source === "'self'") return url.origin === from.url.origin;
    if (source.endsWith(':*')) return `${url.protocol}//${url.hostname}:*` === source;
    return source === url.protocol || source === url.origin;
  });
  if (!fits) throw new Error(`the page ${from.url.href} may not send its form to ${url.origin}`);
}

function toPage(url: URL, { statusCode, headers }: IncomingMessage, html: string): Page {
  return {
    url,
    status: statusCode ?? 0,
    html,
    text: readText(html),
    forms: readForms(html),
    headers,
  };
}
