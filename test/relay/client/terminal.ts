// Runs the real program in a process of its own, with a browser that follows links as one does: a few lines of Node,
// called through $BROWSER with the URL as its only argument.

import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rememberHost } from '../../../relay/client/hosts.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';
import { authority, grantId } from './scripted.ts';
import type { ScriptedHost } from './scripted-host.ts';
import { seen, soon } from './soon.ts';

export const program = fileURLToPath(new URL('../../../relay/client/main.ts', import.meta.url));

export interface Terminal {
  readonly folder: TemporaryFolder;
  /** `connect <host>/<grant>` with these options after it. */
  run(options?: readonly string[]): Run;
  readonly environment: Record<string, string>;
}

export interface Run {
  readonly child: ChildProcess;
  readonly out: string;
  readonly err: string;
  /** Resolves when standard error contains this. */
  untilErr(pattern: RegExp): Promise<RegExpExecArray>;
  /** The next --json event of this name. */
  untilEvent(name: string): Promise<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
}

/** What runs it: Node on the source, or on the packed file. */
export interface Executable {
  readonly node: string;
  readonly file: string;
}

export async function openTerminal(
  t: TestContext,
  host: ScriptedHost,
  settings: { trusted?: boolean; executable?: Executable } = {},
): Promise<Terminal> {
  const { caPem } = await authority;
  const folder = await createTemporaryFolder('client');
  t.after(() => folder.remove());
  await writeFile(folder.at('ca.pem'), caPem);
  // The ending says which kind of module it is, whatever package.json stands in a folder above.
  await writeFile(folder.at('browser.mjs'), browserScript, { mode: 0o755 });
  const trusted = settings.trusted ?? true;
  if (trusted) await rememberHost(folder.at('hosts.json'), host.origin, { ca: caPem });
  const environment = {
    PATH: process.env['PATH'] ?? '',
    SALLYPORT_CONFIG_DIR: folder.path,
    SALLYPORT_CA: folder.at('ca.pem'),
    BROWSER: folder.at('browser.mjs'),
  };
  const { node, file } = settings.executable ?? { node: process.execPath, file: program };
  return {
    folder,
    environment,
    run(options = []) {
      const line = `${new URL(host.origin).host}/${grantId}`;
      const child = spawn(node, [file, 'connect', line, ...options], {
        cwd: '/',
        env: environment,
      });
      t.after(() => child.kill('SIGKILL'));
      return watch(child);
    },
  };
}

function watch(child: ChildProcess): Run {
  const texts = { out: '', err: '' };
  const heard = new EventEmitter();
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.out += chunk.toString();
    heard.emit('change');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.err += chunk.toString();
    heard.emit('change');
  });
  const ended = soon(child, 'close').then(([status]) => {
    heard.emit('change');
    return status as number | null;
  });
  function until<T>(look: () => T | undefined, what: string): Promise<T> {
    return seen(what, heard, () => {
      const found = look();
      if (found === undefined && child.exitCode !== null)
        throw new Error(`ended without ${what}:\n${texts.out}\n${texts.err}`);
      return found;
    });
  }
  return {
    child,
    get out() {
      return texts.out;
    },
    get err() {
      return texts.err;
    },
    untilErr: (pattern) => until(() => pattern.exec(texts.err) ?? undefined, String(pattern)),
    untilEvent: (name) =>
      until(() => eventsIn(texts.out).find((event) => event['event'] === name), name),
    ended,
  };
}

/** The whole lines of --json so far. */
export function eventsIn(text: string): Record<string, unknown>[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const browserScript = `#!${process.execPath}
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

if (process.argv.length !== 3) process.exit(1);
const ca = readFileSync(process.env.SALLYPORT_CA);
function open(url) {
  const { get } = url.startsWith('https:') ? https : http;
  get(url, { ca }, (answer) => {
    answer.resume();
    if (answer.headers.location) open(new URL(answer.headers.location, url).href);
  });
}
open(process.argv[2]);
`;
