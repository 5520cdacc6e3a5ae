import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openRuleBook } from '../../../bot/github/rules.ts';
import type { Repositories } from '../../../bot/github/repositories.ts';
import { template } from '../company.ts';

const unasked = () => assert.fail('no installation is asked for');

/** A rule book over files that a test changes, and that answers only when the test lets it. */
function book(names = { policy: 'acme/access', catalog: 'acme/org' }) {
  const files = new Map([['sallyport.yml', template('sallyport.yml')]]);
  let reads = 0;
  let gate: Promise<void> = Promise.resolve();
  const repositories: Pick<Repositories, 'readFile'> = {
    async readFile(_repository, path) {
      reads += path === 'sallyport.yml' ? 1 : 0;
      const text = files.get(path);
      await gate;
      return text === undefined ? undefined : { text, revision: 'c0ffee' };
    },
  };
  const rules = openRuleBook({
    config: {
      policy: { repository: names.policy, path: 'sallyport.yml' },
      catalog: { repositories: [names.catalog], path: 'catalog-info.yaml' },
      relays: [{ name: 'eu-1', url: 'https://eu-1.acme.dev', publicKey: '' }],
    },
    repositories: { ...repositories, as: unasked, inOrganization: unasked },
    history: { note: async () => new Map() },
    log: pino({ level: 'silent' }),
    now: () => new Date(0),
  });
  return {
    rules,
    reads: () => reads,
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
