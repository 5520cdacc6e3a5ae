// A bot is lost with sessions open at a relay, one of them under a grant that no backup knows, and comes back from a
// backup. Bot, relay and tunnel are the real ones, over TLS.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditRecord } from '../../bot/access/record.ts';
import { currentEpoch } from '../../bot/store/epochs.ts';
import { readRecords } from '../../bot/store/records.ts';
import { openStore } from '../../bot/store/store.ts';
import { openKeys } from '../../bot/tokens/keys.ts';
import type { GrantClaims } from '../../relay/grant.ts';
import { signGrant } from '../../relay/grant.ts';
import { publicKeyOf } from '../../relay/jws.ts';
import { generateSessionKey } from '../../relay/proof.ts';
import { makeRelayKey, readRelayKey } from '../../relay/server/key.ts';
import { defaultLimits } from '../../relay/server/limits.ts';
import { startRelay } from '../../relay/server/relay.ts';
import { startMortal } from '../bot/mortal.ts';
import { literalRules, target } from '../relay/server/fixture.ts';
import { startService } from '../relay/server/service.ts';
import { createWatch } from '../relay/server/watch.ts';
import { enter, knock } from '../relay/server/tunnel-client.ts';
import { grantClaims, newGrantId } from '../relay/signing.ts';
import { createAuthority } from '../support/certificates.ts';
import { reservePort } from '../support/ports.ts';
import { within } from '../support/within.ts';

const url = 'https://eu-1.acme.dev';

test('every session of before the restore is cut, whatever its grant, and the restored bot goes on with the relay', async () => {
  await using mortal = await startMortal();
  const { company, place } = mortal;
  const issue = await company.granted('/connect payments-db 2h');
  const gid = /g_[a-z2-7]{26}/.exec(company.botComments(issue).join('\n'))?.[0] ?? '';
  await mortal.backUp();

  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  await makeRelayKey(place.at('relay'));
  const reading = await readRelayKey(place.at('relay'));
  assert.ok(reading.kind === 'read');
  const relays = [{ name: 'eu-1', url, publicKey: reading.key.pin }];
  const settings = { origin, listen: { host: '127.0.0.1', port, tls }, relays };
  const keys = () => openKeys(join(company.dataFolder, 'keys'), new Date());
  const pin = (await keys()).controlPin();
  await company.stopBot();
  await company.startBot(settings);

  await using service = await startService();
  const controlKey = publicKeyOf(pin) ?? assert.fail();
  const heard = listening();
  const relay = await startRelay(
    {
      name: 'eu-1',
      url,
      listen: { host: '127.0.0.1', port: 0, tls },
      dataFolder: place.at('relay'),
      bot: { url: origin, controlKey, caPem: authority.caPem },
      namespaces: new Map([['payments', literalRules(service)]]),
      limits: defaultLimits,
    },
    { key: reading.key, version: '0.0.0-test', log: heard.log },
  );
  await using _closing = { [Symbol.asyncDispose]: () => relay.close() };
  const key = await generateSessionKey();
  const caller = { port: relay.port, url, ca: authority.caPem, key };
  /** As the bot makes it; one that the operator's disk has lost since as well. */
  async function token(changes: Partial<GrantClaims>): Promise<string> {
    const claims = { iss: origin, aud: [url], target, cnf: { jkt: key.jkt }, ...changes };
    return signGrant(grantClaims(Date.now(), claims), (await keys()).active());
  }
  await heard.everything(1);

  const unknown = await token({ gid: newGrantId() });
  const forgotten = await enter({ ...caller, token: unknown });
  await forgotten.open(1);
  const known = await enter({ ...caller, token: await token({ gid }) });
  await known.open(1);
  await company.until(issue, /\| Start/);

  await mortal.lose();
  assert.equal((await mortal.restore()).kind, 'restored');
  await company.startBot(settings);
  assert.equal(await forgotten.ended(), 'revoked');
  assert.equal(await known.ended(), 'revoked');
  // Confirmed by the relay, because the restored bot names it as well.
  const [card] = await company.until(issue, /: revoked/);
  assert.match(card ?? '', /the bot was restored from a backup/);
  assert.equal((await knock({ ...caller, token: unknown })).kind, 'refused');

  await heard.everything(2);
  await company.stopBot();
  const { epoch, actions } = await readDatabase(company.dataFolder);
  assert.ok(actions.includes('relay.gap'), 'what the lost bot had heard is missed once');
  await company.startBot(settings);
  await heard.everything(3);
  const fresh = await token({ iat: epoch, nbf: epoch });
  await (await enter({ ...caller, token: fresh })).notice('ready');
});

/** A log that waits until the relay was told everything by the bot so many times, once for each connection. */
function listening() {
  const told: number[] = [];
  const watch = createWatch(told);
  const listen = (_facts: object, message: string): void => {
    if (message === 'the bot has told everything') watch.add(told.length + 1);
  };
  return {
    log: { info: listen, warn: listen, alarm: listen },
    everything: (times: number) =>
      within(
        'the bot tells everything',
        watch.until((time): time is number => time === times),
      ),
  };
}

async function readDatabase(dataFolder: string): Promise<{ epoch: number; actions: string[] }> {
  await using store = await openStore(join(dataFolder, 'sallyport.db'));
  const records = await readRecords(store.queries);
  const { number: epoch } = await currentEpoch(store.queries);
  return { epoch, actions: records.map((body) => (JSON.parse(body) as AuditRecord).action) };
}
