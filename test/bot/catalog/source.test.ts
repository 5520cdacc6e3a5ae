import assert from 'node:assert/strict';
import test from 'node:test';
import { digest } from '../../../bot/access/canonical.ts';
import type { Checkout } from '../../../bot/catalog/checkout.ts';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { SourceWithheld } from '../../../bot/catalog/withheld.ts';
import { checkoutOf, location } from './checkouts.ts';
import { databaseText, orgText, policyOf, policyText, resource } from '../access/world.ts';

const { policy } = policyOf(policyText);
const ref = 'resource:payments/payments-db';

/** A repository whose files a test replaces, or makes unreadable. */
function repository(
  name: string,
  files: Readonly<Record<string, string>>,
  roots?: readonly string[],
) {
  let now: Readonly<Record<string, string>> | Error = files;
  return {
    repository: name,
    become(next: Readonly<Record<string, string>> | Error) {
      now = next;
    },
    async open(): Promise<Checkout> {
      if (now instanceof Error) throw now;
      return checkoutOf(name, now, roots && { roots });
    },
  };
}

test('a catalog holds what its sources loaded last', async () => {
  const org = repository('acme/org', { 'org.yaml': orgText });
  const services = repository('Acme/Payments-Services', { 'a.yaml': databaseText });
  let nowMs = 0;
  const catalog = openCatalog([org, services], { now: () => new Date(nowMs) });
  assert.equal(catalog.snapshot(policy).resources.size, 0, 'nothing before the first load');
  assert.deepEqual(await catalog.refresh(), []);
  assert.deepEqual([...catalog.snapshot(policy).resources.keys()], [ref]);
  assert.deepEqual(catalog.revisions(), [
    `acme/org org.yaml ${digest(orgText)}`,
    `acme/payments-services a.yaml ${digest(databaseText)}`,
  ]);

  services.become({});
  assert.equal(catalog.snapshot(policy).resources.size, 1, 'a snapshot never loads');
  const sizeAt = async (ms: number) => {
    nowMs = ms;
    const faults = await catalog.refresh('acme/payments-services');
    return [catalog.snapshot(policy).resources.size, faults.map(({ code }) => code)];
  };
  // GitHub says for a moment of files that are there that they are not.
  assert.deepEqual(await sizeAt(1_000), [1, ['missing-file']]);
  assert.deepEqual(await sizeAt(60_999), [1, ['missing-file']]);
  assert.deepEqual(await sizeAt(61_000), [0, []], 'a file that is gone takes its entities along');
  services.become({ 'a.yaml': databaseText });
  assert.deepEqual(await sizeAt(62_000), [1, []]);
});

test('of what could not be read, and never was, it is not known what it lacks', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': '{' });
  const org = repository('acme/org', {});
  org.become(new Error('GitHub is away'));
  const catalog = openCatalog([org, services]);
  await catalog.refresh();
  const lacking = () => [...catalog.snapshot(policy).lacking].toSorted();
  assert.deepEqual(lacking(), ['acme/org', 'acme/payments-services']);
  services.become({ 'a.yaml': databaseText });
  org.become({ 'org.yaml': orgText });
  await catalog.refresh();
  assert.deepEqual(lacking(), []);
  // What was good once is held: nothing is lacking while it breaks.
  services.become({ 'a.yaml': '{' });
  org.become(new Error('GitHub is away'));
  await catalog.refresh();
  assert.deepEqual(lacking(), []);
});

test('a file that breaks keeps its last good entities and reports its line until it is mended', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  const catalog = openCatalog([services]);
  await catalog.refresh();
  services.become({ 'a.yaml': 'kind: Resource\nmetadata: {', 'b.yaml': resource({ name: 'b' }) });
  const [fault, ...others] = await catalog.refresh();
  assert.deepEqual(others, []);
  assert.equal(fault?.code, 'broken-file');
  assert.deepEqual(fault?.place, { repository: 'acme/payments-services', path: 'a.yaml', line: 2 });
  const snapshot = catalog.snapshot(policy);
  assert.deepEqual([...snapshot.resources.keys()], [ref, 'resource:payments/b']);
  assert.equal(snapshot.faults[0]?.code, 'broken-file');

  services.become({ 'a.yaml': databaseText, 'b.yaml': resource({ name: 'b' }) });
  assert.deepEqual(await catalog.refresh(), []);
});

test('a file that was never good has no entities', async () => {
  const catalog = openCatalog([repository('acme/payments-services', { 'a.yaml': '{' })]);
  assert.equal((await catalog.refresh()).length, 1);
  assert.equal(catalog.snapshot(policy).resources.size, 0);
});

test('an entity that turns faulty in good YAML is refused, not kept as it was', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  const catalog = openCatalog([services]);
  await catalog.refresh();
  services.become({ 'a.yaml': databaseText.replace('"name"', '"title":7,"name"') });
  await catalog.refresh();
  const snapshot = catalog.snapshot(policy);
  assert.equal(snapshot.resources.size, 0);
  assert.equal(snapshot.refused.get(ref)?.code, 'invalid');
});

test('a repository that cannot be read keeps what it had, and says so', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  const catalog = openCatalog([services]);
  await catalog.refresh();
  services.become(new Error('502'));
  const [fault] = await catalog.refresh();
  assert.equal(fault?.code, 'unreadable');
  assert.match(fault?.message ?? '', /502/);
  assert.equal(catalog.snapshot(policy).resources.size, 1);
});

test('a repository that GitHub withholds counts for an hour, and one that it does not answer for counts on', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  let nowMs = 0;
  const catalog = openCatalog([services], { now: () => new Date(nowMs) });
  await catalog.refresh();
  const minuteMs = 60_000;
  const at = async (minutes: number, next: Error | Readonly<Record<string, string>>) => {
    nowMs = minutes * minuteMs;
    services.become(next);
    const [fault] = await catalog.refresh();
    const { resources, lacking } = catalog.snapshot(policy);
    return [resources.size, lacking.size, fault?.message.replace(/^.*?read: /, '')];
  };
  const [away, gone] = [new Error('502'), new SourceWithheld('It was taken out.')];
  const until = (minutes: number) =>
    `It was taken out. What it defined counts until ${new Date(minutes * minuteMs).toISOString()}.`;
  const over = 'It was taken out. What it defines does not count.';
  const week = 7 * 24 * 60;
  assert.deepEqual(await at(week, away), [1, 0, '502']);
  assert.deepEqual(await at(week + 1, gone), [1, 0, until(week + 61)]);
  assert.deepEqual(await at(week + 30, away), [1, 0, '502']);
  assert.deepEqual(await at(week + 60, gone), [1, 0, until(week + 61)], 'since it was first said');
  assert.deepEqual(await at(week + 61, gone), [0, 1, over]);
  assert.deepEqual(await at(week + 62, away), [0, 1, '502'], 'it does not come back by an outage');
  assert.deepEqual(await at(week + 63, { 'a.yaml': databaseText }), [1, 0, undefined]);
  assert.deepEqual(await at(week + 64, gone), [1, 0, until(week + 124)], 'a new hour');
});

test('a file that is gone counts for its minute and no longer, also where readings fail in between', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  let nowMs = 0;
  const catalog = openCatalog([services], { now: () => new Date(nowMs) });
  await catalog.refresh();
  for (nowMs = 0; nowMs < 60_000; nowMs += 20_000) {
    services.become({});
    await catalog.refresh();
    services.become(new Error('502'));
    await catalog.refresh();
  }
  services.become({});
  await catalog.refresh();
  assert.equal(catalog.snapshot(policy).resources.size, 0);
});

test('an entity that moves to another file is the same before, meanwhile and afterwards', async () => {
  const root = 'catalog-info.yaml';
  const first = { [root]: location('./a.yaml'), 'a.yaml': databaseText };
  const services = repository('acme/payments-services', first, [root]);
  let nowMs = 0;
  const catalog = openCatalog([services], { now: () => new Date(nowMs) });
  await catalog.refresh();
  const before = catalog.snapshot(policy).resources.get(ref);
  const { place: _, ...same } = before ?? assert.fail();
  services.become({ [root]: location('./b.yaml'), 'b.yaml': databaseText });
  for (nowMs = 0; nowMs <= 60_000; nowMs += 30_000) {
    await catalog.refresh();
    const { resources, refused, faults } = catalog.snapshot(policy);
    const { place, ...now } = resources.get(ref) ?? assert.fail(`${nowMs} ms later`);
    assert.deepEqual([now, place.path], [same, 'b.yaml']);
    assert.equal(refused.size, 0);
    assert.ok(faults.every(({ code }) => code === 'missing-file'));
  }
});

const moves: readonly (readonly [string, Readonly<Record<string, string>>[], string])[] = [
  [
    'of a file that is broken, what another defines now does not count',
    [{ 'a.yaml': databaseText }, { 'a.yaml': '{', 'b.yaml': databaseText }],
    'b.yaml',
  ],
  [
    'where an entity moved and its new file broke at once, the new one counts',
    [{ 'a.yaml': databaseText }, { 'b.yaml': databaseText }, { 'b.yaml': '{' }],
    'b.yaml',
  ],
  [
    'where an entity moved and its new file is gone, too, the new one counts for its minute',
    [{ 'a.yaml': databaseText }, { 'b.yaml': databaseText }, {}],
    'b.yaml',
  ],
];
for (const [claim, steps, expected] of moves) {
  test(claim, async () => {
    const services = repository('acme/payments-services', {});
    const catalog = openCatalog([services], { now: () => new Date(0) });
    for (const files of steps) {
      services.become(files);
      await catalog.refresh();
    }
    assert.equal(catalog.snapshot(policy).resources.get(ref)?.place.path, expected);
  });
}

test('what is faulty where it is now is not covered by a file that stands in', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  const catalog = openCatalog([services]);
  await catalog.refresh();
  services.become({ 'b.yaml': databaseText.replace('"name"', '"title":7,"name"') });
  await catalog.refresh();
  const { resources, refused } = catalog.snapshot(policy);
  assert.equal(resources.size, 0);
  const { code, place } = refused.get(ref) ?? assert.fail();
  assert.deepEqual([code, place.path], ['invalid', 'b.yaml']);
});

test('an entity in two files that are both there is defined twice, also where a third stands in', async () => {
  const services = repository('acme/payments-services', { 'a.yaml': databaseText });
  const catalog = openCatalog([services]);
  await catalog.refresh();
  services.become({ 'b.yaml': databaseText, 'c.yaml': databaseText });
  await catalog.refresh();
  const { refused } = catalog.snapshot(policy);
  assert.match(refused.get(ref)?.message ?? '', /is defined 2 times/);
});

test('a file counts as of the repository that it was read from', async () => {
  const catalog = openCatalog([repository('acme/evil', { 'a.yaml': databaseText })]);
  await catalog.refresh();
  const refused = catalog.snapshot(policy).refused.get(ref);
  assert.deepEqual([refused?.code, refused?.place.repository], ['origin-not-allowed', 'acme/evil']);
});

test('of two refreshes at once the later one wins, also when the earlier answers last', async () => {
  const answers: ((files: Checkout) => void)[] = [];
  const started: (() => void)[] = [];
  const source = {
    repository: 'acme/payments-services',
    open: () =>
      new Promise<Checkout>((resolve) => {
        answers.push(resolve);
        started.shift()?.();
      }),
  };
  const waitForLoad = () => new Promise<void>((resolve) => void started.push(resolve));
  const fileOf = (name: string) =>
    checkoutOf('acme/payments-services', { 'a.yaml': resource({ name }) });
  const catalog = openCatalog([source]);
  const firstLoad = waitForLoad();
  const first = catalog.refresh();
  const second = catalog.refresh();
  await firstLoad;
  assert.equal(answers.length, 1, 'the second load waits for the first');
  const secondLoad = waitForLoad();
  answers[0]?.(fileOf('old'));
  await first;
  await secondLoad;
  answers[1]?.(fileOf('new'));
  await second;
  assert.deepEqual([...catalog.snapshot(policy).resources.keys()], ['resource:payments/new']);
});
