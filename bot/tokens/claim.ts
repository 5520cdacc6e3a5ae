// The claim: the grantee proves who they are and gets the grant token, bound to a key that never leaves their machine.
// OAuth 2 between terminal and bot (code, PKCE, DPoP), OpenID Connect between browser and provider. This file says
// which path leads where, and those of the confirmation, which shares the sign-in; ARCHITECTURE has the same as a table.
// It keeps nobody signed in.

import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { claimPaths, renewalGrantType, type ServerMetadata } from '../../relay/claim.ts';
import { confirmPath } from '../confirm-path.ts';
import { authorize } from './authorize.ts';
import { signInCallback } from './callback.ts';
import { answerConfirm, beginConfirm, showConfirm } from './confirm.ts';
import { answerConsent, showConsent } from './consent.ts';
import { openDesk, show, type ClaimDeps, type Desk } from './desk.ts';
import { openTokenEndpoint, refuse } from './token.ts';

/** No form of a claim is larger: the biggest is a renewal with its token of at most 4096 characters. */
const maxBodyBytes = 16_384;
/** How long anybody may keep the published keys; a new key is published long before it signs. */
const keysMaxAgeSeconds = 300;

/** Adds the routes of claim and confirmation to the bot's. They answer `claimPaths` and `confirmPath`, and nothing else. */
export function mountClaim(app: Hono, deps: ClaimDeps): void {
  const desk = openDesk(deps);
  const pages = browserRoutes(desk);
  const endpoints = terminalRoutes(desk);
  app.route('/', pages);
  app.route('/', endpoints);
}

function browserRoutes(desk: Desk): Hono {
  const { pages, report } = desk.deps;
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (context) => show(context, 413, pages.refused('invalid_request')),
  });
  const routes = new Hono();
  routes.get(claimPaths.authorize, (context) => authorize(context, desk));
  routes.get(claimPaths.signInCallback, (context) => signInCallback(context, desk));
  routes.get(claimPaths.consent, (context) => showConsent(context, desk));
  routes.post(claimPaths.consent, tooLarge, (context) => answerConsent(context, desk));
  routes.get(`${confirmPath}/:id`, (context) => beginConfirm(context, desk));
  routes.get(confirmPath, (context) => showConfirm(context, desk));
  routes.post(confirmPath, tooLarge, (context) => answerConfirm(context, desk));
  routes.onError((error, context) => {
    report(error);
    return show(context, 500, pages.refused('server_error'));
  });
  return routes;
}

function terminalRoutes(desk: Desk): Hono {
  const { origin, keys, report } = desk.deps;
  const metadata = metadataOf(origin);
  const cached = { 'cache-control': `public, max-age=${keysMaxAgeSeconds}` };
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (context: Context) => refuse(context, 'invalid_request'),
  });
  const routes = new Hono();
  routes.get(claimPaths.metadata, (context) => context.json(metadata, 200, cached));
  routes.get(claimPaths.jwks, (context) => context.json({ keys: keys.published() }, 200, cached));
  routes.post(claimPaths.token, tooLarge, openTokenEndpoint(desk));
  routes.onError((error, context) => {
    report(error);
    return refuse(context, 'server_error');
  });
  return routes;
}

/** RFC 8414 §2, with what RFC 9207 and RFC 9449 add. */
function metadataOf(origin: string): ServerMetadata {
  const at = (path: string) => new URL(path, origin).href;
  return {
    issuer: origin,
    authorization_endpoint: at(claimPaths.authorize),
    token_endpoint: at(claimPaths.token),
    jwks_uri: at(claimPaths.jwks),
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', renewalGrantType],
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: ['Ed25519'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['none'],
    sallyport_methods_supported: ['oidc'],
  };
}
