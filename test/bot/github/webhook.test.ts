import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Hono } from 'hono';
import { pino } from 'pino';
import { mountWebhook, webhookPath } from '../../../bot/github/webhook.ts';

const secret = 's'.repeat(32);

function edge() {
  const app = new Hono();
  const kept: string[] = [];
  mountWebhook(app, {
    secret,
    appId: 7,
    log: pino({ level: 'silent' }),
    async keep({ payload }) {
      kept.push(payload);
    },
  });
  const post = async (body: string | ReadableStream, signature: string) =>
    app.request(webhookPath, {
      method: 'POST',
      duplex: 'half',
      body,
      headers: {
        'x-github-delivery': 'd-1',
        'x-github-event': 'push',
        'x-github-hook-installation-target-id': '7',
        'x-hub-signature-256': signature,
      },
    });
  return { kept, post };
}

const sign = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const forged = `sha256=${'0'.repeat(64)}`;

test('a delivery with a right signature is kept, one with a wrong or no signature is not', async () => {
  const { kept, post } = edge();
  assert.equal((await post('{"a":1}', sign('{"a":1}'))).status, 202);
  assert.equal((await post('{"a":2}', sign('{"a":1}'))).status, 401);
  assert.equal((await post('{"a":2}', '')).status, 401);
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
      forged,
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
  assert.equal((await post('{"a":1}', sign('{"a":1}'))).status, 202);
  assert.equal(kept.length, 1);
});
