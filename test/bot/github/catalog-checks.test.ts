// What is said of descriptors at a commit: on pull requests before they are merged, and on the commit that broke something.
// One company, in which one thing happens after the other.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { descriptor, services, startCommitting } from './committing.ts';

const committing = await startCommitting();
after(() => committing[Symbol.asyncDispose]());
const { company, checkedAt, propose, put, runsAt } = committing;

test('a broken descriptor is told at its line, on the pull request and on the commit that broke it', async () => {
  const broken = `${descriptor}\n  - nothing: [that, is, YAML\n`;
  const { sha } = await propose(services, 'catalog-info.yaml', broken);
  const proposed = await checkedAt(services, sha);
  assert.equal(proposed.name, 'Sallyport catalog');
  assert.equal(proposed.conclusion, 'failure');
  assert.match(proposed.output?.summary ?? '', /What can be connected to stays as it is/);
  const [first] = proposed.output?.annotations ?? [];
  assert.equal(first?.path, 'catalog-info.yaml');
  assert.ok((first?.start_line ?? 0) > descriptor.split('\n').length - 1);

  const pushed = await put(services, { path: 'catalog-info.yaml', text: broken });
  const run = await checkedAt(services, pushed);
  assert.equal(run.conclusion, 'failure');
  assert.match(run.output?.summary ?? '', /What a file defined before counts until/);
  const mended = await put(services, { path: 'catalog-info.yaml', text: descriptor });
  assert.equal((await checkedAt(services, mended)).conclusion, 'success');
  // Asked for again, it is answered also where these are the very files that count.
  await company.github.as('dana').rerunCheck(services, 'Sallyport catalog');
  assert.equal((await checkedAt(services, mended, 2)).conclusion, 'success');
});

test('a descriptor that is too long is told, and holds up nothing behind it', async () => {
  const long = await propose(services, 'catalog-info.yaml', '# long\n'.repeat(160_000));
  const next = await propose(services, 'catalog-info.yaml', `${descriptor}# behind it\n`);
  assert.equal((await checkedAt(services, next.sha)).conclusion, 'success');
  const run = await checkedAt(services, long.sha);
  assert.equal(run.conclusion, 'failure');
  assert.match(run.output?.summary ?? '', /1120000 bytes; 1 MB is the most/);
});

test('an entity that would not count is told, one that nobody connects to is not', async () => {
  const moved = `${descriptor.replace('owner: group:default/payments', 'owner: group:default/mine')}---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { namespace: elsewhere, name: website }
spec: { type: website, lifecycle: production, owner: group:default/payments }
`;
  const { sha } = await propose(services, 'catalog-info.yaml', moved);
  const run = await checkedAt(services, sha);
  assert.deepEqual(
    run.output?.annotations.map(({ message }) => message),
    [
      'resource:payments/payments-db: Policy does not let group:default/mine own entities in payments.',
    ],
  );
  assert.match(run.output?.summary ?? '', /nobody can connect to these any more/);
});

test('a role that the policy does not have is told to whoever owns the entity, and fails nothing', async () => {
  const misspelt = descriptor.replace('reader,writer', 'reader,wirter');
  const { sha } = await propose(services, 'catalog-info.yaml', misspelt);
  const run = await checkedAt(services, sha);
  assert.equal(run.conclusion, 'success');
  assert.deepEqual(
    run.output?.annotations.map((each) => [each.annotation_level, each.message]),
    [
      [
        'warning',
        'resource:payments/payments-db: Policy has no role wirter in payments, so that it counts for nothing here. Did you mean writer?',
      ],
    ],
  );
});

test('what a Location leads to is judged as well, and told at its own file and line', async () => {
  const elsewhere = 'https://github.com/acme/other/blob/main/x.yaml';
  const all = `${descriptor}---
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: more }
spec: { targets: [./db/*.yaml, "${elsewhere}"] }
`;
  const ledger = descriptor.replaceAll('payments-db', 'ledger-db');
  const { branch } = await propose(services, 'catalog-info.yaml', all);
  const broken = await put(services, { path: 'db/ledger.yaml', text: 'kind: [', branch });
  const told = async (sha: string) => {
    const { conclusion, output } = await checkedAt(services, sha);
    const annotations = output?.annotations ?? [];
    const lines = annotations.map(
      (each) => `${each.annotation_level} ${each.path}:${each.start_line}`,
    );
    return { conclusion, lines, summary: output?.summary ?? '' };
  };
  // Another repository may be meant for Backstage alone.
  const warning = `warning catalog-info.yaml:${all.split('\n').length - 1}`;
  const first = await told(broken);
  assert.deepEqual(first.conclusion, 'failure');
  assert.deepEqual(first.lines, ['failure db/ledger.yaml:1', warning]);
  const mended = await told(await put(services, { path: 'db/ledger.yaml', text: ledger, branch }));
  assert.deepEqual([mended.conclusion, mended.lines], ['success', [warning]]);
  assert.match(mended.summary, /resource:payments\/ledger-db/);

  await put(services, { path: 'catalog-info.yaml', text: all });
  const beside = await put(services, { path: 'other/x.yaml', text: 'kind: [' });
  const pushed = await put(services, { path: 'db/ledger.yaml', text: 'kind: [' });
  assert.deepEqual((await told(pushed)).lines, ['failure db/ledger.yaml:1', warning]);
  assert.deepEqual(runsAt(services, beside), []);
  await checkedAt(services, await put(services, { path: 'catalog-info.yaml', text: descriptor }));
});

test('a commit that does not touch the descriptors is left alone', async () => {
  const untouched = await propose(services, 'README.md', '# Payments\n');
  const pushed = await put(services, { path: 'src/main.ts', text: 'export {};\n' });
  // Of one repository what was told first is looked at first.
  const next = await propose(services, 'catalog-info.yaml', `${descriptor}# touched\n`);
  await checkedAt(services, next.sha);
  assert.deepEqual(runsAt(services, untouched.sha), []);
  assert.deepEqual(runsAt(services, pushed), []);
});
