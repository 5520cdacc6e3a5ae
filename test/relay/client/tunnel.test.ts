// The tunnel's TLS: the grant token goes to a relay that has proven its name, over TLS 1.3, and to nobody else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTunnel, type TunnelAnswer } from '../../../relay/client/tunnel.ts';
import { createAuthority } from '../../support/certificates.ts';
import { grantFor, key } from './rig.ts';
import { authority, type Guise } from './scripted.ts';
import { openRelay, type ScriptedRelay } from './scripted-relay.ts';

async function open(relay: ScriptedRelay): Promise<TunnelAnswer> {
  const { token } = await grantFor([relay], Date.now());
  const { caPem: ca } = await authority;
  const { signal } = new AbortController();
  return openTunnel({ relay: relay.url, ca, token, key, run: 'r'.repeat(22), signal });
}

test('a relay with a certificate for its name, by the authority the bot gave, over TLS 1.3, is taken', async (t) => {
  const answer = await open(await openRelay(t));
  assert.equal(answer.kind, 'open');
});

const impostors: readonly [string, Guise, { code: string; message: RegExp; next: RegExp }][] = [
  [
    'whose certificate another authority signed',
    { signedBy: await createAuthority() },
    {
      code: 'untrusted_certificate',
      message: /^The certificate of localhost:\d+ cannot be verified/,
      next: /its own authority, .* SALLYPORT_CA/,
    },
  ],
  [
    'whose certificate is for another name',
    { name: 'relay.example' },
    {
      code: 'untrusted_certificate',
      message: /^The certificate of localhost:\d+ is for another name/,
      next: /whoever runs it/,
    },
  ],
  [
    'that speaks no TLS later than 1.2',
    { maxVersion: 'TLSv1.2' },
    {
      code: 'old_tls',
      message: /^localhost:\d+ speaks only versions of TLS that are too old/,
      next: /whoever runs it/,
    },
  ],
];

for (const [name, guise, expected] of impostors) {
  test(`a relay ${name} is refused before it sees the token, and the sentence says so`, async (t) => {
    const relay = await openRelay(t, guise);
    const answer = await open(relay);
    assert.equal(answer.kind, 'unreachable');
    if (answer.kind !== 'unreachable') return;
    assert.equal(answer.failure.code, expected.code);
    assert.match(answer.failure.message, expected.message);
    assert.match(answer.failure.next, expected.next);
    assert.equal(relay.tunnels.length, 0);
  });
}
