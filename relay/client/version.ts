// Which version of sallyport this is. The packed file has it written in by pack.ts; run from source, it is read
// from the root package.json, so that there is one place to change it.

import { readFileSync } from 'node:fs';

/** Replaced by esbuild with a string literal; not defined at all when run from source. */
declare const SALLYPORT_VERSION: string | undefined;

export const version: string =
  typeof SALLYPORT_VERSION === 'string' ? SALLYPORT_VERSION : versionFromSource();

function versionFromSource(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest = JSON.parse(text) as { version: string };
  return manifest.version;
}
