import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { Hono } from 'hono';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { openBackstage } from '../../../bot/backstage/room.ts';
import { openTokens } from '../../../bot/backstage/token.ts';
import { serve } from '../../../bot/http.ts';
import { startLocalBackstage } from '../../support/backstage.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

const issuer = 'https://sallyport.acme.dev';
const names = { issuer, audience: 'https://backstage.acme.dev', now: () => new Date() };

test('a token is for one Backstage, from this bot, and over after a minute', async () => {
  await using folder = await createTemporaryFolder('backstage');
  let ms = Date.now();
  const tokens = await openTokens(folder.path, { ...names, now: () => new Date(ms) });
  const keys = createLocalJWKSet({ keys: [tokens.published()] });
  const expected = { issuer, audience: names.audience, algorithms: ['ES256'] };
  const { payload } = await jwtVerify(await tokens.sign(), keys, expected);
  assert.equal(payload.sub, 'sallyport');
  assert.equal(Number(payload.exp) - Number(payload.iat), 60);
  ms -= 61_000;
  await assert.rejects(jwtVerify(await tokens.sign(), keys, expected), { code: 'ERR_JWT_EXPIRED' });
  assert.equal(tokens.published().d, undefined, 'the private half stays here');
});

test('the key outlives a start, and is made anew where there is none', async () => {
  await using folder = await createTemporaryFolder('backstage');
  await using other = await createTemporaryFolder('backstage');
  const kidIn = async (path: string) => (await openTokens(path, names)).published().kid;
  const kid = await kidIn(folder.path);
  assert.equal(await kidIn(folder.path), kid);
  assert.notEqual(await kidIn(other.path), kid);
  writeFileSync(folder.at('backstage.pem'), 'no key');
  await assert.rejects(
    kidIn(folder.path),
    /backstage\.pem is not a P-256 private key\. Take it away/,
  );
});

test('a Backstage that shares no secret with the bot finds its key, and takes its tokens', async () => {
  await using folder = await createTemporaryFolder('backstage');
  const app = new Hono();
  await using bot = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    app,
    upgrade: () => false,
  });
  const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${bot.port}/backstage/jwks.json`));
  await using backstage = await startLocalBackstage({
    accepts: (token) =>
      jwtVerify(token, keys, { issuer, audience: backstage.url }).then(
        () => true,
        () => false,
      ),
  });
  backstage.entities = [
    { apiVersion: 'backstage.io/v1alpha1', kind: 'User', metadata: { name: 'dana' } },
  ];
  const configOf = (token: string | undefined) => ({
    origin: issuer,
    dataFolder: folder.path,
    catalog: {
      repositories: ['Acme/Org'],
      path: 'catalog-info.yaml',
      backstage: {
        url: backstage.url,
        token,
        branch: 'main',
        site: 'https://github.com',
        maxAgeSeconds: 60,
      },
    },
  });
  mkdirSync(folder.at('keys'));
  const room = await openBackstage(configOf(undefined), () => new Date());
  assert.ok(room);
  room.mount(app);
  assert.equal((await room.source.load()).entities.length, 1);
  assert.ok(room.source.origins.readDirectly.has('acme/org'));
  assert.equal(room.source.maxAgeMs, 60_000);
  const stranger = await openBackstage(configOf('a-token-of-nobody'), () => new Date());
  await assert.rejects(async () => stranger?.source.load(), /does not accept the token/);
});

test('without a Backstage in the settings there is none', async () => {
  const catalog = { repositories: ['acme/org'], path: 'catalog-info.yaml' };
  assert.equal(
    await openBackstage({ origin: issuer, dataFolder: '', catalog }, () => new Date()),
    undefined,
  );
});
