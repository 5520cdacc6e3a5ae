// Loaded before a program by `node --import`: counts what the program commits to its database and, once told so on
// standard input (`kill after 3`), ends it with SIGKILL right after that commit. `kill never 7` calls it off, and is
// answered by the same words on standard output, with the number of commits since then. The program knows nothing of
// it. That an attempt to write to GitHub was begun is not counted: what is left then is what is left of a bot that is
// killed before that write.

import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

let commits = 0;
let counted = 0;
let last = Number.POSITIVE_INFINITY;
let inTransaction = false;

const prototype = Database.prototype as {
  prepare(sql: string): { run(...values: unknown[]): unknown };
};
const prepare = prototype.prepare;
prototype.prepare = function prepareAndCount(this: Database.Database, sql: string) {
  const statement = prepare.call(this, sql);
  const verb = /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase() ?? '';
  if (!['begin', 'commit', 'rollback', 'insert', 'update', 'delete'].includes(verb))
    return statement;
  const isAttempt = /^\s*update "outbox" set "attempts" = \?, "attemptedAt"/i.test(sql);
  for (const name of ['run', 'all'] as const) {
    const call = (statement as Record<string, unknown>)[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(statement, name, {
      value: (...values: unknown[]) => {
        const result = call.apply(statement, values);
        if (verb === 'begin') inTransaction = true;
        else if (verb === 'commit' || verb === 'rollback') inTransaction = false;
        const isAlone = !inTransaction && verb !== 'rollback' && verb !== 'begin';
        if (verb === 'commit' || (isAlone && !isAttempt)) committed();
        return result;
      },
    });
  }
  return statement;
};

function committed(): void {
  commits += 1;
  // Nothing after this line runs: the commit is on disk, and nobody has been told of it.
  if (commits >= last) process.kill(process.pid, 'SIGKILL');
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const after = /^kill after (\d+)$/.exec(line)?.[1];
  if (after !== undefined) {
    counted = commits;
    last = commits + Number(after);
  }
  if (!line.startsWith('kill never ')) return;
  last = Number.POSITIVE_INFINITY;
  process.stdout.write(`${line}: ${commits - counted}\n`);
});
// Waiting for orders must not keep the program running.
if ('unref' in process.stdin) process.stdin.unref();
