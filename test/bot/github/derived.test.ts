// Whatever is refused, and whatever ends, is on record with the rule that it rests on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askOperator } from '../../../bot/operator.ts';
import { startCompany, type Company } from '../company.ts';
import { recorded, restsOn } from '../recorded.ts';

const repo = 'acme/access';

/** What was refused or ended, and the rule that was not met; the bot is stopped for it. */
async function unmet(company: Company): Promise<string[]> {
  const records = await recorded(company);
  return records.flatMap((record) => {
    const { action, reason } = record;
    if (reason === null && action !== 'request.lapse') return [];
    const last = restsOn(record);
    assert.ok(last && !last.satisfied, `${action} ${reason}`);
    return [`${action}: ${last.rule}`];
  });
}

test('a command that means nothing on its issue rests on what is not open there', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  for (const words of [
    '/approve',
    '/deny r9 No.',
    '/cancel',
    '/extend 10m',
    '/revoke',
    '/review',
  ]) {
    const before = company.botComments(issue).length;
    await company.github.as('omar').comment(repo, issue, words);
    await company.github
      .thread(repo, issue)
      .until(() => company.botComments(issue).length > before);
  }
  assert.deepEqual(await unmet(company), [
    'request.approve: request-is-pending',
    'request.deny: request-is-pending',
    'request.cancel: request-is-pending',
    'grant.extend: grant-is-active',
    'grant.revoke: grant-is-active',
    'grant.review: review-is-open',
  ]);
});

test('a request that ends by itself rests on its words, its issue or its time', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  const { github } = company;
  const edited = await company.openIssue();
  const { id } = await github.as('dana').comment(repo, edited, '/connect payments-db 2h');
  await company.until(edited, /waiting for approval/);
  await github.as('dana').editComment(repo, id, '/connect payments-db 4h');
  await company.until(edited, /ended without a grant/);

  const deleted = await company.asked('/connect payments-db 1h');
  await github.as('olga').deleteIssue(repo, deleted);
  await github.settled();

  const late = await company.asked('/connect payments-db 1h');
  await company.stopBot();
  shiftMs = 8 * 3_600_000;
  await company.startBot();
  await company.until(late, /nobody decided in time/);
  assert.deepEqual(await unmet(company), [
    'request.void: asking-comment-stands',
    'request.void: issue-stands',
    'request.lapse: request-has-not-lapsed',
  ]);
});

/** What ended, in its order, and what each end rests on: the rule, with who they were or what became of the grant. */
async function ends(company: Company) {
  const isEnd = /^(grant\.(revoke|expire)|request\.(deny|cancel|void|lapse))$/;
  const records = (await recorded(company)).filter(({ action }) => isEnd.test(action));
  return records.map((record) => {
    const { rule, fact } = restsOn(record) ?? {};
    return [record.action, rule, fact?.['as'] ?? fact?.['state']];
  });
}

test('access that somebody ends rests on who they are to it, and what asks for more of it on its end', async () => {
  await using company = await startCompany();
  for (const [who, words] of [
    ['dana', '/revoke'],
    ['omar', '/revoke Enough.'],
    ['otto', '/revoke Not now.'],
  ] as const) {
    const issue = await company.granted('/connect payments-db 1h');
    await company.github.as('dana').comment(repo, issue, '/extend 10m');
    await company.until(issue, /More time for .*: waiting for approval/);
    await company.github.as(who).comment(repo, issue, words);
    await company.until(issue, /More time for .*: cancelled/);
  }
  const last = await company.granted('/connect payments-db 1h');
  const [grant] = /g_[a-z2-7]{26}/.exec(company.botComments(last)[0] ?? '') ?? [];
  const left = { command: 'revoke', grant: grant ?? '', reason: 'dana left' } as const;
  const reply = await askOperator(company.dataFolder, left);
  assert.equal(reply.kind === 'answered' && reply.answer.kind, 'revoked');
  const closed = ['request.void', 'grant-is-active', 'revoked'];
  assert.deepEqual(await ends(company), [
    ['grant.revoke', 'person-may-revoke', 'grantee'],
    closed,
    ['grant.revoke', 'person-may-revoke', 'approver'],
    closed,
    ['grant.revoke', 'person-may-revoke', 'group:default/payments'],
    closed,
    ['grant.revoke', 'person-may-revoke', 'operator'],
  ]);
});

test('access that ends with its issue rests on the issue, and whoever had it is told the same as who waited there', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.granted('/connect payments-db 1h');
  await github.as('dana').comment(repo, issue, '/extend 10m');
  await company.until(issue, /More time for .*: waiting for approval/);
  await github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  github.repository.publicize(repo, 'olga');
  const why = /the repository is public now, and everybody reads what is asked for there/;
  await company.until(
    issue,
    new RegExp(`access to .* was revoked by \`the bot\`. Why: ${why.source}`),
  );
  await company.until(issue, new RegExp(`your request \`r3\` .* without a grant: ${why.source}`));
  const records = await recorded(company);
  const revoked = records.find(({ action }) => action === 'grant.revoke');
  assert.equal(revoked?.reason, 'repository-public');
  assert.deepEqual(await ends(company), [
    ['grant.revoke', 'issue-stands', undefined],
    ['request.void', 'grant-is-active', 'revoked'],
    ['request.void', 'issue-stands', undefined],
  ]);
});

test('access that nobody ends rests on its time', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('dana').comment(repo, issue, '/extend 10m');
  await company.until(issue, /More time for .*: waiting for approval/);
  await company.stopBot();
  shiftMs = 3_600_000;
  await company.startBot();
  await company.until(issue, /More time for .*: cancelled/);
  assert.deepEqual(await ends(company), [
    ['grant.expire', 'grant-is-active', 'expired'],
    ['request.void', 'grant-is-active', 'expired'],
  ]);
});
