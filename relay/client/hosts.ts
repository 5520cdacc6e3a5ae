// The hosts this person trusts. Whoever can edit the issue can edit the line that is pasted, so a host is dialled
// only when it was written down before (by the organisation or by an earlier yes) or when the person types its
// name now. Promises that no silent path leads from an unknown name to a connection.

import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Failure } from './failure.ts';

/** What is remembered of a host. With `ca` (PEM) only that authority may vouch for it, and no public one. */
export interface TrustedHost {
  readonly ca?: string;
}

/** The content of hosts.json: HTTPS origins, such as `https://sallyport.acme.dev`, and what is known of them. */
interface HostsFile {
  readonly version: 1;
  readonly hosts: Readonly<Record<string, TrustedHost>>;
}

/** Asks the person one line; absent where there is no terminal to ask at. */
export type Ask = (question: string) => Promise<string>;

export type Trust =
  | { readonly kind: 'known'; readonly host: TrustedHost }
  /** Confirmed just now: to be remembered once the host has proven to be what it says. */
  | { readonly kind: 'confirmed' };

/** Whether this origin may be dialled. Throws a Failure when it may not. */
export async function trustHost(file: string, origin: string, ask?: Ask): Promise<Trust> {
  const known = (await readHosts(file)).get(origin);
  if (known !== undefined) return { kind: 'known', host: known };
  const name = new URL(origin).host;
  if (ask === undefined) {
    throw new Failure('unknown_host', {
      exit: 'refused',
      message: `${name} is not among your trusted hosts, and there is no terminal to ask at.`,
      next: `Run the line once in a terminal, or have ${origin} written into ${file}.`,
    });
  }
  const answer = await ask(
    `${name} is new to this machine.\n` +
      'Anybody who can edit the issue can edit the line you pasted, so check the name against\n' +
      "your organisation's own instructions, then type it to trust it: ",
  );
  if (answer.trim() === name) return { kind: 'confirmed' };
  throw new Failure('host_not_confirmed', {
    exit: 'refused',
    message: `${name} was not confirmed, so nothing was sent to it.`,
    next: 'If the name is right, run the line again and type it exactly.',
  });
}

/** Adds or replaces one host. The file appears whole or not at all, readable by its owner only. */
export async function rememberHost(file: string, origin: string, host: TrustedHost): Promise<void> {
  const hosts = Object.fromEntries([...(await readHosts(file)), [origin, host]]);
  const content: HostsFile = { version: 1, hosts };
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, {
      flag: 'wx',
      mode: 0o600,
      flush: true,
    });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw unbelievable(file, `cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Every trusted host by origin; none when the file does not exist. Throws a Failure for a file it cannot believe. */
export async function readHosts(file: string): Promise<ReadonlyMap<string, TrustedHost>> {
  let text: string;
  try {
    await refuseWhenOthersWrite(file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    if (error instanceof Failure) throw error;
    throw unbelievable(file, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parseHosts(file, text);
}

/** A file that others may write is a list of hosts that others chose. Windows keeps such rights elsewhere. */
async function refuseWhenOthersWrite(file: string): Promise<void> {
  const { mode, uid } = await stat(file);
  if (process.getuid === undefined) return;
  if ((mode & 0o022) !== 0) throw unbelievable(file, 'can be written by others; run: chmod 600');
  if (uid !== process.getuid() && uid !== 0) throw unbelievable(file, 'belongs to somebody else');
}

function parseHosts(file: string, text: string): ReadonlyMap<string, TrustedHost> {
  const content = parseJson(text);
  if (!isRecord(content) || content['version'] !== 1 || !isRecord(content['hosts'])) {
    throw unbelievable(file, 'is not { "version": 1, "hosts": { … } }');
  }
  const hosts = new Map<string, TrustedHost>();
  for (const [origin, entry] of Object.entries(content['hosts'])) {
    if (!isHttpsOrigin(origin)) throw unbelievable(file, `names "${origin}", not an HTTPS origin`);
    const ca = isRecord(entry) ? entry['ca'] : null;
    if (ca !== undefined && (typeof ca !== 'string' || !ca.includes('BEGIN CERTIFICATE'))) {
      throw unbelievable(file, `holds something other than a PEM certificate in "ca" of ${origin}`);
    }
    hosts.set(origin, ca === undefined ? {} : { ca });
  }
  return hosts;
}

function isHttpsOrigin(text: string): boolean {
  return text.startsWith('https://') && URL.canParse(text) && new URL(text).origin === text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unbelievable(file: string, what: string): Failure {
  return new Failure('hosts_file', {
    exit: 'config',
    message: `The list of trusted hosts, ${file}, ${what}.`,
    next: 'Mend the file, or move it away to start an empty list.',
  });
}
