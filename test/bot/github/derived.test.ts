// Whatever is refused, and whatever ends without a grant, is on record with the rule that it rests on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Derivation } from '../../../bot/access/explain.ts';
import { startCompany, type Company } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';

/** What was refused or ended, and the rule that was not met; the bot is stopped for it. */
async function unmet(company: Company): Promise<string[]> {
  const records = await recorded(company);
  return records.flatMap(({ action, reason, data }) => {
    if (reason === null && action !== 'request.lapse') return [];
    const last = (data['derivation'] as unknown as Derivation).at(-1);
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
