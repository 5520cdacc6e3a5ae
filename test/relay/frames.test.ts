import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  decodeFrame,
  encodeFrame,
  endReasons,
  limits,
  type Frame,
  type Notice,
} from '../../relay/frames.ts';

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });
const stream = fc.integer({ min: 1, max: 0xffffffff });
const credit = fc.integer({ min: 1, max: limits.maxCreditBytes });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme' });

const notice: fc.Arbitrary<Notice> = fc.oneof(
  record({ kind: fc.constant('ready' as const), session: text, exp: count }),
  record({ kind: fc.constant('expiring' as const), inSeconds: count }),
  record({ kind: fc.constant('ended' as const), reason: fc.constantFrom(...endReasons) }),
  record({ kind: fc.constant('draining' as const) }),
  record({ kind: fc.constant('renewed' as const), exp: count }),
  record({ kind: fc.constant('renewal-refused' as const), reason: text }),
);

const frame: fc.Arbitrary<Frame> = fc.oneof(
  record({ kind: fc.constantFrom('open', 'opened', 'credit'), stream, credit }),
  record({
    kind: fc.constant('data' as const),
    stream,
    payload: fc.uint8Array({ minLength: 1, maxLength: 2000 }),
  }),
  record({ kind: fc.constant('end' as const), stream }),
  record({
    kind: fc.constant('reset' as const),
    stream,
    code: fc.integer({ min: 0, max: 255 }),
    text: fc.string({ maxLength: 60 }),
  }),
  record({ kind: fc.constant('notice' as const), notice }),
  record({ kind: fc.constant('token' as const), token: text, proof: text }),
);

test('every frame comes out as it went in', () => {
  fc.assert(
    fc.property(frame, (sent) => {
      const received = decodeFrame(encodeFrame(sent));
      if (sent.kind !== 'data') return assert.deepEqual({ ...received }, { ...sent });
      assert.equal(received.kind, 'data');
      assert.ok(received.kind === 'data' && Buffer.from(sent.payload).equals(received.payload));
    }),
  );
});

test('no bytes crash the decoder', () => {
  const header = fc.tuple(fc.integer({ min: 0, max: 10 }), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), header, (bytes, [type, stream]) => {
      assert.ok(decodeFrame(bytes).kind.length > 0);
      // Random bytes seldom have a good header; these always do.
      const framed = Buffer.concat([Buffer.of(type, 0, 0, 0, stream), bytes]);
      assert.ok(decodeFrame(framed).kind.length > 0);
    }),
    { numRuns: 2000 },
  );
});

const malformed: Readonly<Record<string, readonly number[] | Uint8Array>> = {
  nothing: [],
  'half a header': [3, 0, 0, 0],
  'a type nobody knows': [9, 0, 0, 0, 1],
  'data for the session itself': [3, 0, 0, 0, 0, 1],
  'a notice in a stream': [7, 0, 0, 0, 1, ...Buffer.from('{"kind":"draining"}')],
  'data without a byte': [3, 0, 0, 0, 1],
  'more data than one frame may carry': Buffer.concat([
    Buffer.of(3, 0, 0, 0, 1),
    Buffer.alloc(limits.maxDataBytes + 1),
  ]),
  'a frame larger than a message may be': Buffer.alloc(limits.maxFrameBytes + 1, 7),
  'credit of nothing': [4, 0, 0, 0, 1, 0, 0, 0, 0],
  'credit that overflows a counter': [4, 0, 0, 0, 1, 255, 255, 255, 255],
  'credit of three bytes': [4, 0, 0, 0, 1, 0, 0, 1],
  'an end with words': [5, 0, 0, 0, 1, 1],
  'a reset without a code': [6, 0, 0, 0, 1],
  'a reset with broken UTF-8': [6, 0, 0, 0, 1, 0, 0xff],
  'a notice that is a list': [7, 0, 0, 0, 0, ...Buffer.from('[]')],
  'an end for a reason nobody knows': [
    7,
    0,
    0,
    0,
    0,
    ...Buffer.from('{"kind":"ended","reason":"because"}'),
  ],
  'a token frame without a proof': [8, 0, 0, 0, 0, ...Buffer.from('{"token":"x"}')],
};

suite('a frame is malformed with', () => {
  for (const [name, bytes] of Object.entries(malformed)) {
    test(name, () => {
      assert.equal(decodeFrame(Uint8Array.from(bytes)).kind, 'malformed');
    });
  }
});

test('the words of a reset are cut between characters, never inside one', () => {
  const decoded = decodeFrame(
    encodeFrame({ kind: 'reset', stream: 1, code: 1, text: 'ü'.repeat(150) }),
  );
  assert.equal(decoded.kind === 'reset' && decoded.text, 'ü'.repeat(100));
});

test('the payload is not copied on its way through the decoder', () => {
  const bytes = encodeFrame({ kind: 'data', stream: 1, payload: Uint8Array.of(1, 2, 3) });
  const decoded = decodeFrame(bytes);
  assert.ok(decoded.kind === 'data');
  bytes[bytes.length - 1] = 9;
  assert.deepEqual(Array.from(decoded.payload), [1, 2, 9]);
});
