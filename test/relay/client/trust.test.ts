// The first time a host is dialled: what has to be true before it is remembered, and who may vouch for it afterwards.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connect, failureOf } from '../../../relay/client/connect.ts';
import { readHosts, rememberHost, type TrustedHost } from '../../../relay/client/hosts.ts';
import { createAuthority, trust } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { authority, grantId } from './scripted.ts';
import { openHost, type ScriptedHost } from './scripted-host.ts';

/** In this process it stands for all the authorities that everybody trusts. */
const publicAuthority = await createAuthority();
trust(publicAuthority);
const { caPem: privateCa } = await authority;

interface Person {
  /** What is known of the host after all that was done. */
  remembered(): Promise<TrustedHost | undefined>;
  remember(host: TrustedHost): Promise<void>;
  /** Pastes the line and types this when asked; answers `sign-in` once that page is shown, or why it came to none. */
  paste(settings: { types?: string; extraCa?: string }): Promise<string>;
}

async function personBefore(t: TestContext, { origin }: ScriptedHost): Promise<Person> {
  const folder = await createTemporaryFolder('trust');
  t.after(() => folder.remove());
  const hostsFile = folder.at('hosts.json');
  return {
    remembered: async () => (await readHosts(hostsFile)).get(origin),
    remember: (host) => rememberHost(hostsFile, origin, host),
    async paste({ types, ...extra }) {
      const interrupt = new AbortController();
      let page: string | undefined;
      const deps = {
        config: { hostsFile, colour: false, platform: process.platform, environment: {}, ...extra },
        display: {
          tell({ event }: { event: string }) {
            page = event;
            interrupt.abort();
          },
          draw: () => undefined,
        },
        ask: types === undefined ? undefined : () => Promise.resolve(types),
        interrupt: interrupt.signal,
        letGo: () => undefined,
      };
      const place = { kind: 'port' } as const;
      const order = { kind: 'connect', origin, grant: grantId, place, json: false } as const;
      const failure = await connect(order, deps).then(
        (status) => assert.fail(`nobody signed in, and yet it ended with ${status}`),
        (thrown: unknown) => failureOf(thrown, interrupt.signal),
      );
      return page ?? failure.code;
    },
  };
}

function nameOf({ origin }: ScriptedHost): string {
  return new URL(origin).host;
}

test('a host whose name was typed is remembered with the private authority that vouches for it, and asks no more', async (t) => {
  const host = await openHost(t);
  const person = await personBefore(t, host);
  assert.equal(await person.paste({ types: nameOf(host), extraCa: privateCa }), 'sign-in');
  assert.deepEqual(await person.remembered(), { ca: privateCa });
  assert.equal(await person.paste({}), 'sign-in');
});

test('a host that public authorities vouch for is remembered without the private one of SALLYPORT_CA', async (t) => {
  const host = await openHost(t, { signedBy: publicAuthority });
  const person = await personBefore(t, host);
  assert.equal(await person.paste({ types: nameOf(host), extraCa: privateCa }), 'sign-in');
  assert.deepEqual(await person.remembered(), {});
});

test('a host whose name was not typed is neither dialled nor remembered', async (t) => {
  const host = await openHost(t);
  const person = await personBefore(t, host);
  assert.equal(await person.paste({ types: 'yes', extraCa: privateCa }), 'host_not_confirmed');
  assert.equal(host.connections, 0);
  assert.equal(await person.remembered(), undefined);
});

test('a host whose name was typed, but that does not answer as a Sallyport, is not remembered', async (t) => {
  const host = await openHost(t);
  host.script.metadata = { issuer: 'https://evil.example' };
  const person = await personBefore(t, host);
  assert.equal(await person.paste({ types: nameOf(host), extraCa: privateCa }), 'not_sallyport');
  assert.equal(await person.remembered(), undefined);
});

test('a host whose name was typed, but whose certificate nobody trusted signed, is not remembered', async (t) => {
  const host = await openHost(t);
  const person = await personBefore(t, host);
  assert.equal(await person.paste({ types: nameOf(host) }), 'untrusted_certificate');
  assert.equal(await person.remembered(), undefined);
});

test('no public authority can speak for a host that is remembered with its own', async (t) => {
  const host = await openHost(t, { signedBy: publicAuthority });
  const person = await personBefore(t, host);
  await person.remember({ ca: privateCa });
  const { caPem: another } = await createAuthority();
  for (const settings of [{}, { extraCa: another }])
    assert.equal(await person.paste(settings), 'untrusted_certificate');
});
