// What the setup answers: the printed address, the page, GitHub's way back, and no to everything else. Nothing here is
// posted to the bot: the only thing that changes anything is GitHub's code, which counts with our own state and the
// cookie of the browser that opened the address.

import type { Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { appsUrl, newAppUrl, type AppOwner, type CreatedApp } from '../github/registration.ts';
import { webhookPath } from '../github/webhook.ts';
import type { Page } from '../page.ts';
import type { Creation, Outcome } from './creation.ts';
import type { Door } from './door.ts';
import { appName, manifestFor, type AppDescription } from './manifest.ts';
import type { SetupPages } from './pages.ts';
import { problems, type Problem, type Words } from './words.ts';

export const setupPaths = { setup: '/setup', created: '/setup/created' } as const;

export interface SetupDesk {
  readonly origin: string;
  /** The origin of GitHub's website. */
  readonly site: string;
  readonly policy: string;
  readonly catalog: readonly string[];
  readonly door: Door;
  readonly creation: Creation;
  readonly pages: SetupPages;
  readonly words: Words;
  readonly description: AppDescription;
  /** Told when the address was opened. */
  opened(context: Context): void;
  /** Told when the credentials are on the disk. */
  created(app: CreatedApp): void;
  /** Told of what went wrong after GitHub had been asked, and for whom the App was to be. */
  failed(problem: Problem, owner: AppOwner, detail?: string): void;
}

export function mountSetup(app: Hono, desk: SetupDesk): void {
  // A connection that is kept open would keep the port from the bot that comes after us.
  app.use(async (context, next) => {
    await next();
    context.header('connection', 'close');
  });
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/readyz', (context) => context.json({ ready: false, app: 'not created' }, 503));
  app.get(setupPaths.setup, (context) => showSetup(context, desk));
  app.get(setupPaths.created, (context) => comeBack(context, desk));
  app.get(`${setupPaths.setup}/:secret`, (context) => open(context, desk));
  app.all('*', notYet);
}

/** Says the same to everybody, also to whoever guesses at the address. */
function notYet(context: Context): Response {
  return context.text('This bot has no GitHub App yet.', 503);
}

// The secret stands in the path. In the fragment no proxy would see it, but then a script would have to send it, and no
// page of the bot runs one. So it is made worthless instead: the first request with it spends it and gets a cookie, and
// the address that then stands in the browser is another. What a proxy's log, the browser's history or a Referer keeps
// opens nothing.
function open(context: Context, desk: SetupDesk): Response {
  const { method } = context.req;
  // Looking ahead must not spend it: a browser may never show what it fetched so.
  const isAhead = /prefetch|prerender/.test(
    `${context.req.header('sec-purpose')} ${context.req.header('purpose')}`,
  );
  if (method !== 'GET' || isAhead) return notYet(context);
  const opening = desk.door.open(context.req.param('secret') ?? '');
  if (opening.kind === 'wrong') return notYet(context);
  if (opening.kind === 'used') {
    // In the browser where it was opened it only leads back to the page.
    return isOurs(context, desk)
      ? context.redirect(urlOf(desk, setupPaths.setup), 303)
      : problem(context, desk, 'used');
  }
  setCookie(context, cookieName, opening.cookie, cookieScope);
  desk.opened(context);
  context.header('cache-control', 'no-store');
  context.header('referrer-policy', 'no-referrer');
  return context.redirect(urlOf(desk, setupPaths.setup), 303);
}

function showSetup(context: Context, desk: SetupDesk): Response {
  if (!isOurs(context, desk)) return problem(context, desk, 'not-yours');
  const asked = context.req.query('organization')?.trim();
  const owner = asked === undefined ? usualOwner(desk) : organizationOf(asked);
  if (owner?.kind !== 'organization') return problem(context, desk, 'bad-owner');
  const { login: organization } = owner;
  const { site, description, door } = desk;
  const personal: AppOwner = { kind: 'personal' };
  const name = appName(description, organization);
  const webhook = urlOf(desk, webhookPath);
  const redirect = urlOf(desk, setupPaths.created);
  const page = desk.pages.setup({
    site,
    name,
    organization,
    webhook,
    manifest: manifestFor(description, name, { webhook, redirect }),
    forOrganization: newAppUrl(site, owner, door.stateFor(owner)),
    forMyself: newAppUrl(site, personal, door.stateFor(personal)),
    policy: desk.policy,
    apps: appsUrl(site, owner),
    action: setupPaths.setup,
  });
  return show(context, 200, page);
}

async function comeBack(context: Context, desk: SetupDesk): Promise<Response> {
  if (context.req.method !== 'GET') return notYet(context);
  if (!isOurs(context, desk)) return problem(context, desk, 'not-yours');
  const owner = desk.door.ownerOf(context.req.query('state') ?? '');
  const code = context.req.query('code') ?? '';
  if (owner === undefined || !codeForm.test(code)) return problem(context, desk, 'wrong-state');
  const outcome = await desk.creation.finish(code, owner);
  if (outcome.kind !== 'created') return failed(context, desk, { outcome, owner });
  const { app } = outcome;
  desk.created(app);
  const page = desk.pages.created({
    name: app.name,
    owner: app.owner,
    url: app.url,
    install: `${app.url}/installations/new`,
    policy: desk.policy,
    catalog: desk.catalog,
  });
  return show(context, 200, page);
}

function failed(
  context: Context,
  desk: SetupDesk,
  { outcome, owner }: { outcome: Exclude<Outcome, { kind: 'created' }>; owner: AppOwner },
): Response {
  const { name, detail } =
    outcome.kind === 'failed'
      ? { name: outcome.problem, detail: outcome.detail }
      : {
          name: 'unfit' as const,
          detail: outcome.reasons.map((reason) => desk.words.unfit[reason]).join('; '),
        };
  desk.failed(name, owner, detail);
  // The code is spent, so its state is as well.
  if (problems[name].offers === 'anew') desk.door.renew();
  return problem(context, desk, name, { owner, detail });
}

function problem(
  context: Context,
  desk: SetupDesk,
  name: Problem,
  { owner = usualOwner(desk), detail }: { owner?: AppOwner; detail?: string | undefined } = {},
): Response {
  const { pathname, search } = new URL(context.req.url);
  const at = {
    again: `${pathname}${search}`,
    first: setupPaths.setup,
    apps: appsUrl(desk.site, owner),
  };
  return show(context, problems[name].status, desk.pages.problem(name, at, detail));
}

/** A private App can be installed by its owner alone, and it has to read the policy. */
function usualOwner({ policy }: SetupDesk): AppOwner {
  return { kind: 'organization', login: policy.split('/', 1)[0] ?? '' };
}

function show(
  context: Context,
  status: 200 | 400 | 403 | 409 | 410 | 500 | 502,
  page: Page,
): Response {
  return context.html(page.html, status, { ...page.headers });
}

function isOurs(context: Context, { door }: SetupDesk): boolean {
  return door.isOpenTo(getCookie(context, cookieName, 'host'));
}

/** Built from the configured origin: whatever Host header came in has no say in where people are sent. */
function urlOf({ origin }: SetupDesk, path: string): string {
  return new URL(path, origin).href;
}

function organizationOf(login: string): AppOwner | undefined {
  return isLogin.test(login) ? { kind: 'organization', login } : undefined;
}

/** Of an organisation: letters, digits and single hyphens; it becomes part of an address at GitHub. */
const isLogin = /^(?=.{1,39}$)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/;
/** GitHub's are forty hexadecimal digits; it becomes part of an address of its API. */
const codeForm = /^[A-Za-z0-9_-]{1,200}$/;

// `__Host-` keeps neighbouring hosts from planting one; Lax lets it come along when GitHub sends the browser back. It
// ends with the browser, and is worth nothing once this process has ended.
const cookieName = 'sallyport-setup';
const cookieScope = {
  prefix: 'host',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Lax',
} as const;
