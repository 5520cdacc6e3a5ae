// The bot before it has a GitHub App: a listener that serves the page where one is created, and nothing else of the
// bot. It prints one address, keeps the App's credentials in the data folder, and ends; the bot then starts with them.
// It never makes or takes an App for anybody but whoever opened that address.

import { Hono } from 'hono';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ConfigWithoutApp } from '../config.ts';
import { appsUrl, convertCode } from '../github/registration.ts';
import { serve } from '../http.ts';
import { serveFigures } from '../observe/serve.ts';
import { openPageMaker } from '../page.ts';
import { openTemplates } from '../templates.ts';
import { clientAddress } from '../tokens/client-address.ts';
import { openCreation, type Creation } from './creation.ts';
import { keepCredentials, prepareKeeping } from './credentials.ts';
import { openDoor, type Door } from './door.ts';
import { readAppDescription, type AppDescription } from './manifest.ts';
import { openSetupPages } from './pages.ts';
import { mountSetup, setupPaths, type SetupDesk } from './routes.ts';
import { judgeApp } from './verdict.ts';
import { watchSetup } from './watch.ts';
import { readWords } from './words.ts';

export interface SetupParts {
  readonly config: ConfigWithoutApp;
  readonly log: Logger;
  /**
   * Writes lines to the operator's terminal. Not the log: what is collected from many machines is read by many, and the
   * address is for one.
   */
  tell(text: string): void;
}

/** Serves the setup until the credentials are on the disk or `stop` resolves, and is closed when it resolves. */
export async function setUp(
  parts: SetupParts,
  stop: Promise<unknown>,
): Promise<'created' | 'stopped'> {
  const { config, log, tell } = parts;
  await prepareKeeping(config.dataFolder);
  const { promise: created, resolve } = Promise.withResolvers<void>();
  const door = openDoor();
  const creation = createCreation(parts, readAppDescription());
  const app = new Hono();
  app.onError((error, context) => {
    // Without the path, which may have the address's secret in it.
    log.error({ err: error }, 'a request to the setup failed');
    return context.text('Something went wrong here. The log of the bot says what.', 500);
  });
  mountSetup(app, openSetupDesk(parts, { door, creation, created: () => resolve() }));
  const end = await serveUntil(parts, {
    app,
    address: new URL(`${setupPaths.setup}/${door.secret}`, config.origin),
    over: Promise.race([
      created.then(() => 'created' as const),
      stop.then(() => 'stopped' as const),
    ]),
  });
  const unkept = await creation.settled();
  if (unkept !== undefined) tell(lostKeys(unkept.url));
  return end;
}

interface Serving<End> {
  readonly app: Hono;
  readonly address: URL;
  readonly over: Promise<End>;
}

async function serveUntil<End>(
  { config, log, tell }: SetupParts,
  { app, address, over }: Serving<End>,
): Promise<End> {
  const watched = watchSetup((err) => log.error({ err }, 'the figures could not be shown'));
  await using _watch = config.metrics && (await serveFigures(config.metrics, watched));
  await using server = await serve({ listen: config.listen, app, drainMs, upgrade: () => false });
  log.info({ port: server.port, url: config.origin }, 'waiting for a GitHub App to be created');
  tell(invitation(address));
  // Awaited here: returned as it is, it would let the listener close at once.
  const end = await over;
  return end;
}

/** The page that says that it is done has this long to be read by its browser; all other connections are strangers'. */
const drainMs = 1_000;

function createCreation({ config, log }: SetupParts, description: AppDescription): Creation {
  const { apiUrl, site } = config.github;
  return openCreation({
    convert: (code) => convertCode(apiUrl, code, log),
    judge: (app, owner) => judgeApp(app, { description, owner, site }),
    keep: (credentials) => keepCredentials(config.dataFolder, credentials),
    report: (error) => log.error({ err: error }, "the App's credentials could not be kept"),
  });
}

function openSetupDesk(
  { config, log, tell }: SetupParts,
  { door, creation, created }: { door: Door; creation: Creation; created: () => void },
): SetupDesk {
  const folder = join(import.meta.dirname, '..', '..', 'templates');
  const templates = openTemplates(folder);
  const css = readFileSync(join(folder, 'pages', 'style.css'), 'utf8');
  const description = readAppDescription();
  const words = readWords(join(folder, 'setup.yml'), description);
  const page = openPageMaker(templates, css);
  const { site } = config.github;
  return {
    origin: config.origin,
    site,
    policy: config.policy.repository,
    catalog: config.catalog.repositories,
    door,
    creation,
    pages: openSetupPages({ page, templates, words, description }),
    words,
    description,
    opened(context) {
      const address = clientAddress(context, config.listen.tls === undefined);
      log.info({ address }, 'the address of the setup was opened');
      tell(`The address was opened from ${address}. If that was not you, stop the bot now.\n`);
    },
    created({ id, name, owner, url }) {
      log.info({ appId: id, name, owner, url }, 'the App was created');
      const read = [...new Set([config.policy.repository, ...config.catalog.repositories])];
      tell(
        `The App was created. Install it on ${read.join(', ')}, and wherever access may be asked for:\n\n  ${url}/installations/new\n\n`,
      );
      created();
    },
    failed(problem, owner, detail) {
      log.warn({ problem, detail }, 'no App was set up');
      const { title, next } = words.problems[problem];
      tell(`${title}. ${next}\nApps are deleted at ${appsUrl(site, owner)}\n`);
    },
  };
}

function invitation(address: URL): string {
  return `This bot has no GitHub App yet. Open this address to create one; it works once, in one browser:

  ${address.href}

`;
}

function lostKeys(url: string): string {
  return `The App ${url} exists, and its keys are lost with this process: delete it at GitHub before the next start.\n`;
}
