// The enemy here is SIGKILL. A story of one issue (ask, a refused approval, an approval, a refused claim, a
// claim, a session, a revocation that the relay confirms) is told again and again, and each time the bot is killed at
// another point where it writes: after each commit to its database, and before and after each of its writes to GitHub.
// Each time it is started again, and each time the thread has to end as it does when nobody kills anything, and every
// token that somebody got has to stand in the log.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before } from 'node:test';
import Database from 'better-sqlite3';
import { accessRepository } from '../demo/seed.ts';
import type { LocalGitHub } from '../github/server.ts';
import type { RunningProcess } from '../support/processes.ts';
import { within } from '../support/within.ts';
import { claimGrant, type ClaimEnd } from './claimant.ts';
import type { ControlRelay } from './control-relay.ts';
import { openLonelyBot, type LonelyBot } from './lonely-bot.ts';

let lonely: LonelyBot;
/** The local GitHub, once the tests run. */
export let github: LocalGitHub;
let bot: RunningProcess;
let faultless = '';
let relay: ControlRelay;

before(async () => {
  lonely = await openLonelyBot();
  ({ github } = lonely);
  // Ends as it should once, since only then does Node keep what it compiled: the hundred starts after it are short.
  await (await start()).stop();
  bot = await start();
  relay = await lonely.connectRelay();
});
after(async () => {
  await bot.kill();
  await lonely[Symbol.asyncDispose]();
});

function start(): Promise<RunningProcess> {
  return lonely.start(new URL('../support/kill-at-write.ts', import.meta.url).href);
}

const grantName = /g_[a-z2-7]{26}/;

/** Plays the story on a fresh issue and returns the thread as it ends, without what differs from time to time. */
async function tellStory(): Promise<string> {
  const dana = github.as('dana');
  const { number } = await dana.openIssue(accessRepository, { title: 'Ledger', body: '' });
  const thread = github.thread(accessRepository, number);
  const told = async (who: string, words: string, outcome: RegExp): Promise<void> => {
    const { id } = await github.as(who).comment(accessRepository, number, words);
    // Settled when the outcome stands there and the command carries its last reaction.
    await thread.until(
      ({ comments }) =>
        comments.some(({ body, isBot }) => isBot && outcome.test(body)) &&
        comments.some((comment) => comment.id === id && comment.reactions.length === 2),
      30_000,
    );
  };
  await told('dana', '/connect payments-db 2h\n\nThe ledger is off.', /waiting for approval/);
  await told('bea', '/approve', /may not decide/);
  await told('omar', '/approve', /is granted until/);
  const granted = await thread.until(({ comments }) =>
    comments.some(({ body }) => grantName.test(body)),
  );
  const grant = grantName.exec(JSON.stringify(granted.comments))?.[0] ?? '';
  assert.deepEqual(await paste('bea', grant), { kind: 'refused', code: 'not_grantee' });
  const claimed = await paste('dana', grant);
  assert.ok(claimed.kind === 'token' && isInLog(claimed.token), 'no token without its record');
  await relay.session(grant);
  await told('dana', '/revoke done', /was revoked/);
  const { comments, labels } = await thread.until(
    (view) =>
      view.labels.includes('access: revoked') &&
      view.comments.some(
        ({ body }) => /\| confirmed by `eu-1`/.test(body) && /`closed`/.test(body),
      ),
    30_000,
  );
  return plainly(
    JSON.stringify(
      {
        labels,
        comments: comments.map(({ author, body, reactions }) => ({ author, body, reactions })),
      },
      null,
      1,
    ),
  );
}

/** Pastes the line as a person does whose bot may die at any moment: when it has, they run it again. */
async function paste(login: string, grant: string): Promise<ClaimEnd> {
  for (;;) {
    const asked = bot;
    let hasDied = false;
    void asked.exited.then(() => (hasDied = true));
    const end = await claimGrant({ login, ...lonely.place }, grant);
    if (end.kind === 'token') return end;
    // A bot that was started in between refuses what it never heard of: that is no answer to this run.
    if (end.kind === 'refused' && !hasDied) return end;
    await within(10_000, `the bot lives, and the claim came to nothing: ${end.code}`, asked.exited);
    while (bot === asked) await risen.promise;
  }
}

/** Whether the bot's log has the token, by its hash. */
function isInLog(token: string): boolean {
  const database = new Database(lonely.folder.at('bot', 'sallyport.db'), { readonly: true });
  try {
    const hash = createHash('sha256').update(token).digest('base64url');
    const rows = database.prepare(
      `select seq from records where json_extract(body, '$.data.tokenHash') = ?`,
    );
    return rows.all(hash).length === 1;
  } finally {
    database.close();
  }
}

function plainly(text: string): string {
  return text
    .replaceAll(/g_[a-z2-7]{26}/g, 'g_')
    .replaceAll(/sha-256:[\w-]+/g, 'sha-256:')
    .replaceAll(/(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)? UTC/g, 'TIME')
    .replaceAll(/\br\d+\b/g, 'rN')
    .replaceAll(/sallyport:\d+:/g, 'sallyport:N:')
    .replaceAll(/issues\/\d+#issuecomment-\d+/g, 'issues/N#issuecomment-N');
}

/** Starts the bot again whenever it ends, until told to stop. */
function keepAlive(): { stop(): Promise<number>; failed: Promise<never> } {
  const stopping = Promise.withResolvers<false>();
  let restarts = 0;
  const kept = (async () => {
    while (await Promise.race([bot.exited.then(() => true), stopping.promise])) {
      bot = await start();
      restarts += 1;
      risen.resolve();
      risen = Promise.withResolvers();
    }
  })();
  const failed = new Promise<never>((_resolve, reject) => {
    kept.catch(reject);
  });
  return {
    failed,
    /** Resolves with the number of restarts. */
    async stop() {
      stopping.resolve(false);
      await kept;
      return restarts;
    },
  };
}
/** Resolves when the bot has been started again. */
let risen = Promise.withResolvers<void>();

/** The bot of this moment; it changes with every kill. */
export function currentBot(): RunningProcess {
  return bot;
}

/**
 * Prepares the kill at a point, and calls it off; calling it off resolves once no kill of this point can come any more.
 */
export type Arm = (point: number) => () => void | Promise<void>;

/**
 * Tells the story with the bot killed at the point `first`, then `step` points further on, until a story has no such
 * point. Resolves with the number of stories in which it was killed.
 */
export async function killAtEachPoint(
  what: string,
  arm: Arm,
  { first, step } = { first: 1, step: 1 },
): Promise<number> {
  faultless ||= await tellStory();
  for (let point = first; ; point += step) {
    const alive = keepAlive();
    const disarm = arm(point);
    let restarts = 0;
    try {
      const ended = await Promise.race([tellStory(), alive.failed]);
      assert.equal(ended, faultless, `killed ${what} ${point}`);
    } finally {
      // Also after a failure: a bot that is started again behind our back would keep this process from ending.
      await disarm();
      restarts = await alive.stop();
    }
    if (restarts === 0) return (point - first) / step;
  }
}
