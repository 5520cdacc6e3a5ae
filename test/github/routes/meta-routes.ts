// What GitHub says about itself: limits and addresses.
import { callerKey } from '../auth.ts';
import { endpoint, type Api } from '../endpoint.ts';

export function mountMetaRoutes(api: Api): void {
  endpoint(api, 'get', '/rate_limit', async ({ instance, actor }) => {
    const rate = instance.rates.count(callerKey(actor), 'core', 0);
    const graphql = instance.rates.count(callerKey(actor), 'graphql', 0);
    return { status: 200, body: { resources: { core: rate, graphql, search: rate }, rate } };
  });

  endpoint(api, 'get', '/meta', async () => {
    const body = { verifiable_password_authentication: false, hooks: ['127.0.0.1/32', '::1/128'] };
    return { status: 200, body };
  });
}
