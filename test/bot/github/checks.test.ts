// At which commits something is said of the rules, and where nothing is. One company, in which one thing happens after the
// other.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCompany } from '../company.ts';
import { descriptor, policy, policyRepo, services, startCommitting } from './committing.ts';

const committing = await startCommitting();
after(() => committing[Symbol.asyncDispose]());
const { company, checkedAt, propose, put, runsAt } = committing;

test('a pull request that leaves the policy as it is gets its check, so that a branch can demand one', async () => {
  const { sha } = await propose(policyRepo, 'README.md', '# Access\n');
  assert.equal((await checkedAt(policyRepo, sha)).conclusion, 'success');
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
  assert.deepEqual(poor.github.checks(policyRepo, sha), []);
});
