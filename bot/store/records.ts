// The rows of the audit log. Only ever added to; the database refuses anything else.

import type { Queries } from './store.ts';

/** The number of the next record, from 0. Meant for inside the transaction that adds it. */
export async function nextRecordSeq(queries: Queries): Promise<number> {
  const row = await queries
    .selectFrom('records')
    .select(({ fn }) => fn.max('seq').as('last'))
    .executeTakeFirst();
  return row?.last === null || row?.last === undefined ? 0 : row.last + 1;
}

export async function addRecord(
  queries: Queries,
  row: { seq: number; body: string; leaf: string },
): Promise<void> {
  await queries.insertInto('records').values(row).execute();
}

/** The records in order, as the log holds them. */
export async function readRecords(queries: Queries): Promise<string[]> {
  const rows = await queries.selectFrom('records').select('body').orderBy('seq').execute();
  return rows.map((row) => row.body);
}
