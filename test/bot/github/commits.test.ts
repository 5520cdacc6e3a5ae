// What is kept of a push until its check is written, and after that for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitPushed } from '../../../bot/github/commits.ts';
import { openStore } from '../../../bot/store/store.ts';

test('a push of long paths leaves little in the database, and all that matters is looked at', async () => {
  await using store = await openStore(':memory:');
  const parts = {
    ledger: { store, now: () => new Date(0), postingsQueued() {} },
    rules: { readsFrom: () => true },
  };
  const pushed = (sha: string, added: readonly string[]) =>
    commitPushed(parts, {
      repository: { id: 1, full_name: 'acme/services', default_branch: 'main' },
      installation: { id: 2 },
      after: sha,
      deleted: false,
      forced: false,
      created: false,
      commits: [{ added }],
    });
  await pushed('a', ['catalog-info.yaml', 'catalog-info.yaml']);
  await pushed(
    'b',
    Array.from({ length: 900 }, (_, nth) => `${'long/'.repeat(800)}${nth}.yaml`),
  );
  const rows = await store.queries.selectFrom('outbox').select('body').execute();
  const touched = rows.map(({ body }) => {
    return (JSON.parse(body) as { posting: { commit: { touched: unknown } } }).posting.commit
      .touched;
  });
  assert.deepEqual(touched, [['catalog-info.yaml'], null]);
});
