// The enemy here is the power switch. A story of one issue (ask, a refused approval, an approval, a session, a revocation
// that the relay confirms) is told again and again, and each time the bot is killed with SIGKILL at another point where it writes: after each commit to
// its database, and before and after each of its writes to GitHub. Each time it is started again, and each time the
// thread has to end as it does when nobody kills anything.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { makeBotKeys, makeRelayKey, type Environment } from '../demo/programs.ts';
import { settingsFor } from '../demo/environment.ts';
import { prepareGround } from '../demo/ground.ts';
import { accessRepository, home, makeSeed } from '../demo/seed.ts';
import { startLocalGitHub, type LocalGitHub } from '../github/server.ts';
import { startControlRelay, type ControlRelay } from './control-relay.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/folders.ts';
import { startProcess, type RunningProcess } from '../support/processes.ts';

let folder: TemporaryFolder;
/** The local GitHub, once the tests run. */
export let github: LocalGitHub;
let env: Environment;
let bot: RunningProcess;
let faultless = '';
let relay: ControlRelay;

before(async () => {
  folder = await createTemporaryFolder('crash');
  const ground = await prepareGround(folder);
  github = await startLocalGitHub({
    seed: await makeSeed({
      webhookUrl: `${ground.urls.bot}/github/webhooks`,
      callbackUrl: `${ground.urls.bot}/cb`,
    }),
    tls: await ground.authority.issue(['localhost']),
    ca: ground.authority.caPem,
    // A hundred stories are more than GitHub's hour allows; its limits are proved elsewhere.
    requestsPerHour: 1_000_000,
  });
  const controlKey = await makeBotKeys(folder.at('bot'));
  const relayKey = await makeRelayKey(folder.at('relay'));
  const connect = 'npx sallyport@0.1.0 connect';
  env = {
    ...(await settingsFor(ground, {
      github,
      controlKey,
      relayKey,
      connect,
      database: '127.0.0.1:1',
    })),
    SALLYPORT_CONFIG: `${home}templates/bot.yml`,
    // The bot starts a hundred times here; what it compiles is the same each time.
    NODE_COMPILE_CACHE: folder.at('compiled'),
  };
  // Ends as it should once, since only then does Node keep what it compiled: the hundred starts after it are short.
  await (await start()).stop();
  bot = await start();
  relay = await startControlRelay({
    dataFolder: folder.at('relay'),
    url: ground.urls.relay,
    bot: { url: ground.urls.bot, controlKey, caPem: ground.authority.caPem },
  });
});
after(async () => {
  await relay[Symbol.asyncDispose]();
  await bot.kill();
  await github.close();
  await folder[Symbol.asyncDispose]();
});

async function start(): Promise<RunningProcess> {
  const preload = new URL('../support/kill-at-write.ts', import.meta.url).href;
  const args = ['--import', preload, `${home}bot/cli/sallyportd.ts`, 'bot'];
  const running = await startProcess({ name: 'the bot', command: process.execPath, args, env });
  await running.line((text) => (text.includes('"msg":"ready"') ? text : undefined));
  return running;
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
  await relay.session(grantName.exec(JSON.stringify(granted.comments))?.[0] ?? '');
  await thread.until(({ comments }) => comments.some(({ body }) => /`closed`/.test(body)), 30_000);
  await told('dana', '/revoke done', /was revoked/);
  const { comments, labels } = await thread.until(
    (view) =>
      view.labels.includes('access: revoked') &&
      view.comments.some(({ body }) => /\| confirmed by `eu-1`/.test(body)),
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

function plainly(text: string): string {
  return text
    .replaceAll(/g_[a-z2-7]{26}/g, 'g_')
    .replaceAll(/sha-256:[\w-]+/g, 'sha-256:')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC/g, 'TIME')
    .replaceAll(/\br\d+\b/g, 'rN')
    .replaceAll(/sallyport:\d+:/g, 'sallyport:N:')
    .replaceAll(/issues\/\d+#issuecomment-\d+/g, 'issues/N#issuecomment-N');
}

/** Starts the bot again whenever it ends, until told to stop. Returns how often that was. */
function keepAlive(): { stop(): Promise<number>; failed: Promise<never> } {
  let stopped = false;
  let restarts = 0;
  const kept = (async () => {
    while (!stopped) {
      const ended = await Promise.race([bot.exited.then(() => true), stopping]);
      if (!ended) return;
      bot = await start();
      restarts += 1;
    }
  })();
  const failed = new Promise<never>((_resolve, reject) => {
    kept.catch(reject);
  });
  return {
    failed,
    async stop() {
      stopped = true;
      release(false);
      await kept;
      ({ promise: stopping, resolve: release } = Promise.withResolvers<boolean>());
      return restarts;
    },
  };
}
let { promise: stopping, resolve: release } = Promise.withResolvers<boolean>();

/** The bot of this moment; it changes with every kill. */
export function currentBot(): RunningProcess {
  return bot;
}

/**
 * Tells the story with the bot killed at its first point, then at its second, until a story has no such point. `arm`
 * prepares the kill at a point and returns how to call it off. Resolves with the number of points.
 */
export async function killAtEachPoint(
  what: string,
  arm: (point: number) => () => void,
): Promise<number> {
  faultless ||= await tellStory();
  for (let point = 1; ; point += 1) {
    const alive = keepAlive();
    const disarm = arm(point);
    const ended = await Promise.race([tellStory(), alive.failed]);
    disarm();
    const restarts = await alive.stop();
    assert.equal(ended, faultless, `killed ${what} ${point}`);
    if (restarts === 0) return point - 1;
  }
}
