import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runHeader, tunnelPath, tunnelProtocol } from '../../../relay/frames.ts';
import { generateSessionKey, makeProof } from '../../../relay/proof.ts';
import { createGate, type GateVerdict, type UpgradeRequest } from '../../../relay/server/gate.ts';
import { grantClaims, grantToken, issuer, newKey } from '../signing.ts';
import { relayUrl } from './fixture.ts';
import { upgradeHeaders } from './tunnel-client.ts';

const startMs = Date.parse('2026-11-24T10:00:00Z');
const key = await generateSessionKey();
const signer = newKey();
const token = await grantToken(grantClaims(startMs, { cnf: { jkt: key.jkt } }), signer);
const clock = { seconds: 0, now: () => new Date(startMs + clock.seconds * 1000) };

/** Each test has a gate of its own, which has seen no proof yet, and the time begins anew. */
function openGate() {
  clock.seconds = 0;
  return createGate({
    url: relayUrl,
    issuer,
    standing: { keys: () => new Map([[signer.kid, signer.publicJwk]]) },
    nonceKey: new Uint8Array(32).fill(7),
    now: clock.now,
  });
}

function proofOf(nonce: string): Promise<string> {
  const url = `${relayUrl}${tunnelPath}`;
  return makeProof(key, { method: 'GET', url, now: clock.now(), token, nonce });
}

function requestWith(dpop: string, changes: Partial<UpgradeRequest> = {}): UpgradeRequest {
  const headers = { ...upgradeHeaders({ token, proof: dpop }), ...changes.headers };
  return { method: 'GET', url: tunnelPath, ...changes, headers };
}

function outcome(verdict: GateVerdict): string {
  return verdict.kind === 'refused' ? `${verdict.code}, ${verdict.found}` : verdict.kind;
}

suite('a request with everything right but', () => {
  const rows: Readonly<Record<string, readonly [Partial<UpgradeRequest>, string]>> = {
    nothing: [{}, 'proven'],
    'another path': [{ url: '/' }, 'bad_request, not the tunnel'],
    'a query': [{ url: `${tunnelPath}?run=1` }, 'bad_request, not the tunnel'],
    'another method': [{ method: 'POST' }, 'bad_request, not the tunnel'],
    'no subprotocol': [
      { headers: { 'sec-websocket-protocol': undefined } },
      'bad_request, another protocol',
    ],
    'one subprotocol more': [
      { headers: { 'sec-websocket-protocol': `${tunnelProtocol}, chat` } },
      'bad_request, another protocol',
    ],
    'no run': [{ headers: { [runHeader]: undefined } }, 'bad_request, no run'],
    'a bearer token': [
      { headers: { authorization: `Bearer ${token}` } },
      'invalid_token, no token',
    ],
    'no proof': [{ headers: { dpop: undefined } }, 'invalid_dpop_proof, no proof'],
  };
  for (const [name, [changes, expected]] of Object.entries(rows)) {
    test(`${name} is ${expected}`, async () => {
      const gate = openGate();
      const request = requestWith(await proofOf(gate.nonce()), changes);
      assert.equal(outcome(await gate.judge(request)), expected);
    });
  }
});

test('a proof is good for as long as its nonce is fresh, a minute, and no longer', async () => {
  for (const [seconds, expected] of [
    [60, 'proven'],
    [61, 'use_dpop_nonce, proof: nonce'],
  ] as const) {
    const gate = openGate();
    const request = requestWith(await proofOf(gate.nonce()));
    clock.seconds = seconds;
    assert.equal(outcome(await gate.judge(request)), expected);
  }
});

test('a proof that was used is remembered for as long as its nonce is fresh', async () => {
  const gate = openGate();
  const proof = await proofOf(gate.nonce());
  assert.equal(outcome(await gate.judge(requestWith(proof))), 'proven');
  for (const seconds of [0, 2, 60]) {
    clock.seconds = seconds;
    const again = outcome(await gate.judge(requestWith(proof)));
    assert.equal(again, 'invalid_dpop_proof, proof: used before', `${seconds} s`);
  }
});

test('whoever copies a proof and breaks its signature does not use it up', async () => {
  const gate = openGate();
  const proof = await proofOf(gate.nonce());
  const [header = '', payload = ''] = proof
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  const copy = newKey().forge(header, payload);
  const refused = outcome(await gate.judge(requestWith(copy)));
  assert.equal(refused, 'invalid_dpop_proof, proof: signature');
  assert.equal(outcome(await gate.judge(requestWith(proof))), 'proven');
});
