import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../recorded.ts';
import { startCompany, type Company } from '../company.ts';

const repo = 'acme/access';

/** The bot's comment that shows the request. */
function cardOf({ github }: Company, issue: number) {
  const { comments } = github.thread(repo, issue).view();
  const card = comments.find(({ isBot, body }) => isBot && body.includes('r1:card'));
  assert.ok(card);
  return card;
}

/** The text of before, and a mark that nobody sees: GitHub keeps no edit that changes nothing. */
function assertPutBack(body: string, before: string): void {
  assert.equal(body.replace(/\n<!-- put back \d+ -->$/, ''), before);
}

test('a card that somebody else edits is put back, and who it was is on record', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const { id, body } = cardOf(company, issue);
  const forged = body.replace('sallyport.acme.dev', 'evil.example');
  await company.github.as('olga').editComment(repo, id, forged);
  await company.github.thread(repo, issue).until(() => cardOf(company, issue).edits.length > 2);
  assertPutBack(cardOf(company, issue).body, body);
  const changes = (await recorded(company)).filter(({ action }) => action === 'card.change');
  assert.deepEqual(
    changes.map(({ actor, reason, request }) => ({ actor, reason, request })),
    [
      {
        actor: { kind: 'person', id: company.github.seeded.userIds['olga'], login: 'olga' },
        reason: 'edited',
        request: 'r1',
      },
    ],
  );
});

test('putting an older text of the bot back is a change of the card like any other', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  const { body: waiting } = cardOf(company, issue);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  const { id, body } = cardOf(company, issue);
  await company.github.as('olga').editComment(repo, id, waiting);
  await company.github.thread(repo, issue).until(() => cardOf(company, issue).edits.length > 2);
  assertPutBack(cardOf(company, issue).body, body);
});

test('a card that somebody deletes is written anew', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const { id, body } = cardOf(company, issue);
  await company.github.as('olga').deleteComment(repo, id);
  const { comments } = await company.github
    .thread(repo, issue)
    .until((view) => view.comments.some((each) => each.id !== id && each.body.includes('r1:card')));
  assertPutBack(comments.find((each) => each.body.includes('r1:card'))?.body ?? '', body);
  const changes = (await recorded(company)).filter(({ action }) => action === 'card.change');
  assert.deepEqual(
    changes.map(({ reason }) => reason),
    ['deleted'],
  );
});

test('the bot’s own edits of a card are no change by somebody else', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('dana').comment(repo, issue, '/revoke');
  await company.until(issue, /: revoked/);
  const changes = (await recorded(company)).filter(({ action }) => action === 'card.change');
  assert.deepEqual(changes, []);
});

test('a label of the bot that somebody takes off, or puts on, is put right; others stay', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  const thread = company.github.thread(repo, issue);
  await thread.until(({ labels }) => labels.includes('access: pending'));
  const olga = company.github.as('olga');
  await olga.editIssue(repo, issue, { labels: ['access: pending', 'access: granted', 'urgent'] });
  await thread.until(({ labels }) => !labels.includes('access: granted'));
  await olga.editIssue(repo, issue, { labels: ['urgent'] });
  const { labels } = await thread.until((view) => view.labels.includes('access: pending'));
  assert.deepEqual(labels.toSorted(), ['access: pending', 'urgent']);
  assert.deepEqual(company.github.unhandled, []);
});
