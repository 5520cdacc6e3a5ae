// Apps, installations and webhook deliveries as GitHub writes them into answers and webhooks.
import type { components } from '@octokit/openapi-types';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import type { App, Installation } from '../state.ts';
import type { Delivery } from '../webhooks.ts';
import { simpleUser } from './account-shape.ts';
import { timestamp } from './timestamp.ts';

type Schemas = components['schemas'];

export function appShape(instance: Instance, app: App) {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    owner: simpleUser(instance, app.owner),
    name: app.name,
    description: app.description,
    external_url: app.homepageUrl ?? `${instance.origin()}/apps/${app.slug}`,
    html_url: `${instance.origin()}/apps/${app.slug}`,
    created_at: timestamp(app.createdAt),
    updated_at: timestamp(app.createdAt),
    permissions: app.permissions,
    events: [...app.events],
  } satisfies Schemas['integration'];
}

export function installationShape(instance: Instance, installation: Installation) {
  const { app, account } = installation;
  const api = `${instance.origin()}/api/v3`;
  return {
    id: installation.id,
    client_id: app.clientId,
    account: simpleUser(instance, account),
    repository_selection:
      installation.repositories === 'all' ? ('all' as const) : ('selected' as const),
    access_tokens_url: `${api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${api}/installation/repositories`,
    html_url: `${instance.origin()}/organizations/${account.login}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: [...installation.events],
    created_at: timestamp(installation.createdAt),
    updated_at: timestamp(installation.createdAt),
    single_file_name: null,
    suspended_by: installation.suspendedBy && simpleUser(instance, installation.suspendedBy),
    suspended_at: installation.suspendedAt && timestamp(installation.suspendedAt),
  } satisfies Schemas['installation'];
}

export function deliveryItem(delivery: Delivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: timestamp(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  } satisfies Schemas['hook-delivery-item'];
}

export function fullDelivery(delivery: Delivery): Schemas['hook-delivery'] {
  return {
    ...deliveryItem(delivery),
    url: delivery.url,
    request: {
      headers: delivery.requestHeaders,
      payload: JSON.parse(delivery.body.toString()) as Record<string, unknown>,
    },
    response: {
      headers: delivery.answer?.headers ?? {},
      payload: delivery.answer?.body ?? null,
    },
  };
}
