// Asks GitHub again for what it could not deliver while the bot was down. GitHub keeps failed deliveries for days and
// sends none of them again by itself. A redelivery keeps its GUID and comes in through the webhook edge like any
// other, so that one that did arrive after all is recognised and changes nothing.

import type { Octokit } from '@octokit/rest';
import type { Logger } from 'pino';

/** How far back failed deliveries are looked for at first; GitHub forgets them after three days. */
export const deliveryWindowMs = 3 * 24 * 60 * 60 * 1000;
/** How far back they are looked for afterwards. Each attempt is a delivery of its own, so that none drops out of it. */
const laterWindowMs = 60 * 60 * 1000;
/** Pages of a hundred that are read at the most: more is a backlog for a person to look at. */
const maxPages = 50;
/**
 * So often a delivery is asked for while the bot runs. What fails until then fails for a reason that time does not
 * mend.
 */
const maxAsks = 5;

export interface RedeliveryParts {
  /** Calls as the App. */
  asApp(): Promise<Octokit>;
  /** Of these GUIDs, those that were kept here and need not be sent again. */
  known(guids: readonly string[]): Promise<ReadonlySet<string>>;
  readonly log: Logger;
  now(): Date;
}

/**
 * Gives what requests a redelivery of each delivery that never succeeded: of three days at first, then of what came.
 */
export function openRedelivery(parts: RedeliveryParts): () => Promise<void> {
  let windowMs = deliveryWindowMs;
  const asked = new Map<string, number>();

  return async () => {
    const octokit = await parts.asApp();
    const failed = await failedDeliveries(octokit, parts.now().getTime() - windowMs);
    const kept = await parts.known(failed.map(({ guid }) => guid));
    for (const { guid, id } of failed) {
      const asks = asked.get(guid) ?? 0;
      if (kept.has(guid) || asks >= maxAsks) continue;
      asked.set(guid, asks + 1);
      const facts = { delivery: guid, asks: asks + 1 };
      try {
        await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: id });
      } catch (error) {
        // One that GitHub will not send again keeps nobody from the others.
        parts.log.error({ ...facts, err: error }, 'a failed delivery could not be asked for again');
        continue;
      }
      if (asks + 1 < maxAsks) parts.log.info(facts, 'a failed delivery was asked for again');
      else parts.log.warn(facts, 'a failed delivery was asked for again, for the last time');
    }
    windowMs = laterWindowMs;
  };
}

/** Oldest first, so that commands come in the order they were given. */
async function failedDeliveries(
  octokit: Octokit,
  sinceMs: number,
): Promise<{ guid: string; id: number }[]> {
  const latest = new Map<string, { id: number; ok: boolean }>();
  let pages = 0;
  for await (const page of octokit.paginate.iterator('GET /app/hook/deliveries', {
    per_page: 100,
  })) {
    const recent = page.data.filter((delivery) => Date.parse(delivery.delivered_at) >= sinceMs);
    for (const delivery of recent) {
      const ok = delivery.status_code >= 200 && delivery.status_code < 300;
      // Newest first: a later attempt that succeeded outweighs the failures before it.
      const before = latest.get(delivery.guid);
      latest.set(delivery.guid, { id: before?.id ?? delivery.id, ok: ok || (before?.ok ?? false) });
    }
    pages += 1;
    if (recent.length < page.data.length || pages >= maxPages) break;
  }
  return [...latest]
    .filter(([, { ok }]) => !ok)
    .map(([guid, { id }]) => ({ guid, id }))
    .toReversed();
}
