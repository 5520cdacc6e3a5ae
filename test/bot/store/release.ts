// A database as text that a person can read and a later version can load: what every release leaves in
// test/bot/store/releases/, and what its schema is compared by.

import type Database from 'better-sqlite3';

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/** Every table, index and trigger with the words that made it. In which order they were made is nobody's schema. */
export function schemaOf(database: Database.Database): string[] {
  const lines = entriesOf(database).map(
    ({ type, name, sql }) => `${type} ${name}: ${plainly(sql)}`,
  );
  return lines.toSorted();
}

/** The statements that make this very database again: tables with their rows, one row a line, then all that is on them. */
export function textOf(database: Database.Database): string {
  const entries = entriesOf(database);
  const tables = entries.filter(({ type }) => type === 'table');
  const others = entries.filter(({ type }) => type !== 'table');
  const parts = [
    ...tables.map(({ name, sql }) => [`${sql};`, ...rowsOf(database, name)].join('\n')),
    // Numbers that were given and whose rows are gone are not given again.
    ['delete from sqlite_sequence;', ...rowsOf(database, 'sqlite_sequence')].join('\n'),
    ...others.map(({ sql }) => `${sql};`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function entriesOf(database: Database.Database): Entry[] {
  return database
    .prepare(
      `select type, name, sql from sqlite_master
       where sql is not null and name not like 'sqlite_%' order by rowid`,
    )
    .all() as Entry[];
}

function rowsOf(database: Database.Database, table: string): string[] {
  const columns = database.pragma(`table_info(${table})`) as { name: string }[];
  const quoted = columns.map(({ name }) => `quote("${name}")`).join(` || ', ' || `);
  const rows = database
    .prepare(`select ${quoted} from "${table}" order by rowid`)
    .pluck()
    .all() as string[];
  return rows.map((row) => `insert into "${table}" values (${row});`);
}

/** SQLite keeps the words as they were written; how they were laid out is nobody's schema. */
function plainly(sql: string): string {
  return sql
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([(),]) ?/g, '$1')
    .trim();
}
