// The bot's composition root: reads the settings, opens every room, wires them to each other and runs until it is told
// to stop. No decision is taken here. What cannot be opened stops the start, with a sentence for whoever operates it.

import tls from 'node:tls';
import type { Logger } from 'pino';
import { readConfig, type Config } from './config.ts';
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
  const { config } = reading;
  trust(config);
  const log = openLog();
  const stop = stopSignal();
  try {
    await using bot = await startBot({ config, log, now: () => new Date() });
    log.info({ version, port: bot.port, url: config.origin }, 'ready');
    const why = await stop;
    log.info({ why }, 'the bot stops');
  } catch (error) {
    return startFailed(error, log);
  }
  return 0;
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** A private authority counts beside the public ones, for every connection this process makes. */
function trust({ caPem }: Config): void {
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
