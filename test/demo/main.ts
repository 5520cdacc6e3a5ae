// The demo: `npm run demo` brings everything up, plays the story and stays, so that one can be any of
// the people; `npm run demo -- --once` plays it and ends with 0, or with 1 and the step that failed.
// `npm run demo -- --picture FILE.png` takes the picture in the README instead.
// An interrupt ends everything that was started and removes everything that was written.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { chromiumPath, lacksChromium } from '../support/chromium.ts';
import { invitation } from './invitation.ts';
import { takePicture } from './picture.ts';
import { createPrinter, type Printer } from './print.ts';
import { openStage, type Stage } from './stage.ts';
import { playStory } from './story.ts';

const exitCodes = { done: 0, failed: 1, usage: 64, interrupted: 130 } as const; // 130 as a shell has it for SIGINT

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, picture: { type: 'string' } },
  });
  const interrupt = listenForInterrupt();
  const interrupted = once(interrupt, 'abort').then(() => exitCodes.interrupted);
  // What an interrupt breaks off fails, which is no news: from then on the story has no voice.
  const printer = createPrinter({
    columns: process.stdout.columns,
    isTTY: process.stdout.isTTY,
    write: (text) => interrupt.aborted || process.stdout.write(text),
  });
  if (values.picture !== undefined) return Promise.race([picture(values.picture), interrupted]);
  const since = performance.now();
  printer.say('Bringing up GitHub, an identity provider, PostgreSQL, the bot and the relay …');
  await using stage = await openStage();
  printer.say(`Up after ${seconds(since)}.`);
  const code = await Promise.race([tell(printer, stage), interrupted]);
  if (code !== exitCodes.done || values.once) return code;
  printer.say(invitation(stage));
  await interrupted;
  return exitCodes.done;
}

async function picture(file: string): Promise<number> {
  if (chromiumPath === undefined) {
    process.stderr.write(`${lacksChromium}\n`);
    return exitCodes.failed;
  }
  await takePicture(file);
  return exitCodes.done;
}

async function tell(printer: Printer, stage: Stage): Promise<number> {
  printer.follow(stage.github);
  const since = performance.now();
  try {
    await playStory(stage, printer);
  } catch (error) {
    printer.say(`\n${describe(error)}`);
    return exitCodes.failed;
  }
  printer.say(`\nEvery step came out as it should, in ${seconds(since)}.`);
  return exitCodes.done;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function listenForInterrupt(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (!abort.signal.aborted) process.stdout.write('\nEnding everything …\n');
      abort.abort();
    });
  return abort.signal;
}

function fail(error: unknown): number {
  if (isUsage(error)) {
    process.stderr.write(`${error.message}\n\nnpm run demo -- [--once | --picture FILE.png]\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`\nThe demo could not go on: ${describe(error)}\n`);
  return exitCodes.failed;
}

function isUsage(error: unknown): error is Error {
  const { code = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return code.startsWith('ERR_PARSE_ARGS_');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Ends also what a story that was interrupted still waits for.
process.exit(await main().catch(fail));
