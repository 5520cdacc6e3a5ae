// What the GitHub side of the bot carries: deliveries it keeps, how long people wait for a sign and for the line, what an
// ordinary request writes, what the worst comment costs, how fast a backlog is worked off, and how much memory all of it
// takes. The bot is a process of its own on the local GitHub, without the pace that github.com asks for. Beside each
// stands what bounds it: a server that keeps nothing, GitHub alone, or plain prose.
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { accessRepository, appSlug } from '../demo/seed.ts';
import { openLonelyBot, type LonelyBot } from '../e2e/lonely-bot.ts';
import type { RunningProcess } from '../support/processes.ts';
import { figure, type Figure, type Figures } from './figures.ts';
import { startForgetfulServer } from './forgetful-server.ts';
import { measureReading } from './reading.ts';

/** Deliveries that are sent as fast as they are taken, for the throughput. */
const burst = 4_000;
const senders = 32;
/** GitHub's rate of the acceptance figure, and for how long. */
const steadyPerSecond = 200;
const steadySeconds = 5;
/** Commands, and grants, that are waited for one after the other in each run. */
const waits = 20;
const backlog = 1_000;
const deliveriesForMemory = 100_000;
const sessions = 10;
/** Before a figure is measured in a run, and not counted: a bot that has just started is slower than it stays. */
const warmUpDeliveries = 2_000;
const warmUpWaits = 5;
const warmUpComments = 100;

export async function measureGitHub(runs: number): Promise<Figures> {
  await using lonely = await openLonelyBot();
  await using forgetful = await startForgetfulServer(lonely);
  await using bot = await startBot(lonely);
  const relay = await lonely.connectRelay();
  const samples: Record<string, number[]> = {};
  const keep = (name: string, value: number) => void (samples[name] ??= []).push(value);

  for (let run = 0; run < runs; run += 1) {
    for (const [who, origin] of [
      ['bot', lonely.place.origin],
      ['forgetful', forgetful.origin],
    ] as const) {
      const send = senderTo(lonely, origin);
      await measureBurst(send, warmUpDeliveries);
      await workedOff(lonely);
      keep(`${who} accept`, await measureSteady(send));
      keep(`${who} per second`, await measureBurst(send, burst));
      await workedOff(lonely);
    }
    await measureWaits(lonely, warmUpWaits);
    const { ackMs, commentMs, grantMs } = await measureWaits(lonely, waits);
    keep('ack', percentile99(ackMs));
    keep('comment', percentile99(commentMs));
    keep('grant', percentile99(grantMs));
    keep('writes', await countWrites(lonely, relay.session));
    keep('backlog', await measureBacklog(lonely, bot));
    await measureCommentsAlone(lonely, warmUpComments);
    keep('comments alone', await measureCommentsAlone(lonely, backlog));
    const { worstMs, proseMs } = measureReading();
    keep('worst comment', worstMs);
    keep('prose', proseMs);
  }
  await workedOff(lonely);
  const send = senderTo(lonely, lonely.place.origin);
  const before = residentMiB(bot.process().pid);
  await measureBurst(send, deliveriesForMemory);
  await workedOff(lonely);
  const after = residentMiB(bot.process().pid);

  const of = (name: string): readonly number[] => samples[name] ?? [];
  const figures: Record<string, Figure> = {
    deliveriesPerSecond: figure('/s', of('bot per second'), {
      keptNowhere: of('forgetful per second'),
    }),
    acceptP99Ms: figure('ms', of('bot accept'), { keptNowhere: of('forgetful accept') }),
    ackP99Ms: figure('ms', of('ack'), { commentAlone: of('comment') }),
    grantP99Ms: figure('ms', of('grant'), { commentAlone: of('comment') }),
    writesPerRequest: figure('writes', of('writes'), {}),
    adversarialCommentMs: figure('ms', of('worst comment'), { plainProse: of('prose') }),
    backlogSeconds: figure('s', of('backlog'), { commentsAlone: of('comments alone') }),
    rssMiB: figure('MiB', [after], { before: [before] }),
  };
  return figures;
}

/** The bot, which a backlog ends and starts again. */
async function startBot(lonely: LonelyBot) {
  let running = await lonely.start();
  return {
    process: (): RunningProcess => running,
    stop: () => running.stop(),
    async start() {
      running = await lonely.start();
    },
    [Symbol.asyncDispose]: async () => void (await running.stop()),
  };
}
type Bot = Awaited<ReturnType<typeof startBot>>;

type Send = () => Promise<void>;

/** Sends a signed delivery of a comment that is no command, as most are, and resolves when it was accepted. */
function senderTo({ github, place }: LonelyBot, origin: string): Send {
  const app = github.seeded.apps[appSlug];
  if (!app) throw new Error(`the local GitHub has no App called ${appSlug}`);
  const agent = new Agent({ keepAlive: true, maxSockets: senders, ca: place.caPem });
  const comment = { id: 1, node_id: 'IC_1', body: 'Looks fine to me.', user: { id: 1 } };
  const payload = JSON.stringify({ action: 'created', comment, issue: {}, sender: {} });
  const mac = createHmac('sha256', app.webhookSecret).update(payload).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    'x-github-event': 'issue_comment',
    'x-github-hook-installation-target-id': String(app.appId),
    'x-hub-signature-256': `sha256=${mac}`,
  };
  const url = `${origin}/github/webhooks`;
  return () =>
    new Promise((resolve, reject) => {
      const delivery = { ...headers, 'x-github-delivery': randomUUID() };
      const sent = request(url, { method: 'POST', agent, headers: delivery }, (answer) => {
        answer.resume();
        answer.once('end', () => {
          if (answer.statusCode === 202) resolve();
          else reject(new Error(`a delivery was answered with ${answer.statusCode}`));
        });
      });
      sent.once('error', reject);
      sent.end(payload);
    });
}

/** Resolves when everything that was delivered so far has been dealt with: it is dealt with in order. */
async function workedOff({ github }: LonelyBot): Promise<void> {
  const made = { title: 'Bench', body: '' };
  const { number } = await github.as('dana').openIssue(accessRepository, made);
  await github.as('dana').comment(accessRepository, number, '/status');
  const thread = github.thread(accessRepository, number);
  await thread.until(({ comments }) => comments.length === 2, 10 * 60_000);
}

/** As many as are taken: deliveries a second. */
async function measureBurst(send: Send, count: number): Promise<number> {
  let left = count;
  const since = performance.now();
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (; left > 0; left -= 1) await send();
    }),
  );
  return count / ((performance.now() - since) / 1_000);
}

/** At GitHub's rate, whether the one before was answered or not: the 99th percentile of the answers, in ms. */
async function measureSteady(send: Send): Promise<number> {
  const waited: Promise<number>[] = [];
  const since = performance.now();
  for (let n = 0; n < steadyPerSecond * steadySeconds; n += 1) {
    const due = since + (n * 1_000) / steadyPerSecond;
    const pause = due - performance.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    waited.push(send().then(() => performance.now() - due));
  }
  return percentile99(await Promise.all(waited));
}

/** From a comment to its 👀, and from /approve to the line; beside them a comment that nobody answers. */
async function measureWaits({ github }: LonelyBot, count: number) {
  const ackMs: number[] = [];
  const commentMs: number[] = [];
  const grantMs: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const { number } = await github
      .as('dana')
      .openIssue(accessRepository, { title: 'Bench', body: '' });
    const thread = github.thread(accessRepository, number);
    const commenting = performance.now();
    await github.as('bea').comment(accessRepository, number, 'Looks fine to me.');
    await thread.until(({ comments }) => comments.length === 1);
    commentMs.push(performance.now() - commenting);

    const asking = performance.now();
    const { id } = await github
      .as('dana')
      .comment(accessRepository, number, '/connect payments-db 1h');
    await thread.until(({ comments }) =>
      comments.some((comment) => comment.id === id && comment.reactions.length > 0),
    );
    ackMs.push(performance.now() - asking);
    await thread.until(({ comments }) => comments.some(({ body }) => body.includes('waiting for')));

    const approving = performance.now();
    await github.as('omar').comment(accessRepository, number, '/approve');
    await thread.until(({ comments }) =>
      comments.some(({ body }) => /\/g_[a-z2-7]{26}/.test(body)),
    );
    grantMs.push(performance.now() - approving);
  }
  return { ackMs, commentMs, grantMs };
}

/** Comments and edits of comments by the bot: a request from /connect to its expiry, with ten sessions in between. */
async function countWrites(
  { github }: LonelyBot,
  session: (gid: string) => Promise<void>,
): Promise<number> {
  const made = { title: 'Bench', body: '' };
  const { number } = await github.as('dana').openIssue(accessRepository, made);
  const thread = github.thread(accessRepository, number);
  await github.as('dana').comment(accessRepository, number, '/connect payments-db PT8S\n\nBench');
  await thread.until(({ comments }) => comments.some(({ body }) => body.includes('waiting for')));
  await github.as('omar').comment(accessRepository, number, '/approve');
  await thread.until(({ comments }) => comments.some(({ body }) => body.includes(':granted')));
  const [gid] = /g_[a-z2-7]{26}/.exec(JSON.stringify(thread.view())) ?? [];
  if (gid === undefined) throw new Error('the card shows no line to paste');
  for (let n = 0; n < sessions; n += 1) await session(gid);
  const { comments } = await thread.until(
    (view) =>
      view.labels.includes('access: expired') &&
      view.comments.some(({ body }) => body.split('`closed`').length > sessions),
    30_000,
  );
  const own = comments.filter(({ isBot }) => isBot);
  return own.length + own.reduce((sum, { edits }) => sum + edits.length, 0);
}

/** Commands that were given while the bot was down, until the last of them is answered: seconds from its start, cold. */
async function measureBacklog({ github }: LonelyBot, bot: Bot): Promise<number> {
  const made = { title: 'Bench', body: '' };
  const { number } = await github.as('dana').openIssue(accessRepository, made);
  await bot.stop();
  for (let n = 0; n < backlog; n += 1) {
    await github.as('dana').comment(accessRepository, number, '/why payments-db');
  }
  await github.settled();
  const since = performance.now();
  await bot.start();
  await github
    .thread(accessRepository, number)
    .until(({ comments }) => comments.length === 2 * backlog, 10 * 60_000);
  return (performance.now() - since) / 1_000;
}

/** As many comments by the API alone: what GitHub itself takes for the answers. */
async function measureCommentsAlone({ github }: LonelyBot, count: number): Promise<number> {
  const made = { title: 'Bench', body: '' };
  const { number } = await github.as('bea').openIssue(accessRepository, made);
  const since = performance.now();
  for (let n = 0; n < count; n += 1) {
    await github.as('bea').comment(accessRepository, number, 'Looks fine to me.');
  }
  return (performance.now() - since) / 1_000;
}

function percentile99(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

/** What the process holds in memory, as Linux says. */
function residentMiB(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4_096) / 2 ** 20;
}
