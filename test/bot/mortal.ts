// A company whose bot can be lost and come back from a backup. Its clocks go on by a minute when it is lost: nobody
// restores a bot within the second.

import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeBackup } from '../../bot/backup.ts';
import { restoreBackup, type Restore } from '../../bot/restore.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/folders.ts';
import { startCompany, type Company, type CompanyOptions } from './company.ts';

export interface Mortal extends AsyncDisposable {
  readonly company: Company;
  /** For what lies outside the data folder. */
  readonly place: TemporaryFolder;
  /** The backup's folder, once it is made. */
  readonly backup: string;
  backUp(): Promise<void>;
  /** Stops the bot and empties its data folder. */
  lose(): Promise<void>;
  restore(): Promise<Restore>;
  /** All clocks go on. */
  pass(ms: number): void;
  /** Lost, restored and started again, a minute later. */
  comeBack(): Promise<void>;
}

export async function startMortal(options: CompanyOptions = {}): Promise<Mortal> {
  let shiftMs = 0;
  const now = () => new Date(Date.now() + shiftMs);
  const company = await startCompany({ ...options, now, githubNow: now });
  const place = await createTemporaryFolder('backup');
  const backup = place.at('tonight');

  async function lose(): Promise<void> {
    await company.github.settled();
    await company.stopBot();
    for (const name of readdirSync(company.dataFolder))
      rmSync(join(company.dataFolder, name), { recursive: true });
  }
  const restore = () => restoreBackup(backup, { dataFolder: company.dataFolder, now: now() });
  const pass = (ms: number): void => void (shiftMs += ms);

  return {
    company,
    place,
    backup,
    lose,
    restore,
    pass,
    async backUp() {
      await company.github.settled();
      const made = await makeBackup(company.dataFolder, { to: backup, now: now() });
      assert.equal(made.kind, 'made');
    },
    async comeBack() {
      await lose();
      pass(60_000);
      assert.equal((await restore()).kind, 'restored');
      await company.startBot();
    },
    async [Symbol.asyncDispose]() {
      await company[Symbol.asyncDispose]();
      await place.remove();
    },
  };
}
