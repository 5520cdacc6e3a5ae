// What the command of --exec finds in its environment: the local address, under every name its tools may read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variablesFor } from '../../../relay/client/exec.ts';

const port = { kind: 'port', host: '127.0.0.1', port: 54_321 } as const;
const ownPort = { SALLYPORT_HOST: '127.0.0.1', SALLYPORT_PORT: '54321' };
const postgresPath = '/run/me/.s.PGSQL.5432';

const found: readonly [string, Parameters<typeof variablesFor>[1], Record<string, string>][] = [
  ['postgres', port, { ...ownPort, PGHOST: '127.0.0.1', PGHOSTADDR: '127.0.0.1', PGPORT: '54321' }],
  ['mysql', port, { ...ownPort, MYSQL_HOST: '127.0.0.1', MYSQL_TCP_PORT: '54321' }],
  ['redis', port, { ...ownPort, REDIS_HOST: '127.0.0.1', REDIS_PORT: '54321' }],
  ['PATH', port, ownPort],
  [
    'postgres',
    { kind: 'socket', path: postgresPath },
    { SALLYPORT_SOCKET: postgresPath, PGHOST: '/run/me', PGHOSTADDR: '', PGPORT: '5432' },
  ],
  ['postgres', { kind: 'socket', path: '/run/me/db' }, { SALLYPORT_SOCKET: '/run/me/db' }],
  [
    'mysql',
    { kind: 'socket', path: '/run/me/db' },
    { SALLYPORT_SOCKET: '/run/me/db', MYSQL_UNIX_PORT: '/run/me/db' },
  ],
];

for (const [protocol, address, variables] of found) {
  const where = address.kind === 'port' ? 'a port' : address.path;
  test(`a command for ${protocol} over ${where} is told where it is, and nothing else`, () => {
    assert.deepEqual(variablesFor(protocol, address), variables);
  });
}
