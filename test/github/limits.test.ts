// The hour's allowance, the clock and the version: what stands in the headers of every answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askGraphql } from './clients.ts';
import { startAcme } from './fixture.ts';

test('answers count down the hour’s allowance, and the last one is followed by 403', async () => {
  await using github = await startAcme({ requestsPerHour: 3 });
  const ask = () => fetch(`${github.apiUrl}/users/dana`);
  const remaining = [await ask(), await ask(), await ask()].map((one) =>
    one.headers.get('x-ratelimit-remaining'),
  );
  assert.deepEqual(remaining, ['2', '1', '0']);
  assert.equal((await ask()).status, 403);
});

test('GraphQL has an allowance of its own, and says in its own way that it is used up', async () => {
  await using github = await startAcme({ requestsPerHour: 1 });
  const { token } = github.as('dana');
  const headers = { authorization: `Bearer ${token}` };
  const asked = { query: '{ viewer { login } }' };
  const rest = () => fetch(`${github.apiUrl}/user`, { headers });
  assert.equal((await rest()).status, 200);
  assert.equal((await rest()).status, 403);
  assert.deepEqual((await askGraphql(github, token, asked)).data, { viewer: { login: 'dana' } });
  const spent = await askGraphql(github, token, asked);
  assert.deepEqual([spent.status, spent.errors?.[0]?.type], [200, 'RATE_LIMITED']);
  assert.equal('data' in spent, false);
  const told = await fetch(`${github.apiUrl}/rate_limit`, { headers });
  assert.equal(told.headers.get('x-ratelimit-resource'), 'core');
});

test('the Date of every answer is the time of the clock that this GitHub was given', async () => {
  const now = new Date('2026-01-02T03:04:05Z');
  await using github = await startAcme({ now: () => now });
  const paths = ['/api/v3/users/dana', '/api/v3/nothing', '/acme/access/issues', '/nothing/at/all'];
  for (const path of paths) {
    const answer = await fetch(github.url + path);
    assert.equal(answer.headers.get('date'), 'Fri, 02 Jan 2026 03:04:05 GMT', path);
  }
});

test('an API version that does not exist is refused', async () => {
  await using github = await startAcme();
  const ask = (version: string) =>
    fetch(`${github.apiUrl}/meta`, { headers: { 'x-github-api-version': version } });
  assert.equal((await ask('2026-03-10')).status, 200);
  assert.equal((await ask('2031-01-01')).status, 400);
});
