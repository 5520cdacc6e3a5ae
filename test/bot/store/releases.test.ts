// The database of every release is opened by today's program as an operator's upgrade opens it, and nothing in it may be
// lost on the way. The databases are text in releases/, so that a person sees what is promised to be readable.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';
import Database from 'better-sqlite3';
import { requestDigest } from '../../../bot/access/request.ts';
import { readGrant, sessionsOfGrant } from '../../../bot/store/grants.ts';
import { nextDelivery } from '../../../bot/store/inbox.ts';
import { migrations } from '../../../bot/store/migrations.ts';
import { laneOf, markSent } from '../../../bot/store/outbox.ts';
import { nextPosting, waitingQueues } from '../../../bot/store/queues.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { eventsRecorded } from '../../../bot/store/relays.ts';
import { readRequest } from '../../../bot/store/requests.ts';
import { reviewOfRequest } from '../../../bot/store/reviews.ts';
import { openStore } from '../../../bot/store/store.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';
import { schemaOf, textOf } from './release.ts';

const files = globSync(join(import.meta.dirname, 'releases', '*.sql'));
const farAhead = '2999-01-01T00:00:00.000Z';

/** The database of a release in a folder, closed. */
function load(file: string, folder: TemporaryFolder): string {
  const path = folder.at('sallyport.db');
  const database = new Database(path);
  database.exec(`begin; ${readFileSync(file, 'utf8')} commit;`);
  database.close();
  return path;
}

function ask<T>(path: string, look: (database: Database.Database) => T): T {
  const database = new Database(path, { readonly: true });
  try {
    return look(database);
  } finally {
    database.close();
  }
}

const column = (path: string, sql: string): unknown[] =>
  ask(path, (database) => database.prepare(sql).pluck().all());

async function openAndClose(...opened: Parameters<typeof openStore>): Promise<void> {
  await (await openStore(...opened))[Symbol.asyncDispose]();
}

for (const file of files) {
  suite(`the database of ${basename(file, '.sql')}`, () => {
    test('has the schema of a new one once it is opened', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      await openAndClose(path);
      await openAndClose(folder.at('new.db'));
      assert.deepEqual(ask(path, schemaOf), ask(folder.at('new.db'), schemaOf));
    });

    test('came about by the very steps of today: none of them was edited since', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      const applied = column(path, 'select name from kysely_migration') as string[];
      const steps = applied.map((name) => [name, migrations[name] ?? assert.fail(name)] as const);
      await openAndClose(folder.at('new.db'), { steps: Object.fromEntries(steps) });
      assert.deepEqual(ask(path, schemaOf), ask(folder.at('new.db'), schemaOf));
    });

    test('keeps every row, and each is read as what it was', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      // Under their old names: what ran when it was given runs since then.
      const times = column(
        path,
        "select json_extract(body, '$.startsAt') || ' ' || ends_at from grants order by id",
      );
      await using store = await openStore(path);
      const { queries } = store;
      const numbers = column(path, 'select number from requests') as number[];
      assert.notEqual(numbers.length, 0);
      for (const number of numbers) {
        const stored = (await readRequest(queries, number)) ?? assert.fail(`r${number}`);
        const [state] = column(path, `select state from requests where number = ${number}`);
        assert.equal(stored.request.id, `r${number}`);
        assert.equal(stored.request.state, state);
        // Covers every field that somebody approved, and that none of them reads as another.
        assert.equal(requestDigest(stored.request), stored.request.digest);
        for (const { digest } of stored.approvals) assert.equal(digest, stored.request.digest);
      }
      for (const [index, id] of (
        column(path, 'select id from grants order by id') as string[]
      ).entries()) {
        const grant = (await readGrant(queries, id)) ?? assert.fail(id);
        assert.ok(numbers.includes(Number(grant.requestId.slice(1))));
        assert.ok(grant.time.kind === 'running');
        assert.equal(`${grant.time.startsAt} ${grant.time.endsAt}`, times[index]);
        assert.equal(grant.grantedAt, grant.time.startsAt);
        for (const session of await sessionsOfGrant(queries, id)) assert.ok(session.startedAt);
      }
      for (const number of column(path, 'select request_number from reviews') as number[]) {
        const review = (await reviewOfRequest(queries, number)) ?? assert.fail(`r${number}`);
        assert.notEqual(review.reviewers.length, 0);
      }
      for (const name of column(path, 'select name from relays') as string[])
        assert.ok((await eventsRecorded(queries, name)).last > 0);
    });

    test('still waits to write and to act on what it waited for', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      await using store = await openStore(path);
      const waiting = column(path, "select position from outbox where state = 'waiting'");
      const seen = new Set<unknown>();
      for (const queue of await waitingQueues(store.queries)) {
        for (;;) {
          const row = await nextPosting(store.queries, queue, farAhead);
          if (!row) break;
          assert.equal(queue.lane, laneOf(row.posting));
          seen.add(row.position);
          await markSent(store.queries, row.position);
        }
      }
      assert.notEqual(seen.size, 0);
      assert.deepEqual(seen, new Set(waiting));
      const delivery = await nextDelivery(store.queries, { now: farAhead, patientAttempts: 6 });
      assert.ok(JSON.parse(delivery?.payload ?? ''));
    });

    test('has a log whose every record still is the leaf it was', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      const leaves = column(path, 'select leaf from records order by seq');
      await using store = await openStore(path);
      const records = await readRecords(store.queries);
      // RFC 6962 §2.1, written out again: the product's own function could have changed with the records.
      const hashes = records.map((body) =>
        createHash('sha256').update(`\0${body}`).digest('base64url'),
      );
      assert.notEqual(leaves.length, 0);
      assert.deepEqual(hashes, leaves);
    });

    test('is changed by the first opening alone', async () => {
      await using folder = await createTemporaryFolder('release');
      const path = load(file, folder);
      await openAndClose(path);
      const text = ask(path, textOf);
      const listing = readdirSync(folder.path);
      await openAndClose(path);
      assert.equal(ask(path, textOf), text);
      assert.deepEqual(readdirSync(folder.path), listing);
    });
  });
}

test('every version that was released left its database: run `node .ci/write-release.ts`', () => {
  const changelog = readFileSync(
    join(import.meta.dirname, '..', '..', '..', 'CHANGELOG.md'),
    'utf8',
  );
  // What is still being made is under a heading that says so.
  const released = [...changelog.matchAll(/^## \[?v?(\d+\.\d+\.\d+\S*?)\]?(?: |$)/gm)];
  const left = new Set(files.map((file) => basename(file, '.sql')));
  const missing = released.map(([, version = '']) => version).filter((name) => !left.has(name));
  assert.deepEqual(missing, []);
});
