import assert from 'node:assert/strict';
import { test } from 'node:test';
import tls from 'node:tls';
import { makeBotKeys, makeRelayKey } from '../demo/programs.ts';
import { startControlRelay } from '../e2e/control-relay.ts';
import { createAuthority } from '../support/certificates.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { reservePort } from '../support/ports.ts';
import { startCompany } from './company.ts';

test('without its relays the bot is alive and not ready, and says which relay is missing', async () => {
  await using company = await startCompany();
  const bot = `http://127.0.0.1:${company.port()}`;
  const health = await fetch(`${bot}/healthz`);
  assert.equal(health.status, 200);
  const readiness = await fetch(`${bot}/readyz`);
  assert.equal(readiness.status, 503);
  assert.deepEqual(await readiness.json(), {
    ready: false,
    relaysConnected: [],
    relaysMissing: ['eu-1'],
  });
});

test('with one of two relays it is not ready and names the other, with all of them it is', async () => {
  await using company = await startCompany();
  await using folder = await createTemporaryFolder('health');
  const authority = await createAuthority();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.caPem]);
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  const url = 'https://eu-1.acme.dev';
  const publicKey = await makeRelayKey(folder.path);
  const relay = { name: 'eu-1', url, publicKey };
  const other = { name: 'eu-2', url: 'https://eu-2.acme.dev', publicKey };
  const listen = { host: '127.0.0.1', port, tls: await authority.issue(['127.0.0.1']) };
  const controlKey = await makeBotKeys(company.dataFolder);
  const bot = { url: origin, controlKey, caPem: authority.caPem };
  const cases = [
    { relays: [relay, other], status: 503, missing: ['eu-2'] },
    { relays: [relay], status: 200, missing: [] },
  ];
  for (const { relays, status, missing } of cases) {
    await company.stopBot();
    await company.startBot({ origin, listen, relays });
    await using _relay = await startControlRelay({ dataFolder: folder.path, url, bot });
    const readiness = await fetch(`${origin}/readyz`);
    assert.equal(readiness.status, status);
    assert.deepEqual(await readiness.json(), {
      ready: status === 200,
      relaysConnected: ['eu-1'],
      relaysMissing: missing,
    });
  }
});
