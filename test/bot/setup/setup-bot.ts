// The setup of a bot that has no App, inside the test's process: real TLS, the local GitHub, a browser without a
// screen, a data folder of its own.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import type { ConfigWithoutApp } from '../../../bot/config.ts';
import { openLog } from '../../../bot/log.ts';
import { setUp } from '../../../bot/setup/setup.ts';
import { startLocalGitHub, type LocalGitHub } from '../../github/server.ts';
import { createBrowser, type Browser, type Page } from '../../support/browser.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { reservePort } from '../../support/ports.ts';
import { within } from '../../support/within.ts';
import { configFor, template } from '../company.ts';

export interface SetupBot extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly origin: string;
  readonly dataFolder: string;
  /** The address that was printed. */
  readonly address: string;
  /** What was written to the terminal, and what to the log. */
  told(): string;
  logged(): string;
  /** A browser that has never been anywhere. */
  browser(): Browser;
  /** How the setup ended; rejects when it does not. */
  ended(): Promise<'created' | 'stopped'>;
  stop(): void;
}

export interface SetupBotOptions {
  readonly now?: () => Date;
  readonly changes?: Partial<ConfigWithoutApp>;
}

export async function startSetupBot({ now, changes }: SetupBotOptions = {}): Promise<SetupBot> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('setup'));
  const authority = await createAuthority();
  tls.setDefaultCACertificates([...tls.getCACertificates('bundled'), authority.caPem]);
  const github = stack.use(
    await startLocalGitHub({
      seed: seedWithoutApp(),
      tls: await authority.issue(['localhost']),
      now,
    }),
  );
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  const dataFolder = folder.at('data');
  const { github: app, ...config } = configFor(withApp(github), dataFolder);
  const listen = { host: '127.0.0.1', port, tls: await authority.issue(['127.0.0.1']) };
  const { limits } = app;
  const site = { apiUrl: github.apiUrl, site: github.url, limits };
  const whole: ConfigWithoutApp = { ...config, origin, listen, github: site, ...changes };

  let told = '';
  let logged = '';
  const stopping = Promise.withResolvers<void>();
  const printed = Promise.withResolvers<string>();
  const tell = (text: string): void => {
    told += text;
    const [address] = /https:\S+/.exec(text) ?? [];
    if (address !== undefined) printed.resolve(address);
  };
  const log = openLog({ write: (line) => void (logged += line) });
  const ended = setUp({ config: whole, log, tell }, stopping.promise);
  ended.catch(printed.reject);
  stack.defer(async () => {
    stopping.resolve();
    await ended.catch(() => undefined);
  });
  const address = await printed.promise;
  const opened = stack.move();
  return {
    github,
    origin,
    dataFolder,
    address,
    told: () => told,
    logged: () => logged,
    browser: () => createBrowser({ ca: authority.caPem }),
    ended: () => within('the setup ends', ended),
    stop: stopping.resolve,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The company of the operator's templates, before anybody has made an App. */
export function seedWithoutApp() {
  return {
    users: ['dana', 'omar', 'olga', 'stan'].map((login) => ({ login, name: login })),
    organizations: [
      { login: 'acme', owners: ['olga'], members: ['dana', 'omar'], teams: [] },
      { login: 'emca', owners: ['stan'], members: [], teams: [] },
    ],
    repositories: [
      {
        owner: 'acme',
        name: 'access',
        files: { 'sallyport.yml': template('sallyport.yml') },
      },
      { owner: 'acme', name: 'org', files: { 'catalog-info.yaml': template('org.yaml') } },
      {
        owner: 'acme',
        name: 'payments-services',
        files: { 'catalog-info.yaml': template('catalog-info.yaml') },
      },
    ],
  };
}

/** Whatever configFor asks of an App is left out again. */
function withApp(github: LocalGitHub): LocalGitHub {
  const none = { appId: 0, privateKey: '' } as (typeof github.seeded.apps)[string];
  return { ...github, seeded: { ...github.seeded, apps: { sallyport: none } } };
}

/** Presses a button of the page by its label. */
export function press(browser: Browser, page: Page, label: RegExp): Promise<Page> {
  for (const form of page.forms) {
    const button = form.buttons.find((one) => label.test(one.label));
    if (button) return browser.submit(page, form, { button });
  }
  throw new Error(`There is no button ${label} on: ${page.text}`);
}

/** From the first page over GitHub and back, as this person; the page that is shown at the end. */
export async function create(browser: Browser, page: Page, login = 'olga'): Promise<Page> {
  const atGitHub = await press(browser, page, /^Create for (?!myself)/);
  return press(browser, atGitHub, new RegExp(`as ${login}$`));
}

export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** The files that are kept of the App. */
export function credentials(bot: SetupBot): string[] {
  const folder = join(bot.dataFolder, 'github-app');
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

/** The address that GitHub leads back to, taken out of the browser's hands. */
export async function wayBack(bot: SetupBot, page: Page): Promise<URL> {
  const form = page.forms[0] ?? assert.fail(page.text);
  const body = new URLSearchParams(form.fields.map(({ name, value }) => [name, value]));
  body.set('as', 'olga');
  const url = new URL(form.action, page.url);
  const headers = { origin: bot.github.url };
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? assert.fail(await answer.text()));
}
