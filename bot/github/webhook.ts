// The webhook edge: where GitHub's deliveries come in. It believes nothing before the signature over the raw bytes
// holds, keeps every delivery on disk before it answers, and decides nothing. Ours and not Probot's, because Probot's
// reads any body before it checks, and answers before it keeps.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { BotMetrics } from '../observe/metrics.ts';

export const webhookPath = '/github/webhooks';

/** GitHub never sends more; a larger body is not from GitHub. */
const maxDeliveryBytes = 25 * 1024 * 1024;
/** Bodies that are being read and not yet believed, all together: anybody can send them, and they lie in memory. */
const maxUnprovenBytes = 64 * 1024 * 1024;

export interface WebhookParts {
  /** The present one, and the one before while it is being replaced. */
  readonly secrets: readonly string[];
  readonly appId: number;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  /** Must be durable when it resolves. */
  keep(delivery: { guid: string; event: string; payload: string }): Promise<void>;
}

/**
 * Adds `POST /github/webhooks`. Answers 202 when the delivery is on disk, 500 when it could not be kept (GitHub then
 * lists it as failed, and the next start asks for it again), 202 also to what nothing is done about, 401 to a wrong
 * signature, 400 to a misfit, 503 to too much.
 */
export function mountWebhook(app: Hono, parts: WebhookParts): void {
  const read = openReader();
  const count = (
    outcome: 'kept' | 'unheard' | 'wrong-signature' | 'unfit' | 'too-much' | 'not-kept',
  ) => parts.metrics.add('sallyport_bot_webhooks_total', { outcome });
  app.post(webhookPath, async (context) => {
    const header = (name: string) => context.req.header(name) ?? '';
    const signature = header('x-hub-signature-256');
    const body = signatureForm.test(signature) ? await read(context.req.raw) : Buffer.alloc(0);
    if (body === undefined) {
      count('too-much');
      return context.text('Too much is being sent.', 503);
    }
    if (!parts.secrets.some((secret) => isSigned(body, signature, secret))) {
      parts.log.warn('a webhook with a wrong signature was refused');
      count('wrong-signature');
      return context.text('The signature does not match.', 401);
    }
    const guid = header('x-github-delivery');
    const event = header('x-github-event');
    if (!/^[0-9a-zA-Z-]{1,64}$/.test(guid) || !/^[a-z_]{1,64}$/.test(event)) {
      count('unfit');
      return context.text('X-GitHub-Delivery or X-GitHub-Event is missing.', 400);
    }
    if (header('x-github-hook-installation-target-id') !== String(parts.appId)) {
      count('unfit');
      return context.text('This delivery is for another App.', 400);
    }
    if (!isHeard(event, body)) {
      count('unheard');
      return context.text('Nothing is done about this.', 202);
    }
    try {
      await parts.keep({ guid, event, payload: body.toString('utf8') });
    } catch (error) {
      parts.log.error({ err: error, delivery: guid, event }, 'a delivery could not be kept');
      count('not-kept');
      return context.text('Not kept.', 500);
    }
    parts.log.info({ delivery: guid, event }, 'a delivery was kept');
    count('kept');
    return context.text('Kept.', 202);
  });
}

/**
 * Of these events the actions that have a handler. GitHub tells an App that may write checks of everybody's check runs,
 * and of pull requests far more than is looked at: kept, they would fill the disk.
 */
export const heardActions: Readonly<Record<string, readonly string[]>> = {
  check_run: ['rerequested'],
  check_suite: ['rerequested'],
  pull_request: ['opened', 'reopened', 'synchronize', 'edited'],
};

function isHeard(event: string, body: Buffer): boolean {
  const actions = heardActions[event];
  if (!actions) return true;
  try {
    const { action } = JSON.parse(body.toString('utf8')) as { action?: unknown };
    return actions.some((each) => each === action);
  } catch {
    // Kept, so that it is told of where all that cannot be acted on is.
    return true;
  }
}

const signatureForm = /^sha256=[0-9a-f]{64}$/;

/** Reads a body, or undefined when it is too much, by itself or together with the others that are being read. */
function openReader(): (request: Request) => Promise<Buffer | undefined> {
  let held = 0;
  return async ({ body }) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body ?? []) {
        bytes += chunk.length;
        held += chunk.length;
        if (bytes > maxDeliveryBytes || held > maxUnprovenBytes) return undefined;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } finally {
      held -= bytes;
    }
  };
}

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
