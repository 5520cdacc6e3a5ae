import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { mintToken } from '../../../bot/tokens/mint.ts';
import { newKey } from '../../relay/signing.ts';
import { eligible, relayUrl } from './claim-bot.ts';
import { danasGrant, grantId } from './danas-grant.ts';

const now = new Date('2026-03-02T09:00:00.500Z');
const seconds = Math.floor(now.getTime() / 1000);

/** The times of a token that a bot of this epoch makes now. */
async function timesOf(epoch: number) {
  assert.ok(eligible.kind === 'eligible');
  const key = newKey('grant-1');
  const grant = danasGrant(grantId, now);
  const minting = await mintToken(
    {
      origin: 'https://sallyport.acme.test',
      epoch,
      keys: { active: () => key, published: () => [key.publicJwk] },
      relays: [{ name: 'eu-1', url: relayUrl }],
      recordToken: async () => 'recorded',
    },
    {
      grant,
      terms: { ...eligible, time: grant.time },
      jkt: 'A'.repeat(43),
      address: '192.0.2.7',
      now,
    },
  );
  assert.ok(minting.kind === 'minted');
  const { iat, nbf, exp } = decodeJwt(minting.answer.access_token);
  return { iat, nbf, exp };
}

test('a token is dated to the moment it is made', async () => {
  assert.deepEqual(await timesOf(1), { iat: seconds, nbf: seconds, exp: seconds + 7200 });
});

test('a token of the first seconds after a restore is of the new epoch, and ends with its grant all the same', async () => {
  const epoch = seconds + 10;
  assert.deepEqual(await timesOf(epoch), { iat: epoch, nbf: epoch, exp: seconds + 7200 });
});
