// The browser as a program, for whoever opens `$BROWSER URL`: a small script that names who sits at it.
// The name is in the script because a program in $BROWSER gets one argument and no settings of its own.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TemporaryFolder } from './folders.ts';
import type { PersonAtBrowser } from './person.ts';

export interface BrowserProgram {
  /** What to put into BROWSER. */
  readonly path: string;
  /** The words of every page this person has been shown, in order. */
  pages(): Promise<string[]>;
}

/** Writes the script into the folder; `caFile` names the authority the browser trusts besides the public ones. */
export async function writeBrowserProgram(
  folder: TemporaryFolder,
  person: PersonAtBrowser,
  caFile: string,
): Promise<BrowserProgram> {
  const path = folder.at(`browser-of-${person.login}`);
  const seen = folder.at(`pages-of-${person.login}`);
  const main = fileURLToPath(new URL('./browser-main.ts', import.meta.url));
  const words = [process.execPath, main, '--ca', caFile, '--seen', seen, '--login', person.login];
  if (person.password !== undefined) words.push('--password', person.password);
  await writeFile(path, `#!/bin/sh\nexec ${words.map(quote).join(' ')} -- "$1"\n`, { mode: 0o700 });
  await writeFile(seen, '');

  async function pages(): Promise<string[]> {
    const lines = (await readFile(seen, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => String(JSON.parse(line)));
  }
  return { path, pages };
}

/** A word for a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
