// The story: eight steps from a catalog entry to a cut connection, played by people on the local GitHub
// and at their terminals, each outcome checked. The demo and the end-to-end test play the same one.
// It is told as it happens to a Teller, which prints it, or runs each step as a test.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import {
  approve,
  endedCard,
  endOf,
  exitStatus,
  openSession,
  pasteToTheEnd,
  requestAccess,
  type Asked,
  type Session,
} from './actions.ts';
import { bea, dana, omar } from './cast.ts';
import type { Stage } from './stage.ts';
import { findCard, findReply, sessionsIn } from './thread.ts';

export interface Teller {
  /** Plays one step. Its title is a claim; the step throws when it does not hold. */
  step<T>(title: string, play: () => Promise<T>): Promise<T>;
  /** Something to say that no thread and no terminal shows. */
  note(text: string): void;
  /** What a person sees in their terminal, below the line they pasted or typed, if they did. */
  terminal(seen: { login: string; typed?: string; screen: string }): void;
}

/** Plays the whole story. Rejects at the first step that does not come out as it should. */
export async function playStory(stage: Stage, teller: Teller): Promise<void> {
  const { step } = teller;
  await step('The catalog has payments-db, owned by the payments group', () => catalog(stage));
  const asked = await step('A developer asks, and the bot answers with a card', () => ask(stage));
  await step('Neither the developer nor a bystander can approve', () => refuse(stage, asked));
  const line = await step('An owner approves, and the card shows the line to paste', () =>
    approve(stage.github, asked, '/approve'),
  );
  await step('The line is of no use to anybody else', () => stranger(stage, teller, line));
  await using session = await step('The developer signs in and reads the database', () =>
    connect(stage, teller, { asked, line }),
  );
  await step('The owner revokes, and the open connection dies', () =>
    revoke(stage, teller, { asked, line, session }),
  );
  await step('A second grant runs to its end, and the connection is cut', () =>
    runOut(stage, teller, asked.issue),
  );
}

async function catalog({ github }: Stage): Promise<void> {
  const entity = await github.file(omar.login, 'acme/payments-services', 'catalog-info.yaml');
  assert.match(entity, /name: payments-db\n/);
  assert.match(entity, /owner: group:default\/payments\n/);
  const policy = await github.file(omar.login, 'acme/access', 'sallyport.yml');
  assert.match(policy, /owners: \[group:default\/payments\]/);
}

async function ask({ github }: Stage): Promise<Asked> {
  const { number } = await github.openIssue(dana.login, {
    title: 'Access to payments-db',
    body: 'Invoice INV-2043 failed and its customer is waiting.',
  });
  return requestAccess(
    github,
    number,
    '/connect payments-db 2h\n\nI have to see why INV-2043 failed',
  );
}

async function refuse({ github }: Stage, { issue, request }: Asked): Promise<void> {
  for (const { login } of [dana, bea]) {
    const id = await github.comment(login, issue, '/approve');
    const reply = await github.until(issue, (thread) => findReply(thread, id));
    assert.match(reply.body, new RegExp(`@${login}\\b.*${omar.login}`, 's'), 'it says who can');
  }
  const card = findCard(await github.thread(issue), request);
  assert.match(card?.body ?? '', /waiting for approval/, 'nothing was granted');
}

async function stranger(stage: Stage, teller: Teller, line: string): Promise<void> {
  const before = await stage.postgres.connectionsSeen();
  const exit = await pasteToTheEnd(stage, { login: bea.login, run: 'bea', line });
  teller.terminal({ login: bea.login, typed: line, screen: exit.screen });
  assert.equal(exit.code, exitStatus.refused);
  assert.match(exit.screen, /not yours/);
  assert.equal(await stage.postgres.connectionsSeen(), before, 'nothing reached PostgreSQL');
}

async function connect(
  stage: Stage,
  teller: Teller,
  { asked, line }: { asked: Asked; line: string },
): Promise<Session> {
  await using opened = new AsyncDisposableStack();
  const session = opened.use(await openSession(stage, line, 'first'));
  const screen = session.terminal.screen();
  teller.terminal({ login: dana.login, typed: line, screen });
  const [fingerprint] = /\b(?:[A-Z\d]{4}-){2}[A-Z\d]{4}\b/.exec(screen) ?? [];
  const consent = (await session.terminal.pages()).find((page) => page.includes('payments-db'));
  assert.ok(fingerprint && consent?.includes(fingerprint), 'terminal and page show the same key');

  const sql = `select reference, amount_cents, currency, status from payments where reference = 'INV-2043'`;
  const rows = await session.database.select(sql);
  assert.deepEqual(rows, [
    { reference: 'INV-2043', amount_cents: '78000', currency: 'USD', status: 'failed' },
  ]);
  const { reference, amount_cents: cents, currency, status } = rows[0] ?? {};
  const row = [reference, cents, currency, status].join('  ');
  teller.terminal({ login: dana.login, typed: sql, screen: row });
  await stage.github.until(asked.issue, (thread) => {
    const card = findCard(thread, asked.request);
    return card && sessionsIn(card).find(({ end }) => end === 'open');
  });
  opened.move(); // it stays open: the next step cuts it
  return session;
}

async function revoke(
  stage: Stage,
  teller: Teller,
  { asked, line, session }: { asked: Asked; line: string; session: Session },
): Promise<void> {
  const { github } = stage;
  const before = session.terminal.screen().length;
  const since = performance.now();
  await github.comment(omar.login, asked.issue, '/revoke the row has been read');
  const cutMs = (await session.database.cut(5_000)) - since;
  teller.note(`cut ${Math.round(cutMs)} ms after the comment was sent`);
  assert.ok(cutMs < 1000, `the open connection lived for ${Math.round(cutMs)} ms`);
  assert.equal((await session.terminal.ended()).code, exitStatus.revoked);
  teller.terminal({ login: dana.login, screen: session.terminal.screen().slice(before) });

  const again = await pasteToTheEnd(stage, { login: dana.login, run: 'again', line });
  teller.terminal({ login: dana.login, typed: line, screen: again.screen });
  assert.equal(again.code, exitStatus.revoked);
  assert.match(again.screen, /revoked/);
  const card = await endedCard(stage.github, asked, 'revoked');
  assert.equal(sessionsIn(card)[0]?.why, 'revoked');
}

async function runOut(stage: Stage, teller: Teller, issue: number): Promise<void> {
  const asked = await requestAccess(
    stage.github,
    issue,
    '/connect payments-db PT8S\n\nOnce more, briefly',
  );
  const line = await approve(stage.github, asked);
  const card = findCard(await stage.github.thread(issue), asked.request);
  await using session = await openSession(stage, line, 'short');
  await session.database.select('select count(*) from payments');
  await session.database.cut(15_000);
  const lateMs = Date.now() - endOf(card);
  teller.note(`cut ${Math.round(lateMs)} ms after the end that the card shows`);
  assert.equal((await session.terminal.ended()).code, exitStatus.expired);
  teller.terminal({ login: dana.login, typed: line, screen: session.terminal.screen() });
  // The card shows whole seconds, so the end lies up to one second after what it says.
  assert.ok(lateMs > 0 && lateMs < 1500, `cut ${lateMs} ms after the end`);
  const ended = await endedCard(stage.github, asked, 'expired');
  assert.equal(sessionsIn(ended)[0]?.why, 'expired');
}
