import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { createTemporaryFolder } from './folders.ts';
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

test('a start that fails half-way leaves neither a folder nor a process behind', async () => {
  await using outer = await createTemporaryFolder('far');
  // PostgreSQL's programs bear no path of more than a thousand characters, so the first one fails.
  const far = outer.at(...Array.from({ length: 5 }, () => 'far'.repeat(80)));
  await mkdir(far, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = far;
  try {
    await assert.rejects(startPostgres());
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  assert.deepEqual(await readdir(far), []);
});

async function signIn(password: string, port = postgres.port): Promise<Client> {
  const { host, database, reader } = postgres;
  const client = new Client({ host, port, database, user: reader.user, password });
  await client.connect();
  return client;
}
