// The developer's client as developers get it: packed, unpacked into a folder, and run by the line that
// the card shows. What an organisation rolls out besides, the list of trusted hosts, is in place.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../support/browser-program.ts';
import type { TemporaryFolder } from '../support/folders.ts';
import { startProcess } from '../support/processes.ts';
import { home } from './seed.ts';

/** Packs the client, unpacks it and gives the path of a program that runs it, as npm would link one. */
export async function unpackClient(folder: TemporaryFolder): Promise<string> {
  const into = folder.at('client');
  await mkdir(into);
  const pack = {
    name: 'npm run pack',
    command: process.execPath,
    args: [`${home}relay/client/pack.ts`, '--out', into],
    // npm keeps a log of every run in its cache, and Node its compiled code in the folder for temporary files:
    // neither may outlive the demo.
    env: {
      npm_config_cache: folder.at('npm'),
      npm_config_update_notifier: 'false',
      NODE_DISABLE_COMPILE_CACHE: '1',
    },
  };
  await using packing = await startProcess(pack);
  const tarball = await packing.line((text) => (text.endsWith('.tgz') ? text : undefined));
  await using tar = await startProcess({
    name: 'tar',
    command: 'tar',
    args: ['-xzf', tarball, '-C', into],
  });
  if ((await tar.exited).code !== 0)
    throw new Error(`The client was not unpacked: ${tar.output()}`);
  const manifest = await readFile(join(into, 'package', 'package.json'), 'utf8');
  const { bin } = JSON.parse(manifest) as { bin: { sallyport: string } };
  const program = folder.at('sallyport');
  const words = [process.execPath, join(into, 'package', bin.sallyport)];
  await writeFile(program, `#!/bin/sh\nexec ${words.map(quote).join(' ')} "$@"\n`, { mode: 0o700 });
  return program;
}

/** Writes the list of trusted hosts and gives its folder, for SALLYPORT_CONFIG_DIR. */
export async function trustHost(
  folder: TemporaryFolder,
  origin: string,
  ca: string,
): Promise<string> {
  const path = folder.at('trust');
  await mkdir(path, { mode: 0o700 });
  const hosts = { version: 1, hosts: { [origin]: { ca } } };
  await writeFile(join(path, 'hosts.json'), JSON.stringify(hosts), { mode: 0o600 });
  return path;
}

/** How the pasted line begins here, so that it runs from any directory with nothing installed. */
export function connectCommand(trustFolder: string, program: string): string {
  return `env SALLYPORT_CONFIG_DIR=${trustFolder} ${program} connect`;
}
