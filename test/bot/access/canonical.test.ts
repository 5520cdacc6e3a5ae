import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, digest, NotCanonical } from '../../../bot/access/canonical.ts';

test('the example of RFC 8785 §3.2.2 comes out byte for byte', () => {
  const value: unknown = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  assert.equal(
    canonicalJson(value),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('members are sorted by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const value = Object.fromEntries(names.map((name) => [name, 0]));
  const sorted = Object.keys(JSON.parse(canonicalJson(value)) as object);
  // JSON.parse keeps the order of names that are not array indices; "1" is one, so it is looked at in the text.
  assert.deepEqual(
    sorted.filter((name) => name !== '1'),
    ['\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'],
  );
  assert.match(canonicalJson(value), /^\{"\\r":0,"1":0,/);
});

test('numbers are written as in RFC 8785 appendix B', () => {
  const table: [string, string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ];
  for (const [bits, text] of table) {
    assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text, bits);
  }
});

test('what JSON cannot carry is refused with its place, never written as something near it', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const table: [unknown, RegExp][] = [
    [{ a: Number.NaN }, /^\$\.a is NaN/],
    [{ a: [1, Infinity] }, /^\$\.a\[1\] is Infinity/],
    ['\ud83d', /lone surrogate/],
    [{ '\udc00': 1 }, /lone surrogate/],
    [{ a: undefined }, /^\$\.a is undefined/],
    // oxlint-disable-next-line no-sparse-arrays
    [[1, , 2], /^\$\[1\] is undefined/],
    [10n, /bigint/],
    [new Date(0), /not a plain object/],
    [new Map([['a', 1]]), /not a plain object/],
    [() => 1, /function/],
    [cycle, /nested deeper/],
  ];
  for (const [value, message] of table) {
    assert.throws(
      () => canonicalJson(value),
      (error) => error instanceof NotCanonical && message.test(error.message),
    );
  }
});

test('reading back what was written gives the same value, and writing it again the same bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = canonicalJson(value);
      const back: unknown = JSON.parse(text);
      // -0 is written as 0: RFC 8785 knows one zero.
      assert.deepEqual(back, JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(back), text);
    }),
  );
});

test('the digest does not depend on the order in which members were set', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(digest(turned), digest(value));
    }),
  );
});

test('the digest is the base64url SHA-256 of the canonical bytes', () => {
  // SHA-256 of the two bytes "{}", as any other implementation gives it.
  assert.equal(digest({}), 'sha-256:RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o');
});
