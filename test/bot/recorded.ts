// What a company's bot put on record.

import { join } from 'node:path';
import type { AuditRecord } from '../../bot/access/record.ts';
import { readRecords } from '../../bot/store/records.ts';
import { openStore } from '../../bot/store/store.ts';
import type { Company } from './company.ts';

/** All records, oldest first, once everything that GitHub tells was heard; the bot is stopped for it. */
export async function recorded({ github, dataFolder, stopBot }: Company): Promise<AuditRecord[]> {
  await github.settled();
  await stopBot();
  await using store = await openStore(join(dataFolder, 'sallyport.db'));
  return (await readRecords(store.queries)).map((body) => JSON.parse(body) as AuditRecord);
}
