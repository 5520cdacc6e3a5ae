import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { createApp } from '../../../bot/github/app.ts';
import { readCard, wasForeignAt } from '../../../bot/github/card-history.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { sallyport, startAcme } from '../../github/fixture.ts';
import { findComment, findRepository } from '../../github/state.ts';
import { recorded } from '../recorded.ts';
import { startCompany } from '../company.ts';

const repo = 'acme/access';
const quiet = pino({ level: 'silent' });
const own = (at: string) => ({ at, isOwn: true });
const foreign = (at: string) => ({ at, isOwn: false });

const cases: readonly (readonly [string, readonly { at: string; isOwn: boolean }[], boolean])[] = [
  ['nobody ever edited it', [], false],
  ['only the bot did', [own('10'), own('30')], false],
  ['somebody did later', [own('10'), foreign('30')], false],
  ['somebody did before', [own('10'), foreign('15')], true],
  ['somebody did, and the bot put it back', [foreign('15'), own('17')], false],
  ['the bot put it back only later', [own('40'), foreign('15')], true],
  ['the bot put it back in the same second', [foreign('15'), own('20')], true],
  ['somebody did in the same second', [foreign('20')], true],
  ['somebody did in the second in which the bot put it back', [foreign('15'), own('15')], true],
];
for (const [what, edits, expected] of cases) {
  test(`a yes of second 20 ${expected ? 'does not count' : 'counts'} where ${what}`, () => {
    assert.equal(wasForeignAt(edits, '20'), expected);
    assert.equal(wasForeignAt(edits.toReversed(), '20'), expected);
  });
}

test('a card is read to its first edit, and one with thousands of them is not believed', async () => {
  await using github = await startAcme();
  const { appId, privateKey, installations } = sallyport(github);
  const app = createApp({ apiUrl: github.apiUrl, appId, privateKey }, quiet, openBotMetrics());
  const octokit = await app.asInstallation(Number(installations['acme']));
  const { number } = await github.as('dana').openIssue(repo, { title: 'Hello', body: '' });
  const place = { owner: 'acme', repo: 'access' } as const;
  const thread = { ...place, installationId: 0, repositoryId: 0, number };
  const { data } = await octokit.rest.issues.createComment({
    ...place,
    issue_number: number,
    body: 'card',
  });
  await github.as('olga').editComment(repo, data.id, 'forged');
  const repository = findRepository(github.instance.state, 'acme', 'access');
  const card = repository && findComment(repository, data.id);
  assert.ok(card);
  const { author: editor } = card;
  const edit = (times: number) => {
    for (let n = 0; n < times; n += 1) card.edits.push({ before: '', editor, at: new Date() });
  };
  edit(240);
  const read = await readCard(octokit, thread, data.id);
  assert.ok(typeof read === 'object');
  // With the first version, which GitHub lists as an edit.
  assert.equal(read.edits.length, 242);
  assert.equal(read.edits.filter(({ isOwn }) => !isOwn).length, 1);
  edit(2_000);
  assert.equal(await readCard(octokit, thread, data.id), 'edited-too-often');
  await github.as('olga').deleteComment(repo, data.id);
  assert.equal(await readCard(octokit, thread, data.id), 'gone');
});

test('an approval does not count for a text that was put back before the bot looked, though nobody told it of the edits', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.asked('/connect payments-db 2h');
  const card = github
    .thread(repo, issue)
    .view()
    .comments.find(({ isBot }) => isBot);
  assert.ok(card);
  await company.stopBot();
  for (const event of ['issue_comment.edited', 'issue_comment.edited']) {
    github.addFault({ kind: 'unrecorded-delivery', event });
  }
  const olga = github.as('olga');
  await olga.editComment(repo, card.id, card.body.replace('2 h', '5 min'));
  await github.as('omar').comment(repo, issue, '/approve');
  await olga.editComment(repo, card.id, card.body);
  await company.startBot();
  await company.until(issue, /was changed by somebody else/);
  await company.insist(issue, { who: 'omar', words: '/approve', until: /is granted until/ });
  const actions = (await recorded(company)).map(({ action }) => action);
  assert.ok(actions.includes('card.change'));
});
