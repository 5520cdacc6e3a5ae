// Asks GitHub again for what it could not deliver while the bot was down. GitHub keeps failed deliveries for days and
// sends none of them again by itself. A redelivery keeps its GUID and comes in through the webhook edge like any
// other, so that one that did arrive after all is recognised and changes nothing.

import type { Octokit } from '@octokit/rest';
import type { Logger } from 'pino';

/** How far back failed deliveries are looked for; GitHub forgets them after three days. */
const windowMs = 3 * 24 * 60 * 60 * 1000;
/** Pages of a hundred that are read at the most: more is a backlog for a person to look at. */
const maxPages = 50;

export interface RedeliveryParts {
  readonly octokit: Octokit;
  /** Of these GUIDs, those that were kept here and need not be sent again. */
  known(guids: readonly string[]): Promise<ReadonlySet<string>>;
  readonly log: Logger;
  readonly now: Date;
}

/** Requests a redelivery of each delivery of the window that never succeeded. Returns how many were requested. */
export async function redeliverFailed({
  octokit,
  known,
  log,
  now,
}: RedeliveryParts): Promise<number> {
  const latest = new Map<string, { id: number; ok: boolean }>();
  const since = now.getTime() - windowMs;
  let pages = 0;
  for await (const page of octokit.paginate.iterator('GET /app/hook/deliveries', {
    per_page: 100,
  })) {
    const recent = page.data.filter((delivery) => Date.parse(delivery.delivered_at) >= since);
    for (const delivery of recent) {
      const ok = delivery.status_code >= 200 && delivery.status_code < 300;
      // Newest first: a later attempt that succeeded outweighs the failures before it.
      const before = latest.get(delivery.guid);
      latest.set(delivery.guid, { id: before?.id ?? delivery.id, ok: ok || (before?.ok ?? false) });
    }
    pages += 1;
    if (recent.length < page.data.length || pages >= maxPages) break;
  }
  const failed = [...latest].filter(([, delivery]) => !delivery.ok);
  const kept = await known(failed.map(([guid]) => guid));
  // Oldest first, so that commands come in the order they were given.
  const missing = failed.filter(([guid]) => !kept.has(guid)).toReversed();
  for (const [guid, { id }] of missing) {
    await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: id });
    log.info({ delivery: guid }, 'a failed delivery was asked for again');
  }
  return missing.length;
}
