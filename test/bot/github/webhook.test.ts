import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Hono } from 'hono';
import { pino } from 'pino';
import { mountWebhook, webhookPath } from '../../../bot/github/webhook.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';

const secret = 's'.repeat(32);
const before = 'b'.repeat(32);

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream;

interface Sending {
  readonly signature: string;
  /** Other headers than GitHub's; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

function edge(keep: () => Promise<void> = async () => undefined) {
  const app = new Hono();
  const kept: string[] = [];
  const lines: string[] = [];
  mountWebhook(app, {
    secrets: [secret, before],
    appId: 7,
    metrics: openBotMetrics(),
    log: pino({ level: 'error' }, { write: (line) => void lines.push(line) }),
    async keep({ payload }) {
      await keep();
      kept.push(payload);
    },
  });
  const post = async (body: Body, { signature, headers = {} }: Sending) => {
    const sent = { ...hookHeaders, 'x-hub-signature-256': signature, ...headers };
    const given = Object.entries(sent).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    return app.request(webhookPath, { method: 'POST', duplex: 'half', body, headers: given });
  };
  return { kept, lines, post };
}

const hookHeaders = {
  'x-github-delivery': 'd-1',
  'x-github-event': 'push',
  'x-github-hook-installation-target-id': '7',
};

const sign = (body: string | Uint8Array, by = secret) =>
  `sha256=${createHmac('sha256', by).update(body).digest('hex')}`;
const forged = `sha256=${'0'.repeat(64)}`;

test('a delivery with a right signature is kept, one with a wrong or no signature is not', async () => {
  const { kept, post } = edge();
  assert.equal((await post('{"a":1}', { signature: sign('{"a":1}') })).status, 202);
  assert.equal((await post('{"a":2}', { signature: sign('{"a":1}') })).status, 401);
  assert.equal((await post('{"a":2}', { signature: '' })).status, 401);
  assert.deepEqual(kept, ['{"a":1}']);
});

test('while the secret is being replaced, what is signed with the one before is kept as well', async () => {
  const { kept, post } = edge();
  assert.equal((await post('{"a":1}', { signature: sign('{"a":1}', before) })).status, 202);
  assert.equal((await post('{"a":2}', { signature: sign('{"a":2}', 'c'.repeat(32)) })).status, 401);
  assert.deepEqual(kept, ['{"a":1}']);
});

test('strangers who send without an end cannot fill the memory, nor keep GitHub out afterwards', async () => {
  const { kept, post } = edge();
  const senders: ReadableStreamDefaultController<Uint8Array>[] = [];
  const megabyte = new Uint8Array(1024 * 1024);
  const answers = Array.from({ length: 3 }, () =>
    post(
      new ReadableStream<Uint8Array>({
        start(controller) {
          senders.push(controller);
          for (let count = 0; count < 24; count += 1) controller.enqueue(megabyte);
        },
      }),
      { signature: forged },
    ),
  );
  // 72 MB of 64: the one that goes beyond is told so while the others still send.
  assert.equal((await Promise.race(answers)).status, 503);
  for (const sender of senders) {
    try {
      sender.close();
    } catch {
      // The one that was refused is closed already.
    }
  }
  await Promise.all(answers);
  assert.equal((await post('{"a":1}', { signature: sign('{"a":1}') })).status, 202);
  assert.equal(kept.length, 1);
});

test('a delivery for another App is not kept, and neither is one that names none', async () => {
  const { kept, post } = edge();
  const body = '{"a":1}';
  for (const target of ['8', '70', '07', '7.0', '', undefined]) {
    const headers = { 'x-github-hook-installation-target-id': target };
    const { status } = await post(body, { signature: sign(body), headers });
    assert.equal(status, 400, `target ${target}`);
  }
  assert.deepEqual(kept, []);
});

test('a delivery without a GUID or an event of GitHub’s form is not kept', async () => {
  const { kept, post } = edge();
  const body = '{"a":1}';
  const misfits = {
    'x-github-delivery': [undefined, '', 'd 1', 'd/1', 'd_1', 'd'.repeat(65), 'd-1, d-2'],
    'x-github-event': [undefined, '', 'Push', 'push;', 'issue_comment.created', 'p'.repeat(65)],
  };
  for (const [name, values] of Object.entries(misfits)) {
    for (const value of values) {
      const { status } = await post(body, { signature: sign(body), headers: { [name]: value } });
      assert.equal(status, 400, `${name}: ${value}`);
    }
  }
  assert.deepEqual(kept, []);
});

test('who does not know the secret learns nothing of what else is wrong', async () => {
  const { post } = edge();
  const headers = { 'x-github-delivery': undefined, 'x-github-hook-installation-target-id': '8' };
  assert.equal((await post('{"a":1}', { signature: forged, headers })).status, 401);
});

test('a body beyond 25 MB is refused even when it is signed, and the largest that GitHub sends is kept', async () => {
  const { kept, post } = edge();
  const largest = Buffer.alloc(25 * 1024 * 1024, ' ');
  const beyond = Buffer.concat([largest, Buffer.from(' ')]);
  const refused = await post(beyond, { signature: sign(beyond) });
  assert.ok(refused.status >= 400);
  assert.deepEqual(kept, []);
  assert.equal((await post(largest, { signature: sign(largest) })).status, 202);
  assert.equal(kept.length, 1);
});

test('a delivery that could not be kept is not acknowledged, and the log says which', async () => {
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  let isFull = true;
  const { kept, lines, post } = edge(async () => {
    if (isFull) throw full;
  });
  const body = '{"a":1}';
  // GitHub lists it as failed, and the next start of the bot asks for it again.
  assert.equal((await post(body, { signature: sign(body) })).status, 500);
  assert.deepEqual(kept, []);
  const [line = ''] = lines;
  assert.match(line, /"delivery":"d-1"/);
  assert.match(line, /database or disk is full/);
  isFull = false;
  assert.equal((await post(body, { signature: sign(body) })).status, 202);
});

test('the signature is compared over the bytes that came, not over a text made of them', async () => {
  const { kept, post } = edge();
  // Not UTF-8: read as text, both become one and the same replacement character.
  const body = Buffer.from('{"a":"\xff"}', 'latin1');
  const other = Buffer.from('{"a":"\xfe"}', 'latin1');
  assert.equal(body.toString('utf8'), other.toString('utf8'));
  assert.equal((await post(body, { signature: sign(body) })).status, 202);
  assert.equal((await post(other, { signature: sign(body) })).status, 401);
  assert.equal((await post(body, { signature: sign(body.toString('utf8')) })).status, 401);
  assert.equal(kept.length, 1);
});

test('of checks and pull requests only what somebody looks at is kept', async () => {
  const { kept, post } = edge();
  const send = async (event: string, body: string) => {
    const headers = { 'x-github-event': event };
    return (await post(body, { signature: sign(body), headers })).status;
  };
  const all: [string, string, boolean][] = [
    ['check_run', '{"action":"created"}', false],
    ['check_run', '{"action":"rerequested"}', true],
    ['check_suite', '{"action":"requested"}', false],
    ['pull_request', '{"action":"labeled"}', false],
    ['pull_request', '{"action":"synchronize"}', true],
    ['issues', '{"action":"labeled"}', true],
    // What cannot be read is told of where all that cannot be acted on is.
    ['pull_request', 'no JSON', true],
  ];
  for (const [event, body] of all) assert.equal(await send(event, body), 202, event);
  assert.deepEqual(
    kept,
    all.filter(([, , isKept]) => isKept).map(([, body]) => body),
  );
});
