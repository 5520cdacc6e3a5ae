// The webhook edge: where GitHub's deliveries come in. It believes nothing before the signature over the raw bytes
// holds, keeps every delivery on disk before it answers, and decides nothing. Ours and not Probot's, because Probot's
// reads any body before it checks, and answers before it keeps.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';

export const webhookPath = '/github/webhooks';

/** GitHub never sends more; a larger body is not from GitHub. */
const maxDeliveryBytes = 25 * 1024 * 1024;

export interface WebhookParts {
  readonly secret: string;
  readonly appId: number;
  readonly log: Logger;
  /** Must be durable when it resolves. */
  keep(delivery: { guid: string; event: string; payload: string }): Promise<void>;
}

/** Adds `POST /github/webhooks`. Answers 202 when the delivery is on disk, 401 to a wrong signature, 400 to a misfit. */
export function mountWebhook(app: Hono, parts: WebhookParts): void {
  app.post(webhookPath, bodyLimit({ maxSize: maxDeliveryBytes }), async (context) => {
    const header = (name: string) => context.req.header(name) ?? '';
    const body = Buffer.from(await context.req.arrayBuffer());
    if (!isSigned(body, header('x-hub-signature-256'), parts.secret)) {
      parts.log.warn('a webhook with a wrong signature was refused');
      return context.text('The signature does not match.', 401);
    }
    const guid = header('x-github-delivery');
    const event = header('x-github-event');
    if (!/^[0-9a-zA-Z-]{1,64}$/.test(guid) || !/^[a-z_]{1,64}$/.test(event)) {
      return context.text('X-GitHub-Delivery or X-GitHub-Event is missing.', 400);
    }
    if (header('x-github-hook-installation-target-id') !== String(parts.appId)) {
      return context.text('This delivery is for another App.', 400);
    }
    await parts.keep({ guid, event, payload: body.toString('utf8') });
    return context.text('Kept.', 202);
  });
}

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
