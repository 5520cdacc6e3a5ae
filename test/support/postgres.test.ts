import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { startPostgres, type Postgres } from './postgres.ts';

let postgres: Postgres;
before(async () => void (postgres = await startPostgres()));
after(() => postgres.close());

test('PostgreSQL answers a select with the rows of payments, to its reader', async () => {
  const client = await signIn(postgres.reader.password);
  const { rows } = await client.query('select reference, status from payments order by id');
  assert.deepEqual(rows.slice(0, 3), [
    { reference: 'INV-2041', status: 'settled' },
    { reference: 'INV-2042', status: 'settled' },
    { reference: 'INV-2043', status: 'failed' },
  ]);
  await assert.rejects(client.query('delete from payments'), { code: '42501' });
  await client.end();
});

test('a wrong password is refused', async () => {
  await assert.rejects(signIn('wrong'), { code: '28P01' });
});

test('it knows of every connection that reached it, also one that said nothing', async () => {
  const before = await postgres.connectionsSeen();
  assert.equal(await postgres.connectionsSeen(), before);
  await (await signIn(postgres.reader.password)).end();
  await assert.rejects(signIn('wrong'));
  const silent = connect(postgres.port, postgres.host);
  await once(silent, 'connect');
  silent.destroy();
  assert.equal(await postgres.connectionsSeen(), before + 3);
});

test('after its end nobody answers', async () => {
  await using second = await startPostgres();
  await second.close();
  await assert.rejects(signIn(second.reader.password, second.port), { code: 'ECONNREFUSED' });
});

async function signIn(password: string, port = postgres.port): Promise<Client> {
  const { host, database, reader } = postgres;
  const client = new Client({ host, port, database, user: reader.user, password });
  await client.connect();
  return client;
}
