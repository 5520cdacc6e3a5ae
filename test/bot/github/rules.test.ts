import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { EntitySource } from '../../../bot/catalog/source.ts';
import { openRuleBook } from '../../../bot/github/rules.ts';
import type { Repositories } from '../../../bot/github/repositories.ts';
import { resource } from '../access/world.ts';
import { checkoutOf } from '../catalog/checkouts.ts';
import { template } from '../company.ts';

const unasked = () => assert.fail('no installation is asked for');

interface LogLine {
  readonly msg: string;
  readonly fault?: { readonly code: string; readonly ref: string | null; readonly message: string };
  readonly more?: number;
}

/** A rule book over files that a test changes, and that answers only when the test lets it. */
function book(
  names = { policy: 'acme/access', catalog: 'acme/org' },
  { backstage, now }: { backstage?: EntitySource; now?: () => Date } = {},
) {
  const files = new Map([['sallyport.yml', template('sallyport.yml')]]);
  const log: LogLine[] = [];
  let reads = 0;
  let notes = 0;
  let gate: Promise<void> = Promise.resolve();
  const repositories: Pick<Repositories, 'read' | 'readFile'> = {
    // Only descriptors are read like this.
    async read<T>() {
      const path = 'catalog-info.yaml';
      const text = files.get(path);
      return (text === undefined ? text : checkoutOf(names.catalog, { [path]: text })) as T;
    },
    async readFile(_repository, path) {
      reads += path === 'sallyport.yml' ? 1 : 0;
      const text = files.get(path);
      await gate;
      return text === undefined ? undefined : { text, revision: text };
    },
  };
  const rules = openRuleBook({
    config: {
      policy: { repository: names.policy, path: 'sallyport.yml' },
      catalog: { repositories: [names.catalog], path: 'catalog-info.yaml' },
      relays: [{ name: 'eu-1', url: 'https://eu-1.acme.dev', publicKey: '' }],
    },
    repositories: { ...repositories, as: unasked, inOrganization: unasked },
    fileVersions: { of: async () => new Map(), keep: async () => undefined },
    history: {
      async note() {
        notes += 1;
        return new Map();
      },
    },
    catalogRead: () => undefined,
    log: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line) as LogLine) }),
    backstage,
    now: now ?? (() => new Date(0)),
  });
  return {
    rules,
    log,
    files,
    reads: () => reads,
    notes: () => notes,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    allow: (max: string) =>
      files.set('sallyport.yml', template('sallyport.yml').replace('max: 8h', `max: ${max}`)),
  };
}

async function maxMs(rules: ReturnType<typeof book>['rules']): Promise<number | undefined> {
  const { policy } = await rules.current();
  return policy.namespaces.get('payments')?.roles.get('reader')?.maxMs;
}

const hour = 60 * 60 * 1000;

test('rules that were just read are used as they are', async () => {
  const { rules, reads } = book();
  await rules.current();
  await Promise.all([rules.current(), rules.current()]);
  assert.equal(reads(), 1);
});

test('a push while the rules are being read is seen by whoever asks after it', async () => {
  const { rules, hold, allow, reads } = book();
  const release = hold();
  const early = maxMs(rules);
  allow('4h');
  rules.changed('acme/access');
  const late = maxMs(rules);
  release();
  assert.deepEqual([await early, await late], [8 * hour, 4 * hour]);
  assert.equal(reads(), 2);
});

test('the log has the faults of entities that somebody seems to rely on, each once, and says so when there are many', async () => {
  const { rules, files, log } = book({ policy: 'acme/access', catalog: 'acme/payments-services' });
  const entity = (name: string, roles: string) =>
    resource({ name, annotations: { 'sallyport.dev/roles': roles } });
  const read = async (...entities: string[]) => {
    log.length = 0;
    files.set('catalog-info.yaml', entities.join('\n---\n'));
    rules.changed('acme/payments-services');
    await rules.current();
    return log.map(({ fault, more }) => (fault ? `${fault.code} ${fault.ref}` : `${more} more`));
  };
  const unmeant = resource({ name: 'x' }).replace(/"sallyport.dev\/target":"[^"]*",/, '');
  const misspelt = entity('payments-db', 'reader,wirter');
  const fault = 'role-without-policy resource:payments/payments-db';
  assert.deepEqual(await read(misspelt, unmeant), [fault]);
  assert.deepEqual(await read(misspelt, entity('ledger', 'reader')), []);
  assert.deepEqual(await read(entity('payments-db', 'reader')), []);
  assert.deepEqual(await read(misspelt), [fault], 'it is there again');
  const many = Array.from({ length: 25 }, (_, index) => entity(`db-${index}`, 'ghost'));
  const told = await read(...many);
  assert.deepEqual([told.length, told.at(-1)], [21, '5 more']);
});

test('a push is heard however the settings spell the repository', async () => {
  for (const changed of ['acme/access', 'acme/org']) {
    const { rules, allow } = book({ policy: 'Acme/Access', catalog: 'ACME/org' });
    assert.equal(await maxMs(rules), 8 * hour);
    allow('4h');
    rules.changed('acme/elsewhere');
    assert.equal(await maxMs(rules), 8 * hour);
    rules.changed(changed);
    assert.equal(await maxMs(rules), 4 * hour);
  }
});

/** A Backstage with one user, and a clock that a test moves. */
function withBackstage() {
  let seconds = 0;
  let login = 'dana';
  let isDown = false;
  let readings = 0;
  const began = Promise.withResolvers<void>();
  let gate: Promise<void> = Promise.resolve();
  const location = 'url:https://github.com/acme/org/blob/main/catalog-info.yaml';
  const backstage: EntitySource = {
    maxAgeMs: 60_000,
    origins: {
      site: 'https://github.com',
      branch: 'main',
      path: 'catalog-info.yaml',
      readDirectly: new Set(),
    },
    async load() {
      readings += 1;
      const entity = {
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'User',
        metadata: {
          name: 'dana',
          annotations: {
            'backstage.io/managed-by-location': location,
            'backstage.io/managed-by-origin-location': location,
            'github.com/user-login': login,
          },
        },
        spec: {},
      };
      began.resolve();
      await gate;
      if (isDown) throw new Error('ECONNREFUSED');
      return { entities: [entity], revision: entity.metadata.annotations['github.com/user-login'] };
    },
  };
  const { rules, notes } = book(undefined, { backstage, now: () => new Date(seconds * 1000) });
  const loginOf = async (asked: ReturnType<typeof rules.current>) =>
    (await asked).catalog.users.get('user:default/dana')?.login;
  return {
    decide: () => loginOf(rules.forDecision()),
    lookUp: () => loginOf(rules.current()),
    readings: () => readings,
    began: began.promise,
    notes,
    call: (name: string) => void (login = name),
    pass: (more: number) => void (seconds += more),
    fail: (down: boolean) => void (isDown = down),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

test('a Backstage is read for every decision, and for looking things up when it is old', async () => {
  const { decide, lookUp, call, pass, readings } = withBackstage();
  assert.equal(await decide(), 'dana');
  call('dana-at-acme');
  assert.equal(await lookUp(), 'dana');
  assert.equal(await decide(), 'dana-at-acme');
  call('dana');
  pass(30);
  assert.equal(await lookUp(), 'dana');
  assert.equal(readings(), 3);
});

test('a decision rests on nothing that was read before it was asked for', async () => {
  const { decide, call, hold, began, readings } = withBackstage();
  const release = hold();
  const early = decide();
  await began;
  call('dana-at-acme');
  const late = [decide(), decide()];
  release();
  await early;
  assert.deepEqual(await Promise.all(late), ['dana-at-acme', 'dana-at-acme']);
  assert.equal(readings(), 2, 'those who wait share a reading');
});

test('while Backstage is down, what it said counts for a minute; then nothing is given', async () => {
  const { decide, lookUp, pass, fail } = withBackstage();
  await decide();
  fail(true);
  pass(59);
  assert.equal(await decide(), 'dana');
  pass(1);
  await assert.rejects(decide(), {
    code: 'catalog-too-old',
    message: /not be read since 1970-01-01T00:00:00/,
  });
  assert.equal(await lookUp(), 'dana', 'what can only end something goes on');
  fail(false);
  assert.equal(await decide(), 'dana');
});

test('before Backstage has been read nothing is given, and nothing ends for want of it', async () => {
  const { decide, lookUp, fail } = withBackstage();
  fail(true);
  await assert.rejects(lookUp(), { code: 'catalog-too-old', mayWait: true });
  await assert.rejects(decide(), { code: 'catalog-too-old' });
  fail(false);
  assert.equal(await lookUp(), 'dana', 'it is asked for until it was read once');
});

test('what is new in the catalog is told by the whole of it, repositories and Backstage', async () => {
  const { decide, fail, notes, call } = withBackstage();
  fail(true);
  await assert.rejects(decide());
  assert.equal(notes(), 0, 'one half would make the other look new');
  fail(false);
  await decide();
  await decide();
  assert.equal(notes(), 1);
  call('dana-at-acme');
  await decide();
  assert.equal(notes(), 2);
});
