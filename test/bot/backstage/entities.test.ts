import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBackstage, readingLimits } from '../../../bot/backstage/entities.ts';
import { send, startLocalBackstage, type BackstageEntity } from '../../support/backstage.ts';

const token = 'a-token-of-the-operators';
const local = await startLocalBackstage({ accepts: (given) => given === token });
test.after(() => local[Symbol.asyncDispose]());
test.beforeEach(() => {
  local.entities = [];
  local.instead = undefined;
  local.calls.length = 0;
});

const read = (limits: Partial<typeof readingLimits> = {}, given = token) =>
  readBackstage({ url: local.url, token: () => given }, { ...readingLimits, ...limits });

function entity(kind: string, name: string, more: Partial<BackstageEntity> = {}): BackstageEntity {
  return { apiVersion: 'backstage.io/v1alpha1', kind, metadata: { name }, ...more };
}
const users = (count: number) =>
  Array.from({ length: count }, (_, index) => entity('User', `u${index}`));
const connectable = (kind: string, name: string) =>
  entity(kind, name, {
    metadata: { name, annotations: { 'sallyport.dev/target': `${name}.internal:5432` } },
  });

const answering = (body: unknown) => (_request: unknown, response: ServerResponse) =>
  send(response, 200, body);

test('every page is read, in order, and nothing of it twice', async () => {
  local.entities = users(25);
  const { entities } = await read({ pageEntities: 10 });
  assert.deepEqual(
    entities.map((each) => (each as BackstageEntity).metadata.name),
    users(25).map(({ metadata }) => metadata.name),
  );
  assert.equal(local.calls.length, 3);
});

test('only people and what can be connected to is asked for, and only the fields that count', async () => {
  const annotations = { 'sallyport.dev/target': 'db.internal:5432', 'acme.dev/x': '1' };
  local.entities = [
    entity('User', 'dana', { spec: { memberOf: ['payments'], profile: { picture: '…' } } }),
    entity('Group', 'payments', { spec: { type: 'team', parent: 'all' } }),
    ...['Resource', 'Component', 'API'].map((kind) => connectable(kind, kind.toLowerCase())),
    entity('Resource', 'bucket'),
    entity('System', 'checkout'),
    connectable('System', 'odd'),
    {
      ...entity('API', 'ledger'),
      metadata: { name: 'ledger', annotations, uid: 'u', etag: 'e', tags: ['a'] },
      spec: { owner: 'payments', definition: 'long' },
    },
  ];
  const { entities } = await read();
  assert.deepEqual(
    entities.map((each) => (each as BackstageEntity).metadata.name),
    ['dana', 'payments', 'resource', 'component', 'api', 'ledger'],
  );
  assert.deepEqual(entities[0], entity('User', 'dana', { spec: { memberOf: ['payments'] } }));
  assert.deepEqual(entities.at(-1), {
    ...entity('API', 'ledger'),
    metadata: { name: 'ledger', annotations },
    spec: { owner: 'payments' },
  });
});

test('the revision changes with anything that was read, and with nothing else', async () => {
  local.entities = users(3);
  const { revision } = await read({ pageEntities: 2 });
  assert.equal((await read({ pageEntities: 2 })).revision, revision);
  local.entities = [...users(2), entity('User', 'u2', { spec: { memberOf: ['payments'] } })];
  assert.notEqual((await read({ pageEntities: 2 })).revision, revision);
});

test('a token that Backstage refuses is told apart from one that may not read', async () => {
  local.entities = users(1);
  await assert.rejects(read({}, 'another-token'), /does not accept the token \(401\)/);
  local.instead = (_request, response) => send(response, 403, {});
  await assert.rejects(read(), /does not let the token read the catalog \(403\)/);
});

test('a catalog in which nothing is seen is not believed to be empty', async () => {
  await assert.rejects(read(), /no entity at all; .*catalog\.entity\.read/);
});

test('one page that fails fails the reading', async () => {
  const first = { items: users(10), totalItems: 20, pageInfo: { nextCursor: 'next' } };
  local.instead = (_request, response) =>
    local.calls.length === 1 ? send(response, 200, first) : send(response, 502, {});
  await assert.rejects(read(), /it answered 502/);
  assert.equal(local.calls.length, 2);
});

test('fewer entities than were counted are not a catalog', async () => {
  local.instead = answering({ items: users(3), totalItems: 4, pageInfo: {} });
  await assert.rejects(read(), /counted 4 entities and gave 3/);
});

test('what is no page of entities is refused', async () => {
  const good = { items: users(1), totalItems: 1, pageInfo: {} };
  const odd = [
    [],
    null,
    { ...good, items: {} },
    { ...good, totalItems: '1' },
    { ...good, pageInfo: { nextCursor: 7 } },
    { ...good, pageInfo: { nextCursor: 'x'.repeat(8193) } },
  ];
  for (const body of odd) {
    local.instead = answering(body);
    await assert.rejects(read(), /something else than a page/, JSON.stringify(body).slice(0, 80));
  }
  local.instead = (_request, response) => void response.end('<!doctype html>');
  await assert.rejects(read(), /something else than a page/);
});

test('a catalog larger than the limit is refused before it is held, packed or not', async () => {
  local.entities = users(500);
  await assert.rejects(read({ maxBytes: 10_000 }), /larger than 10000 bytes/);
  const packed = gzipSync(JSON.stringify({ items: 'x'.repeat(1_000_000) }));
  assert.ok(packed.byteLength < 10_000);
  local.instead = (_request, response) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
  await assert.rejects(read({ maxBytes: 10_000 }), /larger than 10000 bytes/);
});

test('a cursor that leads in circles comes to an end', async () => {
  local.instead = answering({ items: users(1), totalItems: 1, pageInfo: { nextCursor: 'again' } });
  await assert.rejects(read({ maxPages: 5 }), /more than 5 pages/);
  assert.equal(local.calls.length, 5);
});

test('a Backstage that does not answer, or never ends its answer, is given up', async () => {
  local.instead = () => {};
  await assert.rejects(read({ callMs: 50 }), /longer than 50 ms to answer/);
  local.instead = (_request, response) => void response.writeHead(200).write('{"items":[');
  await assert.rejects(read({ callMs: 50 }), /longer than 50 ms to answer/);
  local.instead = answering({ items: users(1), totalItems: 1, pageInfo: { nextCursor: 'again' } });
  await assert.rejects(read({ readingMs: 50, maxPages: 1e9 }), /or 50 ms for all of it/);
});

test('the token is not carried to where an answer points', async () => {
  let carried = 0;
  await using elsewhere = await startLocalBackstage({ accepts: () => Boolean((carried += 1)) });
  local.instead = (_request, response) =>
    void response.writeHead(302, { location: `${elsewhere.url}/` }).end();
  await assert.rejects(read(), /redirect/i);
  assert.equal(carried, 0);
});

test('that nobody is at the address is said as it is', async () => {
  const gone = await startLocalBackstage({ accepts: () => true });
  await gone[Symbol.asyncDispose]();
  const nobody = { url: gone.url, token: () => token };
  await assert.rejects(readBackstage(nobody), { message: 'ECONNREFUSED' });
});
