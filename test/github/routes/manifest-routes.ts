// The last step of GitHub's manifest flow: whoever holds the code gets the App's keys, once and within the hour.
// Nobody has to be signed in, on GitHub as here: the code is all there is.
import { endpoint, type Api } from '../endpoint.ts';
import { refuse } from '../refusals.ts';
import { appShape } from '../shapes/app-shape.ts';

export function mountManifestRoutes(api: Api): void {
  endpoint(api, 'post', '/app-manifests/{code}/conversions', async ({ instance, params }) => {
    const { manifestCodes } = instance.state;
    const found = manifestCodes.get(params.code);
    manifestCodes.delete(params.code);
    if (!found || found.expiresAtMs <= instance.now().getTime()) throw refuse.notFound();
    const { app, privateKey } = found;
    const body = {
      ...appShape(instance, app),
      client_id: app.clientId,
      client_secret: app.clientSecret,
      webhook_secret: app.webhookSecret,
      pem: privateKey,
    };
    return { status: 201, body };
  });
}
