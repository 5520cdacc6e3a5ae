// A company whose catalog is a real Backstage: it reads the descriptors from the local GitHub, as companies' do, and takes
// more people from a provider. There is no feed of changes, so whoever waits for one asks again until it is there.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readEntities } from '../../bot/catalog/backstage.ts';
import { buildSnapshot, type Snapshot } from '../../bot/catalog/snapshot.ts';
import { readBackstage, readingLimits, type ReadingLimits } from '../../bot/backstage/entities.ts';
import { policyOf } from '../bot/access/world.ts';
import { startCompany, template, type Company } from '../bot/company.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { reservePort } from '../support/ports.ts';
import { startProcess } from '../support/processes.ts';

/** `read` reads the catalog and nothing else; `other` reads anything but the catalog; `all` may register locations. */
export const tokens = {
  read: 'token-that-reads-the-catalog',
  other: 'token-that-reads-no-catalog',
  all: 'token-that-may-do-anything',
} as const;

/** The policy that the bot follows: the template's, which believes the provider's people as well. */
export const policyText = template('sallyport.yml').replaceAll(
  '[acme/org]',
  '[acme/org, "msgraph:default/*"]',
);

export interface Stage extends AsyncDisposable {
  readonly company: Company;
  /** Of the backend. */
  readonly url: string;
  /** Where a bot has to listen for Backstage to find its key. */
  readonly botPort: number;
  /** The catalog as the product reads and judges it. */
  read(token?: string, limits?: Partial<ReadingLimits>): Promise<Snapshot>;
  /** Reads until it is so. */
  until(what: string, isSo: (snapshot: Snapshot) => boolean): Promise<Snapshot>;
  /** Asks until it is so. */
  eventually(what: string, isSo: () => Promise<boolean>): Promise<void>;
  /** Writes a descriptor file to a repository's default branch. */
  write(repository: string, text: string): Promise<void>;
  /** Registers a place, as anybody in a company may; resolves with the status. */
  register(target: string): Promise<number>;
  /** Calls Backstage's catalog with any token. */
  call(path: string, token: string, init?: { method: string; body: object }): Promise<Response>;
}

const path = 'catalog-info.yaml';
/** Longer than Backstage takes here for anything, by an order. */
const patienceMs = 60_000;

export async function openStage(): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const company = opening.use(await startCompany({ policy: policyText }));
  const folder = await createTemporaryFolder('backstage');
  opening.defer(() => folder.remove());
  const [port, botPort] = [await reservePort(), await reservePort()];
  const url = `http://127.0.0.1:${port}`;
  const site = company.github.url;
  const fileOf = (repository: string) => `${site}/${repository}/blob/main/${path}`;
  writeFileSync(folder.at('ca.pem'), company.caPem);
  writeFileSync(
    folder.at('app-config.json'),
    JSON.stringify(
      configOf(company, {
        url,
        port,
        botPort,
        locations: ['acme/org', 'acme/payments-services'].map(fileOf),
      }),
    ),
  );
  const backend = opening.use(
    await startProcess({
      name: 'backstage',
      command: process.execPath,
      args: [join(import.meta.dirname, 'backend.mjs'), '--config', folder.at('app-config.json')],
      // It looks upwards for the package.json that it belongs to.
      cwd: import.meta.dirname,
      env: {
        NODE_EXTRA_CA_CERTS: folder.at('ca.pem'),
        SALLYPORT_TEST_PEOPLE: JSON.stringify(providedPeople),
      },
    }),
  );
  await backend.line(
    (text) => (text === 'The backend has started.' ? true : undefined),
    patienceMs,
  );
  const origins = { site, branch: 'main', path, readDirectly: new Set<string>() };
  const { policy } = policyOf(policyText);

  async function read(token: string = tokens.read, limits: Partial<ReadingLimits> = {}) {
    const access = { url, token: () => token };
    const { entities } = await readBackstage(access, { ...readingLimits, ...limits });
    return buildSnapshot(readEntities(entities, origins), policy);
  }
  async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    while (Date.now() < giveUpAt) {
      if (await isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what}: not so within ${patienceMs} ms.\n${backend.output()}`);
  }
  async function until(what: string, isSo: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    const seen = Promise.withResolvers<Snapshot>();
    await eventually(what, async () => {
      // Nothing at all is shown until the first entities are processed, and that is told as a fault.
      const snapshot = await read().catch(() => undefined);
      if (!snapshot || !isSo(snapshot)) return false;
      seen.resolve(snapshot);
      return true;
    });
    return seen.promise;
  }
  const call: Stage['call'] = (path, token, init) =>
    fetch(`${url}/api/catalog${path}`, {
      method: init?.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(init && { body: JSON.stringify(init.body) }),
    });
  const closing = opening.move();
  return {
    company,
    url,
    botPort,
    read,
    until,
    eventually,
    call,
    async write(repository, text) {
      await company.github.as('olga').putFile(repository, path, { text });
    },
    async register(target) {
      const body = { type: 'url', target };
      return (await call('/locations', tokens.all, { method: 'POST', body })).status;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** As the provider for Microsoft Entra ID makes them: with a location of its own kind. */
const providedPeople = [
  provided('Group', 'risk', { type: 'team', parent: 'engineering', children: [] }),
  provided('User', 'stan', { memberOf: ['risk'] }),
];

function provided(kind: string, name: string, spec: object) {
  const location = `msgraph:default/${name}-0d7c`;
  const annotations = {
    'backstage.io/managed-by-location': location,
    'backstage.io/managed-by-origin-location': location,
    ...(kind === 'User' && { 'github.com/user-login': name }),
  };
  return { apiVersion: 'backstage.io/v1alpha1', kind, metadata: { name, annotations }, spec };
}

interface Addresses {
  readonly url: string;
  readonly port: number;
  readonly botPort: number;
  readonly locations: readonly string[];
}

/** What templates/backstage.yaml sets, with the addresses of here. */
function signedAccess({ url, botPort }: Pick<Addresses, 'url' | 'botPort'>): readonly object[] {
  const text = template('backstage.yaml')
    .replace('https://sallyport.acme.dev/backstage', `http://127.0.0.1:${botPort}/backstage`)
    .replace('https://backstage.acme.dev', url);
  const { backend } = parse(text) as { backend: { auth: { externalAccess: object[] } } };
  return backend.auth.externalAccess;
}

function configOf({ github }: Company, { url, port, botPort, locations }: Addresses) {
  const reading = [{ plugin: 'catalog', permission: 'catalog.entity.read' }];
  return {
    app: { baseUrl: url },
    backend: {
      baseUrl: url,
      listen: { host: '127.0.0.1', port },
      database: { client: 'better-sqlite3', connection: ':memory:' },
      auth: {
        externalAccess: [
          {
            type: 'static',
            options: { token: tokens.read, subject: 'sallyport' },
            accessRestrictions: reading,
          },
          {
            type: 'static',
            options: { token: tokens.other, subject: 'somebody' },
            accessRestrictions: [{ plugin: 'search' }],
          },
          { type: 'static', options: { token: tokens.all, subject: 'everybody' } },
          ...signedAccess({ url, botPort }),
        ],
      },
    },
    permission: { enabled: true },
    integrations: {
      github: [
        {
          host: new URL(github.url).host,
          apiBaseUrl: github.apiUrl,
          token: github.as('olga').token,
        },
      ],
    },
    catalog: {
      processingInterval: { seconds: 1 },
      stitchingStrategy: { pollingInterval: { milliseconds: 100 } },
      // Kept, so that there is an orphan to see; cleared away by default.
      orphanStrategy: 'keep',
      rules: [{ allow: ['Component', 'API', 'Resource', 'System', 'User', 'Group', 'Location'] }],
      locations: locations.map((target) => ({ type: 'url', target })),
    },
  };
}
