// Writes the database of a release as text, test/bot/store/releases/<version>.sql: a bot plays a story in which every
// kind of row comes about, and what it leaves is what a later version has to be able to open. Run it once, when CHANGELOG
// says that a version is released: a test fails until then. What was released does not change: a file that is there is
// kept. Another name than the version's is for a state that is in use without having been released.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { askOperator } from '../bot/operator.ts';
import { recordConfirmation } from '../bot/ledger/grants.ts';
import { recordRelayEvents } from '../bot/ledger/relays.ts';
import { openStore } from '../bot/store/store.ts';
import { reserveSequence } from '../bot/store/relays.ts';
import type { RelayEventBody } from '../relay/control.ts';
import { startCompany, template, withoutGitHub, type Company } from '../test/bot/company.ts';
import { textOf } from '../test/bot/store/release.ts';

const repo = 'acme/access';
const policy = template('sallyport.yml').replace(
  '    pending: 8h',
  '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
);
const glass = '/break-glass payments-db 30m\n\nPayments fail, and nobody answers.';

/** The grants that the rest of the story is about. */
interface Given {
  readonly live: string;
  readonly revoked: string;
  readonly revokedLast: string;
}

async function playStory(): Promise<string> {
  let shiftMs = 0;
  const now = () => new Date(Date.now() + shiftMs);
  await using company = await startCompany({ policy, now });
  await breakGlasses(company);
  const expires = await company.granted('/connect payments-db 30m');
  const lapses = await company.asked('/connect payments-db');
  await endRequests(company);
  shiftMs = 9 * 3_600_000;
  // Whatever comes in wakes the bot, which then sees how late it is.
  await company.github.as('dana').comment(repo, expires, '/status');
  await company.until(expires, /: expired/);
  await company.until(lapses, /: lapsed/);
  const given = await grant(company);
  await company.github.settled();
  await company.stopBot();
  await reportSessions(company, given, now);
  await leaveWaiting(company, given);
  await company.stopBot();
  const database = new Database(join(company.dataFolder, 'sallyport.db'), { readonly: true });
  try {
    return textOf(database);
  } finally {
    database.close();
  }
}

/** One glass whose review is done, one whose review is open. */
async function breakGlasses({ github, openIssue, until }: Company): Promise<void> {
  const reviewed = await openIssue();
  await github.as('dana').comment(repo, reviewed, glass);
  await until(reviewed, /broke the glass of/);
  await github.as('omar').comment(repo, reviewed, '/review Agreed on the phone.');
  await until(reviewed, /`omar` reviewed it at/);
  await github.as('dana').comment(repo, reviewed, '/revoke Done.');
  await until(reviewed, /: revoked/);
  const open = await openIssue();
  await github.as('bea').comment(repo, open, glass);
  await until(open, /broke the glass of/);
}

/** A request of every end but a grant, one with one of its two approvals, and comments that led to none. */
async function endRequests({ github, asked, until }: Company): Promise<void> {
  const denied = await asked('/connect payments-db 1h');
  await github.as('dana').comment(repo, denied, '/approve');
  await until(denied, /nobody approves their own request/);
  await github.as('dana').comment(repo, denied, '/conect payments-db');
  await github.as('dana').comment(repo, denied, '/why payments-db');
  await github.as('omar').comment(repo, denied, '/deny Use the replica.');
  await until(denied, /: denied/);
  const cancelled = await asked('/connect payments-db 1h');
  await github.as('dana').comment(repo, cancelled, '/cancel');
  await until(cancelled, /: cancelled/);
  const edited = await asked('/connect payments-db 1h');
  const [first] = github.thread(repo, edited).view().comments;
  await github.as('dana').editComment(repo, first?.id ?? 0, '/connect payments-db 8h');
  await until(edited, /: cancelled/);
}

async function grant(company: Company): Promise<Given> {
  const { github, until } = company;
  const nameOf = (issue: number) =>
    /g_[a-z2-7]{26}/.exec(company.botComments(issue).join('\n'))?.[0] ?? '';
  const waiting = await company.asked('/connect payments-db 30m as writer');
  await github.as('omar').comment(repo, waiting, '/approve');
  await until(waiting, /\*\*Approvals:\*\* `omar`/);
  const live = await company.granted('/connect payments-db 2h\n\nThe ledger is off by one cent.');
  await github.as('dana').comment(repo, live, '/extend 30m\n\nThe import runs longer.');
  await until(live, /More time for .*: waiting for approval/);
  const number = /Request \| `(r\d+)`/.exec(company.botComments(live).at(-1) ?? '')?.[1] ?? '';
  await github.as('omar').comment(repo, live, `/approve ${number}`);
  await until(live, /now lasts until/);
  await github.as('dana').comment(repo, live, '/extend 20m');
  await until(live, /More time for .*: waiting for approval/);
  const revoked = await company.granted('/connect payments-db 1h');
  const given = { live: nameOf(live), revoked: nameOf(revoked) };
  await github.as('omar').comment(repo, revoked, '/revoke That was enough.');
  await until(revoked, /: revoked/);
  const last = await company.granted('/connect payments-db 1h');
  return { ...given, revokedLast: nameOf(last) };
}

/** What a relay tells: a session that runs, one that is over, somebody turned away, and a cut. */
async function reportSessions(
  company: Company,
  { live, revoked }: Given,
  now: () => Date,
): Promise<void> {
  await using store = await openStore(join(company.dataFolder, 'sallyport.db'));
  const ledger = { store, now, postingsQueued: () => undefined };
  const started = {
    jti: 'j'.repeat(22),
    run: 'r'.repeat(22),
    sub: 'github:1',
    address: '10.0.0.7',
  };
  const figures = { bytesUp: 322, bytesDown: 1798, connections: 3 };
  const events: RelayEventBody[] = [
    { type: 'session.start', session: 'session-that-is-over', gid: revoked, ...started },
    { type: 'session.start', session: 'session-that-runs', gid: live, ...started },
    {
      type: 'session.end',
      session: 'session-that-is-over',
      gid: revoked,
      reason: 'revoked',
      ...figures,
    },
    {
      type: 'refused',
      gid: revoked,
      sub: 'github:1',
      reason: 'grant_revoked: token',
      address: '10.0.0.7',
    },
  ];
  await reserveSequence(store.queries, 'eu-1', 2 ** 32);
  const at = now().toISOString();
  const numbered = events.map((body, index) => Object.assign({ n: index + 1, at }, body));
  await recordRelayEvents(ledger, 'eu-1', numbered);
  await recordConfirmation(ledger, 'eu-1', { gid: revoked, sessions: 1 });
}

/** Without GitHub what is decided waits to be written, and what comes in waits to be read. */
async function leaveWaiting(company: Company, { revokedLast }: Given): Promise<void> {
  await company.startBot(withoutGitHub(company));
  const order = { command: 'revoke', grant: revokedLast, reason: 'GitHub is down' } as const;
  const reply = await askOperator(company.dataFolder, order);
  if (reply.kind !== 'answered' || reply.answer.kind !== 'revoked')
    throw new Error(`the grant was not revoked: ${JSON.stringify(reply)}`);
  const { repository, installation } = placeOf(company);
  const status = await company.forge('issue_comment', {
    action: 'created',
    installation,
    repository,
    sender: { id: 1, login: 'dana', type: 'User' },
    issue: { number: 1 },
    comment: { id: 999, node_id: 'IC_999', body: '/status', user: { id: 1, login: 'dana' } },
  });
  if (status >= 300) throw new Error(`the delivery was answered with ${status}`);
}

function placeOf({ github }: Company) {
  const id = github.seeded.apps['sallyport']?.installations['acme'];
  const [owner, name] = repo.split('/');
  return {
    installation: { id },
    repository: { id: 1, name, full_name: repo, private: true, owner: { login: owner } },
  };
}

function versionNow(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const name = process.argv[2] ?? versionNow();
const path = new URL(`../test/bot/store/releases/${name}.sql`, import.meta.url);
const head = `-- The database of Sallyport ${name}, written by .ci/write-release.ts. What was released does not change.\n\n`;
writeFileSync(path, head + (await playStory()), { flag: 'wx' });
