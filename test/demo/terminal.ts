// A person's terminal: a shell in an empty folder, into which a line is pasted as it stands, with a
// browser that this person sits at; and the database client they use at the local port.
import { mkdir } from 'node:fs/promises';
import { Client, type QueryResultRow } from 'pg';
import { writeBrowserProgram } from '../support/browser-program.ts';
import type { TemporaryFolder } from '../support/folders.ts';
import { startProcess, type Exit } from '../support/processes.ts';
import { within } from '../support/within.ts';

export interface Pasted extends AsyncDisposable {
  /** What stands on the screen so far. */
  screen(): string;
  /** The words of the pages this person's browser was shown. */
  pages(): Promise<string[]>;
  /** The first line that matches, once it is printed. */
  says(words: RegExp): Promise<string>;
  /** The local address, once the client prints it. */
  address(): Promise<LocalAddress>;
  /** Its end, of its own accord and soon. */
  ended(): Promise<Exit>;
}

export interface LocalAddress {
  readonly host: string;
  readonly port: number;
}

export interface Desk {
  readonly folder: TemporaryFolder;
  readonly caFile: string;
  readonly login: string;
  /** Different for each time this person pastes something. */
  readonly run: string;
}

/** Pastes the line into a shell. Resolves when it runs. */
export async function paste(line: string, { folder, caFile, login, run }: Desk): Promise<Pasted> {
  const cwd = folder.at(`desk-${run}`);
  await mkdir(cwd);
  const browser = await writeBrowserProgram(folder, { login }, caFile);
  const shell = await startProcess({
    name: `${login}'s line`,
    command: 'sh',
    args: ['-c', line],
    cwd,
    env: { BROWSER: browser.path, HOME: cwd },
    stopSignal: 'SIGINT',
  });
  return {
    screen: () => shell.output(),
    pages: browser.pages,
    says: (words) => shell.line((text) => (words.test(text) ? text : undefined)),
    address: () =>
      shell.line((text) => {
        const [, host, port] = /^address\s+(\S+):(\d+)$/.exec(text) ?? [];
        return host && port ? { host, port: Number(port) } : undefined;
      }),
    ended: () => within(`the end of ${login}'s line`, shell.exited),
    [Symbol.asyncDispose]: async () => void (await shell.stop()),
  };
}

export interface OpenDatabase extends AsyncDisposable {
  select<T extends QueryResultRow>(sql: string): Promise<T[]>;
  /** When the connection was cut from the other side, in milliseconds of `performance.now()`; waits so long for it. */
  cut(withinMs: number): Promise<number>;
}

/** Connects the `pg` package, as a database tool would, to the local address. */
export async function openDatabase(
  address: LocalAddress,
  account: { user: string; password: string; database: string },
): Promise<OpenDatabase> {
  const client = new Client({ ...address, ...account });
  const { promise: cut, resolve } = Promise.withResolvers<number>();
  client.on('error', () => resolve(performance.now()));
  client.on('end', () => resolve(performance.now()));
  await client.connect();
  return {
    select: async <T extends QueryResultRow>(sql: string) => (await client.query<T>(sql)).rows,
    cut: (withinMs) => within('the cut of the connection', cut, withinMs),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
