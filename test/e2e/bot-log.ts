// What a bot that runs as a process of its own has put on record, read beside it from its database.

import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { AuditRecord } from '../../bot/access/record.ts';

export interface BotLog extends Disposable {
  /** The number that the next record will have. */
  next(): number;
  /** The records from this number on, oldest first. */
  from(seq: number): AuditRecord[];
  /** Whether it has the token, by its hash, once. */
  hasToken(token: string): boolean;
}

/** Opens the log in a database that a bot has made. */
export function openBotLog(file: string): BotLog {
  const database = new Database(file, { readonly: true });
  const count = database.prepare('select count(*) from records').pluck();
  const since = database.prepare<[number], string>('select body from records where seq >= ?');
  const tokens = database
    .prepare(`select count(*) from records where json_extract(body, '$.data.tokenHash') = ?`)
    .pluck();
  return {
    next: () => Number(count.get()),
    from: (seq) =>
      since
        .pluck()
        .all(seq)
        .map((body) => JSON.parse(body) as AuditRecord),
    hasToken: (token) => tokens.get(createHash('sha256').update(token).digest('base64url')) === 1,
    [Symbol.dispose]: () => void database.close(),
  };
}
