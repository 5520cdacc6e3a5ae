// What is said of the policy at a commit, before it is merged. One company, in which one thing happens after the other.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { descriptor, lineOf, policy, policyRepo, services, startCommitting } from './committing.ts';

const committing = await startCommitting();
after(() => committing[Symbol.asyncDispose]());
const { company, checkedAt, propose, put } = committing;

test('a pull request with a faulty policy is told where, line and column, and what was expected', async () => {
  const faulty = policy.replace('    owners:', '    owner:').replace('[eu-1]', '[eu-1, us-9]');
  const { sha } = await propose(policyRepo, 'sallyport.yml', faulty);
  const run = await checkedAt(policyRepo, sha);
  assert.equal(run.name, 'Sallyport policy');
  assert.equal(run.conclusion, 'failure');
  assert.equal(run.output?.title, 'The policy cannot be used: 2 to mend');
  assert.match(run.output?.summary ?? '', /the last good one stays in force/);
  const at = (text: string) => lineOf(faulty, text);
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
  const line = lineOf(policy, 'relays:');
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

test('approvals that nobody could give are told before the policy, or the descriptor, is merged', async () => {
  const greedy = policy.replace('approvals: 2', 'approvals: 3');
  const { sha } = await propose(policyRepo, 'sallyport.yml', greedy);
  const demanding = descriptor
    .replace(
      '  annotations:\n',
      "  annotations:\n    sallyport.dev/approvals: '3'\n    sallyport.dev/roles: reader\n",
    )
    .replace('    sallyport.dev/roles: reader,writer\n', '');
  const proposed = await propose(services, 'catalog-info.yaml', demanding);
  for (const [run, path, line, role] of [
    [await checkedAt(policyRepo, sha), 'sallyport.yml', lineOf(greedy, 'writer:'), 'writer'],
    [
      await checkedAt(services, proposed.sha),
      'catalog-info.yaml',
      lineOf(demanding, 'apiVersion'),
      'reader',
    ],
  ] as const) {
    assert.equal(run.conclusion, 'success');
    const message = `The role ${role} of resource:payments/payments-db cannot be approved: it takes 3 approvals by group:default/payments, and the catalog has 2 people who could give one.`;
    const told = run.output?.annotations.map((each) => [
      each.path,
      each.start_line,
      each.annotation_level,
      each.message.replace(/^namespaces\S+ /, ''),
    ]);
    assert.deepEqual(told, [[path, line, 'warning', message]]);
  }
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
