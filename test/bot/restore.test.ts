// A backup is worth what a restore makes of it. The bot here is a real one that goes on after its backup was made, is
// lost, and comes back from the backup: nothing that it gave meanwhile may live on, and nothing may happen twice.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditRecord } from '../../bot/access/record.ts';
import { readRecords } from '../../bot/store/records.ts';
import { openStore } from '../../bot/store/store.ts';
import { openKeys } from '../../bot/tokens/keys.ts';
import { template, withoutGitHub, type Company } from './company.ts';
import { startMortal } from './mortal.ts';
import { recorded, restsOn } from './recorded.ts';

const repo = 'acme/access';
const glass = '/break-glass payments-db 30m\n\nPayments fail.';
const withGlass = template('sallyport.yml').replace(
  '    pending: 8h',
  '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
);

/** What GitHub delivered for a comment, sent once more. */
async function deliverAgain(company: Company, commentId: number | bigint): Promise<void> {
  const payloads = company.github.deliveries
    .filter(({ event }) => event === 'issue_comment')
    .map(({ body }) => JSON.parse(body.toString()) as { comment: { id: number } });
  const found = payloads.find(({ comment }) => comment.id === Number(commentId));
  assert.equal(await company.forge('issue_comment', found ?? assert.fail()), 202);
}

test('a restored bot ends what was live and what waited, and tells it on the issue', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const live = await company.granted('/connect payments-db 2h');
  const waits = await company.asked('/connect payments-db 1h');
  await mortal.backUp();
  await mortal.comeBack();
  const comments = await company.until(live, /: revoked/);
  assert.match(comments[0] ?? '', /the bot was restored from a backup/);
  await company.until(live, /was revoked by `the bot`/);
  await company.until(
    waits,
    /`r2` .*ended without a grant: .*restored from a backup at .*`\/connect`/,
  );
  await company.until(waits, /: cancelled/);
});

test('what was said after the backup is not said twice', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const issue = await company.granted('/connect payments-db 2h');
  await mortal.backUp();
  await company.github.as('omar').comment(repo, issue, '/revoke That was enough.');
  await company.until(issue, /was revoked by `omar`/);
  await mortal.comeBack();
  await company.until(issue, /restored from a backup/);
  // What is said on an issue leaves in order: behind this answer nothing of before waits any more.
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /\| Request \| Of/);
  const told = company.botComments(issue).filter((body) => body.includes('was revoked by'));
  assert.equal(told.length, 1);
});

test('a yes of before the restore gives nothing, also when GitHub delivers it again', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const issue = await company.asked('/connect payments-db 1h');
  await mortal.backUp();
  const yes = await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  await mortal.comeBack();
  await company.until(issue, /ended without a grant/);
  await deliverAgain(company, yes.id);
  const comments = await company.until(issue, /was written before .*Say it again/);
  assert.match(comments.at(-1) ?? '', /@omar/);
  assert.match(comments[0] ?? '', /: cancelled/);
  const refused = (await recorded(company)).find(({ outcome }) => outcome === 'refused');
  const step = restsOn(refused);
  assert.deepEqual([step?.rule, step?.satisfied], ['comment-is-fresh', false]);
});

test('a glass that was broken before the restore is not broken again', async () => {
  await using mortal = await startMortal({ policy: withGlass });
  const { company } = mortal;
  await mortal.backUp();
  const issue = await company.openIssue();
  const broken = await company.github.as('dana').comment(repo, issue, glass);
  await company.until(issue, /broke the glass of/);
  await mortal.comeBack();
  await deliverAgain(company, broken.id);
  await company.until(issue, /was written before .*Say it again/);
});

test('a review that was done after the backup is open again, on the card as well, and can be done again', async () => {
  await using mortal = await startMortal({ policy: withGlass });
  const { company } = mortal;
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, glass);
  await company.until(issue, /broke the glass of/);
  await mortal.backUp();
  await company.github.as('omar').comment(repo, issue, '/review ok');
  await company.until(issue, /`omar` reviewed it at/);
  await mortal.comeBack();
  await company.until(issue, /: revoked[^]*An approver reviews it until/);
  await company.github.as('omar').comment(repo, issue, '/review ok, once more');
  await company.until(issue, /`omar` reviewed it at/);
});

test('what was asked while no bot was there is answered with the wish to ask again', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await mortal.backUp();
  await mortal.lose();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.github.settled();
  mortal.pass(60_000);
  await mortal.restore();
  await company.startBot();
  await company.until(issue, /was written before .*Say it again/);
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
});

test('a request after the restore has a number that the lost bot cannot have given', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const before = await company.granted('/connect payments-db 1h');
  await mortal.backUp();
  await company.granted('/connect payments-db 1h');
  await mortal.comeBack();
  const issue = await company.asked('/connect payments-db 1h');
  const [, number = ''] = /Request \| `r(\d+)`/.exec(company.botComments(issue)[0] ?? '') ?? [];
  assert.ok(Number(number) > 1000, number);
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /there is no request `r2`/);
  await company.github.as('omar').comment(repo, issue, `/approve r${number}`);
  await company.until(issue, /is granted until/);
  assert.doesNotMatch(company.botComments(before).join('\n'), new RegExp(`r${number}`));
});

test('the log of a restored bot says that it was restored, and goes on', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await company.granted('/connect payments-db 1h');
  await mortal.backUp();
  await mortal.comeBack();
  await company.asked('/connect payments-db 1h');
  await company.stopBot();
  await using store = await openStore(join(company.dataFolder, 'sallyport.db'));
  const records = (await readRecords(store.queries)).map((body) => JSON.parse(body) as AuditRecord);
  assert.deepEqual(
    records.map(({ action }) => action),
    [
      'request.open',
      'request.approve',
      'request.grant',
      'bot.restore',
      'grant.revoke',
      'request.open',
    ],
  );
  assert.deepEqual(
    records.map(({ seq }) => seq),
    records.map((_, index) => index),
  );
});

test('the relays go on believing a restored bot, which signs grants with a new key', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const keys = () => openKeys(join(company.dataFolder, 'keys'), new Date());
  const before = await keys();
  await mortal.backUp();
  await mortal.comeBack();
  const after = await keys();
  assert.equal(after.controlPin(), before.controlPin());
  assert.notEqual(after.active().kid, before.active().kid);
  assert.equal(after.published().length, 1);
});

test('a restored bot ends everything also while GitHub is away, tells it later, and its next start is no second restore', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const issue = await company.granted('/connect payments-db 1h');
  await mortal.backUp();
  await mortal.lose();
  mortal.pass(60_000);
  await mortal.restore();
  await company.startBot(withoutGitHub(company));
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /was revoked by `the bot`/);
  const other = await company.granted('/connect payments-db 1h');
  await company.stopBot();
  await company.startBot();
  await company.github.as('dana').comment(repo, other, '/status');
  const comments = await company.until(other, /\| Request \| Of/);
  assert.match(comments[0] ?? '', /granted until/);
});

test('a restored bot starts also while the policy is faulty, if something was live: relays and people have to hear', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const live = await company.granted('/connect payments-db 2h');
  await mortal.backUp();
  const text = 'version: 2\n';
  await company.github.as('olga').putFile(repo, 'sallyport.yml', { text });
  await mortal.comeBack();
  await company.until(live, /was revoked by `the bot`/);
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  assert.deepEqual(company.botComments(issue), []);
});

test('a restored bot goes by no policy of the backup: what took its place since is not known', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await company.asked('/connect payments-db 1h');
  await mortal.backUp();
  const text = 'version: 2\n';
  await company.github.as('olga').putFile(repo, 'sallyport.yml', { text });
  await assert.rejects(mortal.comeBack(), { code: 'policy-unusable' });
});
