import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  authorizationUrl,
  claimErrors,
  readAuthorizationRequest,
  type AuthorizationRequest,
} from '../../relay/claim.ts';
import { tunnelRefusals } from '../../relay/refusals.ts';
import { newGrantId } from './signing.ts';

const endpoint = 'https://sallyport.acme.test/claim/authorize';
const request: AuthorizationRequest = {
  response_type: 'code',
  client_id: 'sallyport',
  redirect_uri: 'http://127.0.0.1:49152/callback',
  state: 's'.repeat(43),
  code_challenge: 'c'.repeat(43),
  code_challenge_method: 'S256',
  dpop_jkt: 'k'.repeat(43),
  grant: newGrantId(),
};

test('the link that the terminal opens is read back as the same request', () => {
  const reading = readAuthorizationRequest(authorizationUrl(endpoint, request).searchParams);
  assert.deepEqual(reading, { kind: 'valid', request });
});

test('the IPv6 loopback address is a loopback address too', () => {
  const other = { ...request, redirect_uri: 'http://[::1]:49152/callback' };
  assert.equal(
    readAuthorizationRequest(authorizationUrl(endpoint, other).searchParams).kind,
    'valid',
  );
});

suite('a link is refused when', () => {
  const changes: Readonly<Record<string, readonly [string, string]>> = {
    'the code would go to a name instead of an address': [
      'redirect_uri',
      'http://localhost:49152/callback',
    ],
    'the code would go to another machine': [
      'redirect_uri',
      'http://127.0.0.1.evil.test:1/callback',
    ],
    'the code would go past a user name': ['redirect_uri', 'http://127.0.0.1:1@evil.test/callback'],
    'the code would go to another path': ['redirect_uri', 'http://127.0.0.1:49152/other'],
    'the port is none': ['redirect_uri', 'http://127.0.0.1:70000/callback'],
    'the address has a line break': ['redirect_uri', 'http://127.0.0.1:49152/callback\n'],
    'the challenge is the verifier itself': ['code_challenge_method', 'plain'],
    'the challenge is no hash': ['code_challenge', 'c'.repeat(42)],
    'a token is asked for instead of a code': ['response_type', 'token'],
    'another client asks': ['client_id', 'evil'],
    'the grant is no name of a grant': ['grant', 'g_*'],
    'the state is short enough to guess': ['state', 'abc'],
    'the key is no thumbprint': ['dpop_jkt', 'x'],
  };
  for (const [name, [parameter, value]] of Object.entries(changes)) {
    test(name, () => {
      const { searchParams } = authorizationUrl(endpoint, request);
      searchParams.set(parameter, value);
      const reading = readAuthorizationRequest(searchParams);
      assert.equal(reading.kind, 'invalid');
      assert.match(reading.kind === 'invalid' ? reading.description : '', new RegExp(parameter));
    });
  }

  for (const parameter of Object.keys(request)) {
    test(`${parameter} is missing or comes twice`, () => {
      const without = authorizationUrl(endpoint, request).searchParams;
      without.delete(parameter);
      assert.equal(readAuthorizationRequest(without).kind, 'invalid');
      const twice = authorizationUrl(endpoint, request).searchParams;
      twice.append(parameter, twice.get(parameter) ?? '');
      assert.equal(readAuthorizationRequest(twice).kind, 'invalid');
    });
  }
});

test('every refusal has a status, a sentence and a next step', () => {
  const refusals = [...Object.values(claimErrors), ...Object.values(tunnelRefusals)];
  for (const { status, next, ...rest } of refusals) {
    const sentence = 'cause' in rest ? rest.cause : rest.message;
    assert.ok(status >= 400 && status < 600);
    for (const words of [sentence, next]) assert.match(words, /^[A-Z].*\.$/);
  }
});
