// What people do in the story, each action waiting for what it leads to: ask, approve, paste, connect.
// The bench plays the same actions.
import assert from 'node:assert/strict';
import type { ThreadComment } from '../github/threads.ts';
import type { Exit } from '../support/processes.ts';
import { dana, omar } from './cast.ts';
import type { GitHub } from './github.ts';
import type { Stage } from './stage.ts';
import { openDatabase, paste, type OpenDatabase, type Pasted } from './terminal.ts';
import { findCard, lineToPaste, reactionsTo, requestOf, sessionsIn } from './thread.ts';

/** A request on the issue. */
export interface Asked {
  readonly issue: number;
  readonly request: string;
}

/** Dana asks on an issue and waits for the bot's eyes and its card. */
export async function requestAccess(github: GitHub, issue: number, words: string): Promise<Asked> {
  const before = (await github.thread(issue)).comments.length;
  const id = await github.comment(dana.login, issue, words);
  const card = await github.until(issue, (thread) => {
    if (!reactionsTo(thread, id).includes('eyes')) return undefined;
    return findCard({ ...thread, comments: thread.comments.slice(before) });
  });
  assert.match(card.body, /waiting for approval/);
  assert.match(card.body, /resource:payments\/payments-db/);
  assert.match(card.body, new RegExp(`@${omar.login}\\b`), 'the owner is asked by name');
  const request = requestOf(card);
  assert.ok(request, 'the card names its request');
  return { issue, request };
}

/** Omar approves; gives the line as it stands in the card. */
export async function approve(
  github: GitHub,
  { issue, request }: Asked,
  words = `/approve ${request}`,
): Promise<string> {
  await github.comment(omar.login, issue, words);
  return github.until(issue, (thread) => {
    const card = findCard(thread, request);
    return card && lineToPaste(card);
  });
}

export interface Session extends AsyncDisposable {
  readonly terminal: Pasted;
  readonly database: OpenDatabase;
}

/** Dana pastes the line, signs in, and opens a database connection at the local address. */
export async function openSession(stage: Stage, line: string, run: string): Promise<Session> {
  await using opened = new AsyncDisposableStack();
  const { folder, caFile, postgres } = stage;
  const terminal = opened.use(await paste(line, { folder, caFile, login: dana.login, run }));
  const address = await terminal.address();
  const account = { ...postgres.reader, database: postgres.database };
  const database = opened.use(await openDatabase(address, account));
  const ended = opened.move();
  return { terminal, database, [Symbol.asyncDispose]: () => ended.disposeAsync() };
}

/** The statuses the client exits with, as its --help lists them. */
export const exitStatus = { refused: 77, expired: 80, revoked: 81 } as const;

/** Somebody pastes the line and waits for its end. */
export async function pasteToTheEnd(
  { folder, caFile }: Stage,
  { login, run, line }: { login: string; run: string; line: string },
): Promise<Exit & { screen: string }> {
  await using terminal = await paste(line, { folder, caFile, login, run });
  const exit = await terminal.ended();
  return { ...exit, screen: terminal.screen() };
}

/** The card once it says how the grant ended and every session in it has its end and its bytes, both more than none. */
export async function endedCard(
  github: GitHub,
  { issue, request }: Asked,
  how: 'expired' | 'revoked',
): Promise<ThreadComment> {
  const card = await github.until(issue, (thread) => {
    const card = findCard(thread, request);
    if (!card?.body.includes(`: ${how}\n`)) return undefined;
    const rows = sessionsIn(card);
    return rows.length > 0 && rows.every(({ end }) => end !== 'open') ? card : undefined;
  });
  for (const { bytesUp, bytesDown } of sessionsIn(card)) {
    assert.match(bytesUp, /^[1-9]/);
    assert.match(bytesDown, /^[1-9]/);
  }
  return card;
}

/** The end that a granted card promises, in milliseconds since 1970. */
export function endOf(card: ThreadComment | undefined): number {
  const [, date, time] = /granted until (\S+) (\S+) UTC/.exec(card?.body ?? '') ?? [];
  return Date.parse(`${date}T${time}Z`);
}
