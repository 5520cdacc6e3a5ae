// The demo: `npm run demo` brings everything up, plays the story and stays, so that one can be any of
// the people; `npm run demo -- --once` plays it and ends with 0, or with 1 and the step that failed.
// An interrupt ends everything that was started and removes everything that was written.
import { parseArgs } from 'node:util';
import { cast } from './cast.ts';
import { createPrinter, type Printer } from './print.ts';
import { openStage, type Stage } from './stage.ts';
import { playStory } from './story.ts';

const exitCodes = { done: 0, failed: 1, interrupted: 130 } as const; // 130 as a shell has it for SIGINT

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  const printer = createPrinter(process.stdout);
  const interrupted = untilInterrupted();
  const since = performance.now();
  printer.say('Bringing up GitHub, an identity provider, PostgreSQL, the bot and the relay …');
  await using stage = await openStage();
  printer.say(`Up after ${seconds(since)}.`);
  const told = tell(printer, stage);
  const code = await Promise.race([told, interrupted.then(() => exitCodes.interrupted)]);
  if (code !== exitCodes.done || values.once) return code;
  invite(printer, stage);
  await interrupted;
  printer.say('\nEnding everything …');
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
  printer.say(`\nThe story took ${seconds(since)}.`);
  return exitCodes.done;
}

function invite({ say }: Printer, { github, postgres, logs }: Stage): void {
  const { reader, database } = postgres;
  say('\nNow you. Everything stays up until you press Ctrl-C.\n');
  say(`  GitHub      ${github.url}`);
  say('              Its certificate is by the demo’s own authority: let your browser go on.');
  say('  Be anybody  Choose at the top of the page who you are; the sign-in page asks again.\n');
  for (const { login, part } of cast) say(`              ${login.padEnd(6)}${part}`);
  say('\n  Try         Open an issue in acme/access and comment: /connect payments-db 1h');
  say('              Approve as omar, paste the line from the card into a terminal, and then:\n');
  say(
    `  psql        PGUSER=${reader.user} PGPASSWORD=${reader.password} PGDATABASE=${database} \\`,
  );
  say('                psql "host=127.0.0.1 port=…"    (as the client prints it)');
  say('              select * from payments;\n');
  say(`  Logs        ${logs}`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(name, () => resolve());
  });
}

function fail(error: unknown): number {
  process.stderr.write(`\nThe demo could not go on: ${describe(error)}\n`);
  return exitCodes.failed;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Ends also what a story that was interrupted still waits for.
process.exit(await main().catch(fail));
