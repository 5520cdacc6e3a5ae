// What reaches the terminal and the caller's standard output.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openDisplay, type Display, type Screen } from '../../../relay/client/display.ts';
import type { ClientEvent } from '../../../relay/client/events.ts';
import { visible } from '../../../relay/client/visible.ts';
import {
  describeBytes,
  describeDuration,
  describeMoment,
  lineToPaste,
} from '../../../relay/client/wording.ts';

function screen(isTTY = false): Screen & { text: string } {
  return {
    text: '',
    isTTY,
    columns: 40,
    write(piece: string) {
      this.text += piece;
    },
  };
}

function display(settings: { json?: boolean; isTTY?: boolean; live?: boolean } = {}): {
  display: Display;
  out: { text: string };
  err: { text: string };
} {
  const out = screen();
  const err = screen(settings.isTTY);
  const opened = openDisplay({
    json: settings.json ?? false,
    live: settings.live ?? true,
    out,
    err,
    colour: false,
    now: () => new Date(2026, 10, 24, 14, 0),
  });
  return { display: opened, out, err };
}

/** Every event with the same hostile text in each place that the network fills. */
function eventsWith(text: string): ClientEvent[] {
  return [
    {
      event: 'sign-in',
      host: text,
      grant: text,
      url: 'https://a.dev/x',
      fingerprint: 'AAAA',
      opened: true,
    },
    {
      event: 'granted',
      grant: text,
      grantee: text,
      resource: text,
      role: text,
      protocol: text,
      endsAt: text,
      issue: text,
    },
    { event: 'ready', socket: text, relay: text, session: text },
    { event: 'reconnecting', code: text, message: text },
    { event: 'reconnected', relay: text, session: text },
    { event: 'renewed', endsAt: text },
    { event: 'renewal-failed', code: text, message: text },
    { event: 'connection-failed', message: text },
    {
      event: 'ended',
      reason: text,
      message: text,
      next: text,
      status: 1,
      connections: 1,
      bytesUp: 1,
      bytesDown: 1,
    },
    { event: 'failed', code: text, message: text, next: text, status: 1 },
  ];
}

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001b]0;title\u0007',
        '\u001b[2J',
        '\u009b31m',
        '\r',
        '\u202e',
        '\u2066',
        '\u2028',
        '\ud800',
      ),
    ),
  )
  .map((pieces) => pieces.join(''));

test("terminal escapes in the network's text are made visible", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { display: human, err } = display();
      for (const event of eventsWith(text)) human.tell(event);
      // Our own words bring line feeds; no other control, format or separator character may come out.
      assert.doesNotMatch(err.text, /[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
    }),
  );
});

test('each line of --json is printable and still holds the text exactly', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { display: json, out } = display({ json: true });
      for (const event of eventsWith(text)) json.tell(event);
      assert.doesNotMatch(out.text, /[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
      const lines = out.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      assert.deepEqual(lines, eventsWith(text));
    }),
  );
});

test('what looks escaped was escaped here: a backslash is doubled', () => {
  assert.equal(visible('\u001b[31m'), String.raw`\u{1b}[31m`);
  assert.equal(visible(String.raw`\u{1b}`), String.raw`\\u{1b}`);
  assert.equal(visible('Zoë · 東京 · e\u0301'), 'Zoë · 東京 · e\u0301');
});

test('text longer than a message is cut', () => {
  assert.equal(visible('x'.repeat(5000)).length, 301);
});

test('standard output stays empty for people: it belongs to the command', () => {
  const { display: human, out } = display();
  for (const event of eventsWith('x')) human.tell(event);
  assert.equal(out.text, '');
});

const traffic = { open: 1, bytesUp: 812, bytesDown: 3_565_158 };

test('the live line is drawn on a terminal only, fits its width, and is wiped before the next sentence', () => {
  const quiet = display();
  quiet.display.draw({ leftMs: 1000, connected: true, traffic });
  assert.equal(quiet.err.text, '');

  const live = display({ isTTY: true });
  live.display.draw({ leftMs: 3_600_000, connected: true, traffic });
  assert.equal(live.err.text, '\r\u001b[K1 h left · 1 connection · 812 B sent · ');
  live.display.tell({ event: 'reconnected', relay: 'r', session: 's' });
  assert.ok(live.err.text.endsWith('\r\u001b[KConnected again.\n'));
});

test('a command of --exec never has the live line drawn over it', () => {
  const { display: human, err } = display({ isTTY: true, live: false });
  human.draw({ leftMs: 1000, connected: true, traffic });
  assert.equal(err.text, '');
});

test('a failure in --json is told on standard error as well', () => {
  const { display: json, err } = display({ json: true });
  json.tell({ event: 'failed', code: 'c', message: 'It broke.', next: 'Mend it.', status: 70 });
  assert.equal(err.text, 'sallyport: It broke.\n           Mend it.\n');
});

test('spans, sizes and moments read as people say them', () => {
  const minute = 60_000;
  assert.deepEqual(
    [-5, 0, 59_999, minute, 5 * minute + 30_000, 10 * minute + 1000, 60 * minute, 125 * minute].map(
      describeDuration,
    ),
    ['0 s', '0 s', '59 s', '1 min', '5 min 30 s', '10 min', '1 h', '2 h 5 min'],
  );
  assert.deepEqual([0, 999, 1000, 10_000, 3_400_000, 2e18].map(describeBytes), [
    '0 B',
    '999 B',
    '1.0 KB',
    '10 KB',
    '3.4 MB',
    '2000000 TB',
  ]);
  const now = new Date(2026, 10, 24, 14, 0);
  assert.equal(
    describeMoment(new Date(2026, 10, 24, 15, 59).toISOString(), now),
    '15:59 (1 h 59 min left)',
  );
  assert.equal(
    describeMoment(new Date(2026, 10, 25, 1, 0).toISOString(), now),
    '2026-11-25 01:00 (11 h left)',
  );
  assert.equal(describeMoment('soon', now), 'an unknown time');
});

const port = { kind: 'port', host: '127.0.0.1', port: 54_321 } as const;
const lines: readonly [string, Parameters<typeof lineToPaste>[1], string | undefined][] = [
  ['postgres', port, 'psql "host=127.0.0.1 port=54321"'],
  ['mysql', port, 'mysql -h 127.0.0.1 -P 54321'],
  ['redis', port, 'redis-cli -h 127.0.0.1 -p 54321'],
  ['ssh', port, 'ssh -p 54321 127.0.0.1'],
  ['http', port, 'http://127.0.0.1:54321'],
  ['tcp', port, undefined],
  ['$(reboot)', port, undefined],
  ['postgres', { kind: 'socket', path: '/tmp/x/.s.PGSQL.5432' }, 'psql -h /tmp/x -p 5432'],
  ['postgres', { kind: 'socket', path: '/tmp/x/db' }, undefined],
  ['mysql', { kind: 'socket', path: "/tmp/it's/s" }, String.raw`mysql -S '/tmp/it'\''s/s'`],
];

for (const [protocol, address, line] of lines) {
  const where = address.kind === 'port' ? 'a port' : 'a socket';
  test(`the line for ${protocol} over ${where} is ${line ?? 'left out'}`, () => {
    assert.equal(lineToPaste(protocol, address), line);
  });
}
