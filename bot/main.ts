// The bot's composition root: reads the settings, opens every room, wires them to each other and runs until it is told
// to stop. No decision is taken here. What cannot be opened stops the start, with a sentence for whoever operates it.

import tls from 'node:tls';
import type { Logger } from 'pino';
import { readConfig, type Config, type ConfigReading } from './config.ts';
import { openLog } from './log.ts';
import { startBot } from './start.ts';
import { StartFault } from './start-fault.ts';

/** EX_CONFIG of sysexits.h: something the operator has to mend before another start makes sense. */
const exitConfig = 78;
const exitFailed = 1;

/** Runs the bot until SIGTERM or SIGINT. Resolves with the exit code; faults of the settings go to standard error. */
export async function runBot({ version }: { version: string }): Promise<number> {
  const reading = readConfig({ version });
  if (reading.kind === 'invalid') return refuseStart(reading.faults);
  trust(reading.config);
  const log = openLog();
  const stop = stopSignal();
  try {
    const ready =
      reading.kind === 'valid' ? reading : await createApp(version, { reading, log, stop });
    if (ready.kind === 'stopped') return 0;
    if (ready.kind === 'invalid') return refuseStart(ready.faults);
    await using bot = await startBot({ config: ready.config, log, now: () => new Date() });
    log.info({ version, port: bot.port, url: ready.config.origin }, 'ready');
    const why = await stop;
    log.info({ why }, 'the bot stops');
  } catch (error) {
    return startFailed(error, log);
  }
  return 0;
}

type Reading<Kind extends ConfigReading['kind']> = Extract<ConfigReading, { kind: Kind }>;

interface Waiting {
  readonly reading: Reading<'no-app'>;
  readonly log: Logger;
  readonly stop: Promise<string>;
}

/** Waits until the App is created. The settings are read again then, as every later start will read them. */
async function createApp(
  version: string,
  { reading, log, stop }: Waiting,
): Promise<Reading<'valid'> | Reading<'invalid'> | { kind: 'stopped' }> {
  // Loaded only where it is needed, once in the life of most bots.
  const { setUp } = await import('./setup/setup.ts');
  const tell = (text: string) => void process.stderr.write(text);
  const end = await setUp({ config: reading.config, log, tell }, stop);
  if (end === 'stopped') return { kind: 'stopped' };
  const again = readConfig({ version });
  if (again.kind !== 'no-app') return again;
  return { kind: 'invalid', faults: ["The App's credentials were taken away again."] };
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** A private authority counts beside the public ones, for every connection this process makes. */
function trust({ caPem }: Pick<Config, 'caPem'>): void {
  if (caPem !== undefined)
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), caPem]);
}

function startFailed(error: unknown, log: Logger): number {
  if (error instanceof StartFault) return refuseStart(error.faults);
  log.fatal({ err: error }, 'the bot could not go on');
  return exitFailed;
}

function refuseStart(faults: readonly string[]): number {
  const list = faults.map((fault) => `  ${fault}\n`).join('');
  process.stderr.write(`The bot cannot start. Mend this and start it again:\n${list}`);
  return exitConfig;
}
