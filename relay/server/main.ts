// The relay as a program: settings, key, start, and a clean end on SIGTERM. `sallyportd relay` runs it and ends the
// process with the code it resolves with.

import { foreignFaults } from '../data-folder.ts';
import { listenFault } from '../listen-fault.ts';
import { readRelayConfig } from './config.ts';
import { readRelayKey } from './key.ts';
import { SpoolError } from './ledger.ts';
import { LockError } from './lock.ts';
import { openLog } from './log.ts';
import { MemoryError } from './memory.ts';
import { startRelay, type Relay } from './relay.ts';

export interface RunOptions {
  /** `relay.yml` of the working directory when left out. */
  readonly configPath?: string;
  readonly version: string;
  /** Where faults of the operator's are told. */
  err(text: string): void;
}

/** Runs until SIGTERM or SIGINT and resolves with the exit code. A second signal does not wait for the clients. */
export async function runRelay(options: RunOptions): Promise<number> {
  const { version, err } = options;
  const reading = readRelayConfig(options.configPath);
  if (reading.kind === 'invalid') return refuseStart(reading.faults, err);
  const { config } = reading;
  // A key that this user cannot read would look like none.
  const foreign = foreignFaults(config.dataFolder);
  if (foreign.length > 0) return refuseStart(foreign, err);
  const key = await readRelayKey(config.dataFolder);
  if (key.kind !== 'read') {
    return refuseStart([key.kind === 'unfit' ? key.fault : missingKey(config.dataFolder)], err);
  }
  const log = openLog(config.name);
  const stopped = signals();
  try {
    const relay = await startRelay(config, { key: key.key, log, version });
    await stopOn(stopped, relay);
    log.info({}, 'stopped');
    return exits.done;
  } catch (error) {
    const fault = faultOf(error, config.listen);
    if (fault === undefined) throw error;
    return refuseStart([fault], err);
  }
}

/** sysexits.h. */
const exits = { done: 0, config: 78 } as const;

/** Said as the bot says it: nothing runs, and this is all that has to be mended. */
function refuseStart(faults: readonly string[], err: RunOptions['err']): number {
  const list = faults.map((fault) => `\n  ${fault}`).join('');
  err(`The relay cannot start. Mend this and start it again:${list}`);
  return exits.config;
}

interface Signals {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
}

function signals(): Signals {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let count = 0;
  const note = (): void => {
    count += 1;
    (count === 1 ? first : second).resolve();
  };
  process.on('SIGTERM', note);
  process.on('SIGINT', note);
  return { first: first.promise, second: second.promise };
}

async function stopOn({ first, second }: Signals, relay: Relay): Promise<void> {
  await first;
  await Promise.race([relay.drain(), second.then(() => relay.close())]);
}

function missingKey(dataFolder: string): string {
  return `There is no key in ${dataFolder}. Run \`sallyportd relay init --data ${dataFolder}\`, and give the bot what it prints.`;
}

function faultOf(
  error: unknown,
  { host, port }: { host: string; port: number },
): string | undefined {
  if (error instanceof LockError || error instanceof MemoryError || error instanceof SpoolError) {
    return error.message;
  }
  const refused = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (refused.syscall !== 'listen') return undefined;
  // The error knows which of the two addresses it is about, unless the name was not found.
  const where = { host: refused.address ?? host, port: refused.port ?? port };
  return listenFault(error, { ...where, setting: where.port === port ? 'listen' : 'metrics' });
}
