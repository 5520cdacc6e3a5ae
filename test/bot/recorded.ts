// What a company's bot put on record.

import { join } from 'node:path';
import type { Derivation, Step } from '../../bot/access/explain.ts';
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

/** What a record rests on: the last thing that was looked at in the decision behind it. */
export function restsOn(record: AuditRecord | undefined): Step | undefined {
  return (record?.data['derivation'] as unknown as Derivation | null | undefined)?.at(-1);
}
