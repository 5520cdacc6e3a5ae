import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  isForbidden,
  judgeAddresses,
  judgeTarget,
  readAllowRule,
  readTarget,
  writeTarget,
  type AllowRule,
  type NamespaceRules,
} from '../../../relay/server/targets.ts';

function rules(
  allow: readonly string[],
  dial: Readonly<Record<string, string>> = {},
): NamespaceRules {
  const entries = Object.entries(dial).map(
    ([from, to]) => [writeTarget(targetOf(from)), targetOf(to)] as const,
  );
  return { allow: allow.map(ruleOf), dial: new Map(entries) };
}

function ruleOf(text: string): AllowRule {
  const rule = readAllowRule(text);
  assert.ok(rule, text);
  return rule;
}

function targetOf(text: string) {
  const target = readTarget(text);
  assert.ok(target, text);
  return target;
}

suite('a target is host and port in the one usual form:', () => {
  const good = [
    'payments-db.internal:5432',
    'db:1',
    '10.20.0.5:5432',
    '[fd00::5]:65535',
    'a_b.c:80',
  ];
  for (const text of good) {
    test(`${text} is one`, () => assert.equal(writeTarget(targetOf(text)), text));
  }
  const bad = {
    'a number that some resolvers take for loopback': '2130706433:5432',
    'a short address': '127.1:5432',
    'a hexadecimal address': '0x7f.1:5432',
    'an octal address': '017700000001:5432',
    'an address with leading zeros': '010.0.0.1:5432',
    'an IPv6 address without brackets': 'fd00::5:5432',
    'a name in brackets': '[db.internal]:5432',
    'an IPv6 address with a zone': '[fe80::1%eth0]:5432',
    'a port of zero': 'db:0',
    'a port beyond the last': 'db:65536',
    'no port': 'db',
    'a name that begins with a hyphen': '-db:5432',
    'an empty label': 'db..internal:5432',
    'a line break': 'db:5432\n',
    'a user before the host': 'me@db:5432',
  };
  for (const [name, text] of Object.entries(bad)) {
    test(`${name} is none`, () => assert.equal(readTarget(text), undefined));
  }
});

test('no text makes the reader of targets throw, and what it reads and writes it reads the same', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6()),
      fc.nat(70_000),
      (host, port) => {
        for (const text of [`${host}:${port}`, `[${host}]:${port}`, host]) {
          const target = readTarget(text);
          if (target) assert.deepEqual(readTarget(writeTarget(target)), target);
        }
      },
    ),
  );
});

suite('one target, however it is spelt:', () => {
  const spellings: Readonly<Record<string, string>> = {
    'DB.Internal:5432': 'db.internal:5432',
    '[FD00::5]:5432': '[fd00::5]:5432',
    '[fd00:0:0:0:0:0:0:5]:5432': '[fd00::5]:5432',
    '[fd00::0005]:5432': '[fd00::5]:5432',
    '[fd00::0.0.0.5]:5432': '[fd00::5]:5432',
  };
  for (const [spelling, usual] of Object.entries(spellings)) {
    test(`${spelling} is ${usual}, in a grant, under allow and under dial`, () => {
      assert.equal(writeTarget(targetOf(spelling)), usual);
      for (const [written, asked] of [
        [spelling, usual],
        [usual, spelling],
      ] as const) {
        assert.equal(judgeTarget(rules([written]), asked).kind, 'resolve');
        assert.equal(judgeTarget(rules([], { [written]: '127.0.0.1:1' }), asked).kind, 'literal');
      }
    });
  }
});

suite('a namespace lets the relay dial', () => {
  const allowed = rules(['db.internal:5432', '10.20.0.0/16:5432', '[fd12::/16]:6379']);
  const rows: readonly (readonly [string, string, 'resolve' | 'not-allowed'])[] = [
    ['a host that is listed', 'db.internal:5432', 'resolve'],
    ['the same host in capitals', 'DB.Internal:5432', 'resolve'],
    ['not that host at another port', 'db.internal:22', 'not-allowed'],
    ['an address in a listed range', '10.20.3.4:5432', 'resolve'],
    ['not an address outside it', '10.21.0.1:5432', 'not-allowed'],
    ['not an address in it at another port', '10.20.3.4:22', 'not-allowed'],
    ['an IPv6 address in a listed range', '[fd12::5]:6379', 'resolve'],
    ['not an IPv6 address outside it', '[fd13::5]:6379', 'not-allowed'],
    ['a name that may resolve into a listed range', 'replica.internal:5432', 'resolve'],
    ['not a name at a port that no rule has', 'replica.internal:3306', 'not-allowed'],
    ['nothing that is no target', 'db.internal', 'not-allowed'],
  ];
  for (const [name, text, kind] of rows) {
    test(name, () => assert.equal(judgeTarget(allowed, text).kind, kind));
  }

  test('what is written out under dial, as it stands', () => {
    const verdict = judgeTarget(
      rules([], { 'db.internal:5432': '127.0.0.1:54321' }),
      'DB.internal:5432',
    );
    assert.deepEqual(verdict, { kind: 'literal', target: { host: '127.0.0.1', port: 54_321 } });
  });
});

test('a name that is listed may resolve anywhere but to what is forbidden; another only into a listed range', () => {
  const nobody = () => false;
  const listed = { target: targetOf('db.internal:5432'), allow: [ruleOf('db.internal:5432')] };
  assert.equal(judgeAddresses(listed, ['192.168.1.1', 'fd00::1'], nobody).kind, 'dial');
  assert.equal(judgeAddresses(listed, ['192.168.1.1', '::1'], nobody).kind, 'refused');
  const ranged = { target: targetOf('db.internal:5432'), allow: [ruleOf('10.20.0.0/16:5432')] };
  assert.equal(judgeAddresses(ranged, ['10.20.0.1'], nobody).kind, 'dial');
  assert.equal(judgeAddresses(ranged, ['10.20.0.1', '10.21.0.1'], nobody).kind, 'refused');
});

test("the relay's own addresses and the bot's are not dialled", () => {
  const listed = { target: targetOf('db.internal:5432'), allow: [ruleOf('db.internal:5432')] };
  const verdict = judgeAddresses(listed, ['192.168.1.1'], (address) => address === '192.168.1.1');
  assert.deepEqual(verdict, { kind: 'refused', address: '192.168.1.1', why: 'forbidden' });
});

suite('never dialled unless written out:', () => {
  const forbidden = {
    'this host': ['0.0.0.0', '::'],
    loopback: ['127.0.0.1', '127.255.0.1', '::1'],
    'link-local': ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    'metadata services': [
      '169.254.169.254',
      '100.100.100.200',
      '168.63.129.16',
      '192.0.0.192',
      'fd00:ec2::254',
    ],
    'multicast and broadcast': ['224.0.0.1', '255.255.255.255', 'ff02::1'],
    'IPv4 in IPv6 clothes': [
      '::127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:a00:1',
    ],
    'ways to any IPv4 address': ['2002:7f00:1::', '2001::1', '64:ff9b::7f00:1', '64:ff9b:1::1'],
    'what is no address': ['not an address', ''],
  };
  for (const [name, addresses] of Object.entries(forbidden)) {
    test(name, () => {
      for (const address of addresses) assert.equal(isForbidden(address), true, address);
    });
  }
  test('ordinary addresses are not among them', () => {
    for (const address of [
      '10.0.0.1',
      '192.168.1.1',
      '172.16.0.1',
      '8.8.8.8',
      'fd00::1',
      '2600::1',
    ]) {
      assert.equal(isForbidden(address), false, address);
    }
  });
});

test('a range of everything is no rule', () => {
  for (const text of [
    '0.0.0.0/0:5432',
    '[::/0]:5432',
    '10.0.0.0/33:1',
    '10.0.0.0/8',
    '10.0.0.0/8:70000',
  ]) {
    assert.equal(readAllowRule(text), undefined, text);
  }
});

test('the relay knows its own address however a target spells it', () => {
  for (const spelling of ['FD00:0:0::5', 'fd00::0005', 'fd00:0:0:0:0:0:0.0.0.5']) {
    const target = targetOf(`[${spelling}]:443`);
    const judged = judgeAddresses(
      { target, allow: [ruleOf('[fd00::/8]:443')] },
      [target.host],
      (address) => address === 'fd00::5',
    );
    assert.equal(judged.kind, 'refused', spelling);
  }
});

test('a metadata service inside an allowed range is not dialled', () => {
  for (const address of ['fd00:ec2::254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe', 'fd00:42::42']) {
    assert.ok(isForbidden(address), address);
  }
});
