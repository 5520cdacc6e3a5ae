import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wasForeignAt } from '../../../bot/github/card-history.ts';
import { recorded } from '../recorded.ts';
import { startCompany } from '../company.ts';

const repo = 'acme/access';
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
