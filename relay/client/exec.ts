// Runs the command of --exec with the local address in its environment. Promises that it is run as written, without
// a shell, with the terminal to itself, and that its end becomes ours: its status, or 128 + n for signal n.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename, dirname } from 'node:path';
import { Failure } from './failure.ts';
import type { LocalAddress } from './listener.ts';

export interface Command {
  readonly line: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs until the command has ended; answers the status to exit with. Throws a Failure when it cannot start. */
export async function runCommand(command: Command): Promise<number> {
  const [program, ...args] = command.line;
  const child = spawn(program, args, { stdio: 'inherit', env: command.environment });
  const stop = forwardSignals((signal) => child.kill(signal));
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (error) => reject(cannotStart(program, error)));
      child.on('exit', (status, signal) =>
        resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]),
      );
    });
  } finally {
    stop();
  }
}

/**
 * A terminal sends Ctrl-C and Ctrl-\ to the command as well as to us; passing them on would deliver them twice, which
 * some programs take for "now, at once". Without a terminal only we hear of them. In both cases we outlive them:
 * the command decides what they mean, and its end is ours.
 */
function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  const both = ['SIGINT', 'SIGQUIT'] as const;
  const onlyOurs = ['SIGTERM', 'SIGHUP'] as const;
  const ignore = (): void => {};
  const keyboard = process.stdin.isTTY ? ignore : send;
  for (const signal of both) process.on(signal, keyboard);
  for (const signal of onlyOurs) process.on(signal, send);
  return () => {
    for (const signal of both) process.off(signal, keyboard);
    for (const signal of onlyOurs) process.off(signal, send);
  };
}

function cannotStart(program: string, error: NodeJS.ErrnoException): Failure {
  // A name that is looked for along PATH gives EACCES as soon as one folder on it may not be entered.
  const missing = error.code === 'ENOENT' || !program.includes('/');
  return new Failure(missing ? 'command_not_found' : 'command_not_runnable', {
    exit: missing ? 'notFound' : 'notRunnable',
    message: missing
      ? `The command ${program} was not found.`
      : `The command ${program} cannot be run (${error.code}).`,
    next: 'Check the words after --exec; they are run without a shell.',
    cause: error,
  });
}

/**
 * What the command finds in its environment: always SALLYPORT_HOST and SALLYPORT_PORT (or SALLYPORT_SOCKET), and the
 * names that the protocol's own tools read. `protocol` is from the network and only chooses among these.
 */
export function variablesFor(protocol: string, address: LocalAddress): Record<string, string> {
  if (address.kind === 'socket') return socketVariables(protocol, address.path);
  const host = address.host;
  const port = String(address.port);
  const own = { SALLYPORT_HOST: host, SALLYPORT_PORT: port };
  // libpq prefers PGHOSTADDR: one left in the person's environment would send the command to another database.
  if (protocol === 'postgres') return { ...own, PGHOST: host, PGHOSTADDR: host, PGPORT: port };
  if (protocol === 'mysql') return { ...own, MYSQL_HOST: host, MYSQL_TCP_PORT: port };
  if (protocol === 'redis') return { ...own, REDIS_HOST: host, REDIS_PORT: port };
  return own;
}

/** libpq finds a socket by its folder and a number in its name, `.s.PGSQL.5432`; any other name it cannot use. */
function socketVariables(protocol: string, path: string): Record<string, string> {
  const own = { SALLYPORT_SOCKET: path };
  const number = /^\.s\.PGSQL\.(\d{1,5})$/.exec(basename(path))?.[1];
  if (protocol === 'postgres' && number !== undefined) {
    return { ...own, PGHOST: dirname(path), PGHOSTADDR: '', PGPORT: number };
  }
  return protocol === 'mysql' ? { ...own, MYSQL_UNIX_PORT: path } : own;
}
