// The App's own webhook deliveries: listed by cursor, read in full, sent again under the same GUID.
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { perPageOf, setLinks } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { deliveryItem, fullDelivery } from '../shapes/app-shape.ts';
import type { Delivery } from '../webhooks.ts';
import { requireApp } from './app-routes.ts';

export function mountDeliveryRoutes(api: Api): void {
  endpoint(api, 'get', '/app/hook/deliveries', async (call) => {
    const app = requireApp(call.actor);
    const { cursor, from } = cursorOf(call);
    const status = call.url.searchParams.get('status');
    const matching = call.instance.webhooks.deliveries.filter(
      (one) => one.app === app && one.id <= from && hasStatus(one, status),
    );
    const perPage = perPageOf(call);
    const next = matching[perPage];
    const links = next ? [{ rel: 'next', name: 'cursor', value: `v1_${next.id}` }] : [];
    if (cursor !== null && !Number.isFinite(from)) throw refuse.badRequest('Invalid cursor');
    setLinks(call, links);
    return { status: 200, body: matching.slice(0, perPage).map(deliveryItem) };
  });

  endpoint(api, 'get', '/app/hook/deliveries/{delivery_id}', async (call) => {
    return { status: 200, body: fullDelivery(ownDelivery(call)) };
  });

  endpoint(api, 'post', '/app/hook/deliveries/{delivery_id}/attempts', async (call) => {
    call.instance.webhooks.redeliver(ownDelivery(call));
    return { status: 202, body: {} };
  });
}

function cursorOf(call: Call): { cursor: string | null; from: number } {
  const cursor = call.url.searchParams.get('cursor');
  if (cursor === null) return { cursor, from: Infinity };
  return { cursor, from: Number(/^v1_(\d+)$/.exec(cursor)?.[1] ?? Number.NaN) };
}

/** What is still on its way is neither: GitHub lists a delivery once its outcome is known. */
function hasStatus(delivery: Delivery, status: string | null): boolean {
  if (delivery.status === 'pending') return false;
  if (status === null) return true;
  return (delivery.status === 'OK') === (status === 'success');
}

function ownDelivery(call: Call<'delivery_id'>): Delivery {
  const app = requireApp(call.actor);
  const id = Number(call.params.delivery_id);
  const found = call.instance.webhooks.deliveries.find((one) => one.id === id && one.app === app);
  if (!found) throw refuse.notFound();
  return found;
}
