import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from '../../../bot/log.ts';
import { within } from '../../support/within.ts';
import { startCompany, withoutGitHub, type Company } from '../company.ts';
import { withRelay } from './with-relay.ts';

interface Line {
  readonly msg: string;
  readonly delivery?: string;
  readonly comment?: number;
  readonly request?: string;
  readonly grant?: string;
  readonly session?: string;
  readonly action?: string;
  readonly url?: string;
}

/** A log that is read while it is written; everything is told, the calls to GitHub too. */
function openBook() {
  const lines: Line[] = [];
  let written = Promise.withResolvers<void>();
  const log = openLog({
    write(text) {
      lines.push(JSON.parse(text) as Line);
      written.resolve();
      written = Promise.withResolvers();
    },
  });
  log.level = 'debug';
  const about = (ids: Partial<Line>) =>
    lines.filter((line) =>
      Object.entries(ids).every(([key, value]) => line[key as keyof Line] === value),
    );
  async function firstAbout(ids: Partial<Line>): Promise<Line> {
    for (;;) {
      const [line] = about(ids);
      if (line) return line;
      await written.promise;
    }
  }
  return {
    log,
    about,
    /** The first line, past or coming. */
    until: (ids: Partial<Line>): Promise<Line> =>
      within(`a line about ${JSON.stringify(ids)}`, firstAbout(ids)),
  };
}

interface CommentEvent {
  readonly action: string;
  readonly comment: { readonly body: string };
}

/** The delivery by which GitHub told of the comment with these words. */
function deliveryOf({ github }: Company, words: string) {
  const told = github.deliveries.find(({ event, body }) => {
    if (event !== 'issue_comment') return false;
    const { action, comment } = JSON.parse(body.toString()) as CommentEvent;
    return action === 'created' && comment.body === words;
  });
  assert.ok(told, `no delivery tells of ${words}`);
  return told;
}

const guidOf = (company: Company, words: string): string => deliveryOf(company, words).guid;

function tellingOf(company: Company, words: string): object {
  return JSON.parse(deliveryOf(company, words).body.toString()) as object;
}

test('one id leads from the delivery to the request, from there to the grant, and from there to the end of the session', async () => {
  const book = openBook();
  await using company = await startCompany({ log: book.log });
  await using relay = await withRelay(company);
  await company.granted('/connect payments-db 1h');
  await company.github.settled();

  const asking = guidOf(company, '/connect payments-db 1h');
  const opened = await book.until({ delivery: asking, action: 'request.open' });
  const { request = '', comment } = opened;
  assert.match(request, /^r\d+$/);
  assert.ok(comment !== undefined, 'the line names the comment as well');
  const messages = new Set(book.about({ delivery: asking }).map(({ msg }) => msg));
  for (const msg of ['a delivery was kept', 'github call', 'on record', 'a command was settled'])
    assert.ok(messages.has(msg), `no line says: ${msg}`);
  await book.until({ delivery: asking, msg: 'a posting was written', request });
  await book.until({ delivery: asking, msg: 'a delivery was dealt with' });

  const approving = guidOf(company, '/approve');
  const granted = await book.until({ delivery: approving, action: 'request.grant', request });
  const { grant = '' } = granted;
  assert.match(grant, /^g_[a-z2-7]{26}$/);

  await relay.session(grant);
  const started = await book.until({ grant, request, action: 'session.start' });
  const { session } = started;
  assert.ok(session !== undefined);
  const ended = await book.until({ session, action: 'session.end' });
  assert.equal(ended.grant, grant);
});

test('a call to GitHub for a delivery that fails names the delivery, and so does the word that it is tried again', async () => {
  const book = openBook();
  await using company = await startCompany({ log: book.log });
  const issue = await company.openIssue();
  await company.stopBot();
  await company.github.as('dana').comment('acme/access', issue, '/help');
  await company.startBot(withoutGitHub(company));
  await company.forge('issue_comment', tellingOf(company, '/help'));
  const retried = await book.until({ msg: 'a delivery will be tried again' });
  const { delivery } = retried;
  assert.ok(delivery !== undefined);
  assert.equal(book.about({ delivery, msg: 'a delivery was kept' }).length, 1);
  assert.ok(book.about({ delivery, msg: 'github call failed' }).length >= 1);
});

test('lines about one comment do not bear the ids of another', async () => {
  const book = openBook();
  await using company = await startCompany({ log: book.log });
  const first = await company.asked('/connect payments-db 1h');
  await company.github.as('dana').comment('acme/access', first, '/cancel');
  await company.until(first, /cancelled/i);
  await company.asked('/connect payments-db 2h');
  await company.github.settled();
  const second = guidOf(company, '/connect payments-db 2h');
  await book.until({ delivery: second, msg: 'a delivery was dealt with' });
  const requests = new Set(book.about({ delivery: second }).map(({ request }) => request));
  assert.deepEqual(
    [...requests].filter((request) => request !== undefined),
    ['r2'],
  );
});
