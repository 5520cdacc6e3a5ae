// The relay's disk in the hands of a test: nothing that was written counts as being on it before the test says so.

import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { within } from '../../support/within.ts';
import type { World } from './fixture.ts';

export interface HeldDisk {
  /** Resolves when the relay waits for the disk. */
  readonly asked: Promise<void>;
  /** What was asked for is on disk, and so is everything after it. */
  confirm(): void;
}

export async function holdDisk(world: World, context: TestContext): Promise<HeldDisk> {
  const asked = Promise.withResolvers<void>();
  const confirmed = Promise.withResolvers<void>();
  context.mock.method(await diskOf(world), 'datasync', () => {
    asked.resolve();
    return confirmed.promise;
  });
  return {
    asked: within('the relay writes', asked.promise),
    confirm: confirmed.resolve,
  };
}

/** What every open file of this process is an instance of. */
export async function diskOf(world: World): Promise<FileHandle> {
  const file = await open(join(world.config.dataFolder, 'events.jsonl'));
  await file.close();
  return Object.getPrototypeOf(file) as FileHandle;
}
