// A temporary folder with a lifetime: made empty, readable by its owner only, gone at the end, also
// when whoever made it is killed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetFolder, removeAfterUs } from './reaper.ts';

export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute, without a trailing slash. */
  readonly path: string;
  /** A path inside it. */
  at(...names: string[]): string;
  /** Removes the folder and everything in it; a second time does nothing. */
  remove(): Promise<void>;
}

/** Makes a folder in the system's place for temporary files. */
export async function createTemporaryFolder(name = 'test'): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `sallyport-${name}-`));
  removeAfterUs(path);

  async function remove(): Promise<void> {
    // A process that is just ending may still drop a file between listing and removing.
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    forgetFolder(path);
  }

  return {
    path,
    at: (...names) => join(path, ...names),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}
