// The command line: what is accepted, and that every refusal says what to write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readArguments } from '../../../relay/client/arguments.ts';

const grant = 'g_abcdefghijklmnopqrstuvwxyz';
const line = `sallyport.acme.dev/${grant}`;

const accepted: readonly [string, readonly string[], object][] = [
  ['a host and a grant', ['connect', line], {}],
  [
    'a port on this machine',
    ['connect', line, '--port', '54321'],
    { place: { kind: 'port', port: 54_321 } },
  ],
  ['an option before the line', ['connect', '--json', line], { json: true }],
  [
    'a socket',
    ['connect', line, '--socket', '/tmp/x/s'],
    { place: { kind: 'socket', path: '/tmp/x/s' } },
  ],
  [
    'a command with options that look like ours',
    ['connect', line, '--exec', 'psql', '--port', '1', '--json', '--exec'],
    { command: ['psql', '--port', '1', '--json', '--exec'] },
  ],
];

for (const [name, argv, expected] of accepted) {
  test(`connect takes ${name}`, () => {
    assert.deepEqual(readArguments(argv), {
      kind: 'connect',
      origin: 'https://sallyport.acme.dev',
      grant,
      place: { kind: 'port' },
      json: false,
      ...expected,
    });
  });
}

const hosts: readonly [string, string][] = [
  ['sallyport.acme.dev', 'https://sallyport.acme.dev'],
  ['sallyport.acme.dev:8443', 'https://sallyport.acme.dev:8443'],
  ['localhost:1234', 'https://localhost:1234'],
  ['127.0.0.1:8443', 'https://127.0.0.1:8443'],
  ['[::1]:8443', 'https://[::1]:8443'],
  ['xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
];

for (const [host, origin] of hosts) {
  test(`${host} is a host`, () => {
    const order = readArguments(['connect', `${host}/${grant}`]);
    assert.equal(order.kind === 'connect' && order.origin, origin);
  });
}

const refused: readonly [string, readonly string[], RegExp][] = [
  ['another verb', ['dial', line], /"dial" is not a command/],
  ['connect without a line', ['connect'], /needs a host and a grant/],
  ['a scheme', ['connect', `https://${line}`], /without https/],
  ['a host without a grant', ['connect', 'sallyport.acme.dev'], /not a host and a grant/],
  ['a grant without a host', ['connect', `/${grant}`], /not a host and a grant/],
  ['capitals in the host', ['connect', `Sallyport.acme.dev/${grant}`], /not a host name/],
  [
    'a user name before the host',
    ['connect', `github.com@evil.example/${grant}`],
    /not a host name/,
  ],
  ['letters that only look Latin', ['connect', `sаllyport.acme.dev/${grant}`], /not a host name/],
  ['an address in hexadecimal', ['connect', `0x7f.1/${grant}`], /not a host name/],
  ['a short address', ['connect', `127.1/${grant}`], /not a host name/],
  ['the default port spelt out', ['connect', `sallyport.acme.dev:443/${grant}`], /not a host name/],
  ['a final dot', ['connect', `sallyport.acme.dev./${grant}`], /not a host name/],
  ['a port beyond the last', ['connect', `sallyport.acme.dev:65536/${grant}`], /not a host name/],
  ['a query in the host', ['connect', `a?b/${grant}`], /not a host name/],
  ['a short grant', ['connect', 'sallyport.acme.dev/g_abc'], /not the name of a grant/],
  ['a grant with a path behind it', ['connect', `${line}/x`], /not the name of a grant/],
  ['a grant in capitals', ['connect', `a.dev/${grant.toUpperCase()}`], /not the name of a grant/],
  ['two lines', ['connect', line, line], /one argument too many/],
  ['a privileged port', ['connect', line, '--port', '80'], /not a port/],
  ['a port that is no number', ['connect', line, '--port', '5432x'], /not a port/],
  ['a port above the last', ['connect', line, '--port', '65536'], /not a port/],
  [
    'a port and a socket',
    ['connect', line, '--port', '5432', '--socket', 's'],
    /exclude each other/,
  ],
  ['an empty socket', ['connect', line, '--socket', ''], /needs a path/],
  ['an empty command', ['connect', line, '--exec'], /--exec needs a command/],
  ['JSON and a command', ['connect', line, '--json', '--exec', 'env'], /both want standard output/],
  ['an unknown option', ['connect', line, '--insecure'], /--insecure/],
];

for (const [name, argv, message] of refused) {
  test(`${name} is refused with what to write instead`, () => {
    const order = readArguments(argv);
    assert.equal(order.kind, 'invalid');
    if (order.kind !== 'invalid') return;
    assert.match(order.message, message);
    assert.notEqual(order.next, '');
  });
}

test('without a verb, and with --help, help is given; --version wins over nothing else', () => {
  assert.deepEqual(readArguments([]), { kind: 'help' });
  assert.deepEqual(readArguments(['connect', '--help']), { kind: 'help' });
  assert.deepEqual(readArguments(['-V']), { kind: 'version' });
});

test('whatever is pasted, the origin that is dialled is the text before the slash', () => {
  const text = fc.oneof(fc.webAuthority(), fc.string(), fc.domain());
  fc.assert(
    fc.property(text, (host) => {
      const order = readArguments(['connect', '--', `${host}/${grant}`]);
      if (order.kind === 'connect') assert.equal(order.origin, `https://${host}`);
      else assert.equal(order.kind, 'invalid');
    }),
  );
});
