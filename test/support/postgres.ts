// A real PostgreSQL with a database `payments`, started from the binaries that npm installs, in a
// temporary folder of its own. PostgreSQL refuses to run as root, so there it runs as `nobody`, from a
// copy of its binaries (node_modules may lie where nobody cannot read); no account is made.
// Passwords are checked (SCRAM) and connections are logged, so that a test can prove that none came.
// Nothing is fsynced: the data is worth nothing.
import { randomBytes } from 'node:crypto';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { Client } from 'pg';
import { createTemporaryFolder, type TemporaryFolder } from './folders.ts';
import { reservePort } from './ports.ts';
import { copyBinaries } from './postgres-binaries.ts';
import { startProcess, type Program, type RunningProcess } from './processes.ts';

export interface Postgres extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly database: 'payments';
  /** May read the table `payments`, and nothing else. */
  readonly reader: { readonly user: string; readonly password: string };
  /** How many connections have reached it, whether let in or not, apart from those of this module. */
  connectionsSeen(): Promise<number>;
  close(): Promise<void>;
}

/** Starts one; about a second. Its folder and process are gone after `close`, or when a step fails. */
export async function startPostgres(): Promise<Postgres> {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await createTemporaryFolder('postgres'));
  const secrets = { admin: newPassword(), reader: newPassword() };
  const as = await whoRunsIt();
  await copyBinaries(folder);
  await writeFile(folder.at('password'), secrets.admin, { mode: 0o600 });
  if (as) await giveTo(as, folder);
  await initialise(folder, as);
  // Last, since nobody holds it until the server does.
  const port = await reservePort();
  const server = owned.use(await startServer(folder, port, as));
  await server.line((text) => text.includes('ready to accept connections') || undefined);
  const admin = createAdmin(port, secrets.admin);
  await fill(admin, secrets.reader);
  const kept = owned.move();

  async function connectionsSeen(): Promise<number> {
    // Our own connection comes last, and when its line is there so are those of all before it.
    const fence = `fence-${randomBytes(6).toString('hex')}`;
    await admin.run(['select 1'], { applicationName: fence });
    await server.line((text) => text.includes(fence) || undefined);
    const all = server.output('stderr').match(/connection received: /g)?.length ?? 0;
    return all - admin.connections();
  }

  return {
    host: '127.0.0.1',
    port,
    database: 'payments',
    reader: { user: 'reader', password: secrets.reader },
    connectionsSeen,
    close: () => kept.disposeAsync(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

async function whoRunsIt(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(accounts) ?? [];
  if (!uid || !gid) throw new Error('PostgreSQL does not run as root, and there is no user nobody');
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
}

// The folder is enough for the copy to be read; the password file has to be theirs.
async function giveTo({ uid, gid }: Account, folder: TemporaryFolder): Promise<void> {
  for (const path of [folder.path, folder.at('password')]) await chown(path, uid, gid);
}

async function initialise(folder: TemporaryFolder, as: Account | undefined): Promise<void> {
  const { path } = folder;
  const words = `-D data -U postgres --pwfile=password --auth=scram-sha-256 --locale=C --encoding=UTF8`;
  await using initdb = await startProcess({
    ...program('initdb', folder, as),
    args: [...words.split(' '), '--no-sync', '--no-instructions'],
  });
  const { code } = await initdb.exited;
  if (code === 0) return;
  throw new Error(
    `PostgreSQL could not be set up in ${path} (TMPDIR has to be a folder that every user may enter):\n${initdb.output()}`,
  );
}

function startServer(
  folder: TemporaryFolder,
  port: number,
  as: Account | undefined,
): Promise<RunningProcess> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    log_connections: 'on',
  };
  return startProcess({
    ...program('postgres', folder, as),
    args: [
      '-D',
      'data',
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    stopSignal: 'SIGINT', // to PostgreSQL: cut every connection and shut down
  });
}

function program(name: string, folder: TemporaryFolder, as: Account | undefined): Program {
  return { name, command: folder.at('bin', name), cwd: folder.path, ...as };
}

interface Admin {
  run(
    statements: readonly string[],
    where?: { database?: string; applicationName?: string },
  ): Promise<void>;
  connections(): number;
}

function createAdmin(port: number, password: string): Admin {
  let connections = 0;
  return {
    connections: () => connections,
    async run(statements, { database = 'payments', applicationName = 'set-up' } = {}) {
      const client = new Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        password,
        database,
        application_name: applicationName,
      });
      connections += 1;
      await client.connect();
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        await client.end();
      }
    },
  };
}

async function fill(admin: Admin, readerPassword: string): Promise<void> {
  await admin.run(['create database payments'], { database: 'postgres' });
  await admin.run([
    `create table payments (
       id bigint primary key generated always as identity,
       reference text not null unique,
       amount_cents bigint not null check (amount_cents > 0),
       currency char(3) not null,
       status text not null check (status in ('settled', 'pending', 'failed')))`,
    `insert into payments (reference, amount_cents, currency, status) values
       ('INV-2041', 129900, 'EUR', 'settled'),
       ('INV-2042', 4550, 'EUR', 'settled'),
       ('INV-2043', 78000, 'USD', 'failed'),
       ('INV-2044', 219900, 'EUR', 'pending')`,
    `create role reader login password '${readerPassword}'`,
    `grant select on payments to reader`,
  ]);
}

// Letters and digits only: it is also pasted into a shell.
function newPassword(): string {
  return randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x');
}
