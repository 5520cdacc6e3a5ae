// The enemy here is GitHub itself: calls that fail before or after they were carried out, limits, answers that never come,
// deliveries that come twice, late or not at all. Whatever it does, each thread has to end as it does when nothing goes
// wrong: the same comments once each, the same cards, apart from times. The kills are in test/e2e/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../github/fault-schema.ts';
import type { ThreadView } from '../../github/threads.ts';
import { startCompany, type Company } from '../company.ts';

const repo = 'acme/access';
const bot = 'sallyport[bot]';
/** A thread that is held up takes a few retries, with their pauses. */
const patienceMs = 60_000;

/**
 * Each command, and what stands in the thread once it is done. `$1` is the first request of the thread, and so on: the
 * threads are written at the same time, and share the numbers.
 */
const story: readonly (readonly [who: string, words: string, outcome: string])[] = [
  ['dana', '/connect payments-db 2h\n\nThe ledger is off.', '$1:card.*waiting for approval'],
  ['bea', '/approve', 'may not decide'],
  ['omar', '/approve 1h', '$1:granted'],
  ['dana', '/extend 30m\n\nNot done yet.', '$2:card.*waiting for approval'],
  ['omar', '/approve $2', '$2:extended'],
  ['dana', '/connect payments-db 1h as writer', '$3:card.*waiting for approval'],
  ['dana', '/cancel $3', '$3:card.*: cancelled'],
  ['dana', '/status', ':reply.*Request . Of .'],
  ['omar', '/revoke $1 enough', '$1:revoked'],
];

/** Plays the story on a fresh issue and gives the thread as it ends; `between` comes after each comment was written. */
async function tellStory(company: Company, between = async () => {}): Promise<string> {
  const issue = await company.openIssue();
  const thread = company.github.thread(repo, issue);
  const named = (text: string, view = thread.view()) =>
    text.replaceAll(/\$(\d)/g, (_, n) => requestsIn(view)[Number(n) - 1] ?? 'none yet');
  for (const [who, words, outcome] of story) {
    const { id } = await company.github.as(who).comment(repo, issue, named(words));
    await between();
    await thread.until((view) => {
      const pattern = new RegExp(named(outcome, view), 's');
      const isSaid = view.comments.some(({ isBot, body }) => isBot && pattern.test(body));
      const asked = view.comments.find((comment) => comment.id === id);
      return isSaid && asked?.reactions.length === 2;
    }, patienceMs);
  }
  const ended = await thread.until(
    (view) => view.labels.includes('access: cancelled') && !view.comments.some(isBehind),
    patienceMs,
  );
  return plainly(ended);
}

/** The card of a grant that is revoked, or of its extension, still as it was before. */
function isBehind({ body }: { body: string }): boolean {
  return /:card.*(?:granted until|waiting for approval)/s.test(body);
}

function requestsIn({ comments }: ThreadView): string[] {
  return comments.flatMap(({ isBot, body }) => {
    const [, request] = (isBot && /^<!-- sallyport:(r\d+):card/.exec(body)) || [];
    return request === undefined ? [] : [request];
  });
}

function plainly(view: ThreadView): string {
  const names = new Map(requestsIn(view).map((request, index) => [request, `$${index + 1}`]));
  const shown = view.comments.map(({ author, body, reactions }) => ({
    author,
    body,
    reactions: reactions.map(({ content }) => content).toSorted(),
  }));
  return JSON.stringify({ labels: view.labels, comments: shown }, null, 1)
    .replaceAll(/\br\d+\b/g, (request) => names.get(request) ?? request)
    .replaceAll(/g_[a-z2-7]{26}/g, 'g_')
    .replaceAll(/sha-256:[\w-]+/g, 'sha-256:')
    .replaceAll(/(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)? UTC/g, 'TIME')
    .replaceAll(/sallyport:\d+:/g, 'sallyport:N:')
    .replaceAll(/issues\/\d+#issuecomment-\d+/g, 'issues/N#issuecomment-N')
    .replaceAll(/localhost:\d+/g, 'localhost');
}

/** So many threads are written at the same time, so that the faults strike at every place of the story. */
const threads = 3;
/** Every so many calls one is struck: more than a command makes in a row, so that the next attempt goes through. */
const period = 13;
const strikes = 16;

function everyCall(fault: Omit<Fault & { kind: 'answer' }, 'skip'>): Fault[] {
  // A call that one of them strikes is not counted by those behind it.
  return Array.from({ length: strikes }, (_, n) => ({ ...fault, skip: (n + 1) * (period - 1) }));
}

let faultless = '';

/** Tells the story several times at once, and holds each thread against the faultless one. */
async function assertSameEnd(company: Company, between?: () => Promise<void>): Promise<void> {
  const told = Array.from({ length: threads }, () => tellStory(company, between));
  for (const thread of await Promise.all(told)) assert.equal(thread, faultless);
  assert.deepEqual(company.github.unhandled, []);
}

test('with nothing going wrong, all threads end alike', async () => {
  await using company = await startCompany();
  faultless = await tellStory(company);
  assert.match(faultless, /\$1:revoked/);
  await assertSameEnd(company);
});

const answers: readonly (readonly [string, Omit<Fault & { kind: 'answer' }, 'skip'>])[] = [
  ['500, and the call was not carried out', { kind: 'answer', status: 500, actor: bot }],
  ['502, and the call was carried out', { kind: 'answer', status: 502, when: 'after', actor: bot }],
  ['with a proxy’s page', { kind: 'answer', status: 503, body: 'html', actor: bot }],
  [
    'with a secondary limit of a second',
    { kind: 'answer', status: 403, body: 'secondary', retryAfterSeconds: 1, actor: bot },
  ],
];
for (const [what, fault] of answers) {
  test(`when GitHub answers every thirteenth call ${what}, the threads end the same`, async () => {
    await using company = await startCompany();
    for (const each of everyCall(fault)) company.github.addFault(each);
    await assertSameEnd(company);
    const left = company.github.armedFaults().length;
    assert.ok(left <= strikes / 4, `${strikes - left} calls were struck`);
  });
}

test('when an answer never comes though the comment was written, the thread ends the same', async () => {
  await using company = await startCompany();
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
  const held = company.github.addFault({ kind: 'held', route, actor: bot });
  assert.equal(await tellStory(company), faultless);
  held.release();
});

test('when every comment is delivered twice, the threads end the same', async () => {
  await using company = await startCompany();
  company.github.addFault({ kind: 'duplicate-delivery', event: 'issue_comment', times: 1000 });
  await assertSameEnd(company);
});

test('when every comment is lost and found at the next start, the thread ends the same', async () => {
  await using company = await startCompany();
  company.github.addFault({ kind: 'lost-delivery', event: 'issue_comment.created', times: 1000 });
  const restart = async () => {
    await company.github.settled();
    await company.stopBot();
    await company.startBot();
  };
  assert.equal(await tellStory(company, restart), faultless);
});

test('when comments are hidden for a moment after they were told of, the threads end the same', async () => {
  await using company = await startCompany();
  for (const author of ['dana', 'bea', 'omar']) {
    for (let n = 0; n < 20; n += 1) company.github.addFault({ kind: 'not-yet-visible', author });
  }
  await assertSameEnd(company);
});
