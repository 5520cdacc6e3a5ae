// How long people wait in the story: from an owner's /approve to the line on the card, and from /revoke
// to the dead connection. The peers bound it from below: GitHub alone, without any bot, and the fastest
// way there is to cut a connection, a plain proxy that is killed. Measured from outside, on GitHub and at
// the database client, over the whole stage of the demo.
import { fileURLToPath } from 'node:url';
import { startProcess } from '../support/processes.ts';
import { approve, openSession, requestAccess } from '../demo/actions.ts';
import { bea, dana, omar } from '../demo/cast.ts';
import { withoutLimits } from '../demo/programs.ts';
import { openStage, type Stage } from '../demo/stage.ts';
import { openDatabase } from '../demo/terminal.ts';
import { figure, type Figures } from './figures.ts';

/** Plays the story's two waits so many times, each beside its peer. */
export async function measureStory(runs: number): Promise<Figures> {
  await using stage = await openStage({ botSettings: withoutLimits });
  const issue = await stage.github.openIssue(dana.login, { title: 'Bench', body: '' });
  const samples = {
    line: [] as number[],
    comment: [] as number[],
    cut: [] as number[],
    proxy: [] as number[],
  };
  for (let run = 0; run < runs; run += 1) {
    samples.comment.push(await timeComment(stage, issue.number));
    const { lineMs, cutMs } = await timeGrant(stage, issue.number, run);
    samples.line.push(lineMs);
    samples.cut.push(cutMs);
    samples.proxy.push(await timeKilledProxy(stage));
  }
  return {
    approveToLineMs: figure('ms', samples.line, { commentAlone: samples.comment }),
    revokeToCutMs: figure('ms', samples.cut, { killedProxy: samples.proxy }),
  };
}

async function timeGrant(stage: Stage, issue: number, run: number) {
  const asked = await requestAccess(stage.github, issue, '/connect payments-db 1h\n\nBench');
  const approving = performance.now();
  const line = await approve(stage.github, asked);
  const lineMs = performance.now() - approving;
  const grant = line.slice(line.lastIndexOf('/') + 1);
  await using session = await openSession(stage, line, `bench-${run}`);
  await session.database.select('select 1');
  const revoking = performance.now();
  await stage.github.comment(omar.login, issue, `/revoke ${grant} measured`);
  const cutMs = (await session.database.cut(10_000)) - revoking;
  return { lineMs, cutMs };
}

async function timeComment({ github }: Stage, issue: number): Promise<number> {
  const since = performance.now();
  const id = await github.comment(bea.login, issue, 'Looks fine to me.');
  await github.until(issue, ({ comments }) => comments.find((comment) => comment.id === id));
  return performance.now() - since;
}

async function timeKilledProxy({ postgres }: Stage): Promise<number> {
  const main = fileURLToPath(new URL('proxy-main.ts', import.meta.url));
  await using proxy = await startProcess({
    name: 'a plain proxy',
    command: process.execPath,
    args: [main, postgres.host, String(postgres.port)],
  });
  const port = await proxy.line((text) => (/^\d+$/.test(text) ? Number(text) : undefined));
  const account = { ...postgres.reader, database: postgres.database };
  await using database = await openDatabase({ host: '127.0.0.1', port }, account);
  await database.select('select 1');
  const since = performance.now();
  void proxy.kill();
  return (await database.cut(10_000)) - since;
}
