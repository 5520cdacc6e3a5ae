// What is said at a commit about the rules in it: on pull requests before they are merged, and on the commit that broke
// something. One company, in which one thing happens after the other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CheckRun } from '../../github/state.ts';
import { startCompany, template, type Company } from '../company.ts';

const policyRepo = 'acme/access';
const services = 'acme/payments-services';

let company: Company;
before(async () => {
  company = await startCompany();
});
after(() => company[Symbol.asyncDispose]());

const runsAt = (repo: string, sha: string, of = company) => of.github.checks(repo, sha);

/** The last check run at the commit, once there are so many. */
async function checkedAt(repo: string, sha: string, count = 1): Promise<CheckRun> {
  await company.github.waitFor(() => runsAt(repo, sha).length >= count);
  const run = runsAt(repo, sha).at(-1);
  assert.ok(run?.output);
  return run;
}

async function put(repo: string, file: { path: string; text: string; branch?: string }) {
  const { path, ...rest } = file;
  const { commit } = await company.github.as('olga').putFile(repo, path, rest);
  return String(commit.sha);
}

let branches = 0;
/** Opens a pull request with this file. */
async function propose(repo: string, path: string, text: string) {
  branches += 1;
  const branch = `proposal-${branches}`;
  const olga = company.github.as('olga');
  await olga.createBranch(repo, branch);
  const sha = await put(repo, { path, text, branch });
  const number = await olga.openPull(repo, { head: branch, title: branch });
  return { branch, sha, number };
}

const policy = template('sallyport.yml');
const descriptor = template('catalog-info.yaml');

test('a pull request with a faulty policy is told where, line and column, and what was expected', async () => {
  const faulty = policy.replace('    owners:', '    owner:').replace('[eu-1]', '[eu-1, us-9]');
  const { sha } = await propose(policyRepo, 'sallyport.yml', faulty);
  const run = await checkedAt(policyRepo, sha);
  assert.equal(run.name, 'Sallyport policy');
  assert.equal(run.conclusion, 'failure');
  assert.equal(run.output?.title, 'The policy cannot be used: 2 to mend');
  assert.match(run.output?.summary ?? '', /the last good one stays in force/);
  const lines = faulty.split('\n');
  const at = (text: string) => lines.findIndex((line) => line.includes(text)) + 1;
  assert.deepEqual(
    run.output?.annotations.map((each) => [each.path, each.start_line, each.start_column]),
    [
      ['sallyport.yml', at('  payments:'), 3],
      ['sallyport.yml', at('    owner:'), 5],
    ],
  );
  const second = run.output?.annotations[1];
  assert.match(second?.message ?? '', /There is no key owner here\. Did you mean owners\?/);
});

test('once it is mended, the next commit is told so', async () => {
  const { branch, sha } = await propose(policyRepo, 'sallyport.yml', 'version: 2\n');
  assert.equal((await checkedAt(policyRepo, sha)).conclusion, 'failure');
  const mended = await put(policyRepo, {
    path: 'sallyport.yml',
    text: policy.replace('max: 8h', 'max: 4h'),
    branch,
  });
  const run = await checkedAt(policyRepo, mended);
  assert.equal(run.conclusion, 'success');
  assert.match(run.output?.summary ?? '', /What can be connected to stays as it is/);
});

test('a relay that nobody runs is found before the policy is merged', async () => {
  const { sha } = await propose(policyRepo, 'sallyport.yml', policy.replace('[eu-1]', '[us-9]'));
  const run = await checkedAt(policyRepo, sha);
  assert.equal(run.conclusion, 'failure');
  const line = policy.split('\n').findIndex((each) => each.includes('relays:')) + 1;
  assert.deepEqual(
    run.output?.annotations.map((each) => [each.start_line, each.message]),
    [[line, 'namespaces.payments.relays[0]: bot.yml has no relay us-9.']],
  );
});

test('a policy that takes something away says what, and why', async () => {
  const { sha } = await propose(
    policyRepo,
    'sallyport.yml',
    policy.replace('owners: [group:default/payments]', 'owners: [group:default/platform]'),
  );
  const run = await checkedAt(policyRepo, sha);
  assert.equal(run.conclusion, 'success');
  const summary = run.output?.summary ?? '';
  assert.match(summary, /nobody can connect to these any more/);
  assert.match(
    summary,
    /`resource:payments\/payments-db`: `Policy does not let group:default\/payments own/,
  );
});

test('a group that no catalog has is told, and what may have been meant; the policy can be used all the same', async () => {
  const text = policy.replace(
    'requesters: [group:default/engineering]',
    'requesters: [group:default/enginering]',
  );
  const { sha } = await propose(policyRepo, 'sallyport.yml', text);
  const run = await checkedAt(policyRepo, sha);
  assert.equal(run.conclusion, 'success');
  const [warning, ...others] = run.output?.annotations ?? [];
  assert.deepEqual(others, []);
  assert.equal(warning?.annotation_level, 'warning');
  assert.match(
    warning?.message ?? '',
    /no group:default\/enginering that counts\. Did you mean group:default\/engineering\?/,
  );
  assert.ok((warning?.start_column ?? 0) > 1);
});

test('a pull request that leaves the policy as it is gets its check, so that a branch can demand one', async () => {
  const { sha } = await propose(policyRepo, 'README.md', '# Access\n');
  assert.equal((await checkedAt(policyRepo, sha)).conclusion, 'success');
});

test('a pull request that takes the policy away is told so', async () => {
  const { branch } = await propose(policyRepo, 'README.md', '# Access to nothing\n');
  const { commit } = await company.github
    .as('olga')
    .removeFile(policyRepo, 'sallyport.yml', branch);
  const run = await checkedAt(policyRepo, String(commit.sha));
  assert.equal(run.conclusion, 'failure');
  assert.match(run.output?.summary ?? '', /`sallyport\.yml`: `There is no such file here/);
  assert.deepEqual(run.output?.annotations, []);
});

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

test('a pull request into another branch is looked at once it is for the default branch', async () => {
  const olga = company.github.as('olga');
  await olga.createBranch(policyRepo, 'later');
  await olga.createBranch(policyRepo, 'wip');
  const text = policy.replace('max: 8h', 'max: 7h');
  const sha = await put(policyRepo, { path: 'sallyport.yml', text, branch: 'wip' });
  const number = await olga.openPull(policyRepo, { head: 'wip', title: 'Wip', base: 'later' });
  const next = await propose(policyRepo, 'sallyport.yml', policy.replace('max: 8h', 'max: 6h'));
  await checkedAt(policyRepo, next.sha);
  assert.deepEqual(runsAt(policyRepo, sha), []);
  await olga.retargetPull(policyRepo, number, 'main');
  assert.equal((await checkedAt(policyRepo, sha)).conclusion, 'success');
});

test('asked for again, it is said again as things are then', async () => {
  const { sha } = await propose(policyRepo, 'sallyport.yml', policy.replace('max: 8h', 'max: 5h'));
  await checkedAt(policyRepo, sha);
  const dana = company.github.as('dana');
  await dana.rerunCheck(policyRepo, 'Sallyport policy');
  await checkedAt(policyRepo, sha, 2);
  await dana.rerunAllChecks(policyRepo, 'Sallyport policy');
  assert.equal((await checkedAt(policyRepo, sha, 3)).conclusion, 'success');
});

test('what somebody writes into a file can neither mention anybody nor show a picture', async () => {
  const nasty = '@acme/payments ![x](https://evil.example/x.png) `code`';
  const { sha } = await propose(
    policyRepo,
    'sallyport.yml',
    `${policy}${JSON.stringify(nasty)}: 1\n`,
  );
  const { output } = await checkedAt(policyRepo, sha);
  assert.match(output?.summary ?? '', /evil\.example/);
  const outsideCode = (output?.summary ?? '').replaceAll(/(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
  assert.doesNotMatch(outsideCode, /@|!\[|evil/);
});

test('in a public repository nothing is said, unless the policy allows it', async () => {
  const { github } = company;
  github.repository.publicize(services, 'olga');
  const hidden = await propose(services, 'catalog-info.yaml', `${descriptor}# seen by all\n`);
  // What was told first is looked at first.
  const next = await propose(policyRepo, 'sallyport.yml', `${policy}# next\n`);
  await checkedAt(policyRepo, next.sha);
  assert.equal(runsAt(services, hidden.sha).length, 0);
  const allowing = policy.replace('people:', `public-repositories: [${services}]\npeople:`);
  await checkedAt(policyRepo, await put(policyRepo, { path: 'sallyport.yml', text: allowing }));
  const shown = await propose(services, 'catalog-info.yaml', `${descriptor}# allowed\n`);
  assert.equal((await checkedAt(services, shown.sha)).conclusion, 'success');
});

test('an App that may not write checks goes on without them', async () => {
  await using poor = await startCompany({ withoutPermission: 'checks' });
  const sha = await (async () => {
    const { commit } = await poor.github
      .as('olga')
      .putFile(policyRepo, 'sallyport.yml', { text: policy.replace('max: 8h', 'max: 3h') });
    return String(commit.sha);
  })();
  await poor.asked('/connect payments-db 1h');
  assert.deepEqual(runsAt(policyRepo, sha, poor), []);
});
