// A host (the bot's side of the claim) of a few lines, over real TLS. It does what a test tells it, wrong things
// included, which the real one cannot be made to do.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { claimPaths, readAuthorizationRequest, type GrantDisplay } from '../../../relay/claim.ts';
import type { GrantClaims } from '../../../relay/grant.ts';
import { checkProof } from '../../../relay/proof.ts';
import { grantId, json, listen, mintToken, originOf, type Guise } from './scripted.ts';

export interface ScriptedHost {
  readonly origin: string;
  /** How many connections were made to it, whatever came of them. */
  connections: number;
  /** Forms that the token endpoint took, with a good proof. */
  readonly asked: URLSearchParams[];
  /** Changed by a test to misbehave. */
  script: {
    metadata: Record<string, unknown>;
    /** Parameters of the redirect back to the terminal, after the right ones were set. */
    redirect: (parameters: URLSearchParams) => void;
    claims: Partial<GrantClaims>;
    /** Fields of the token endpoint's answer, in place of the right ones. */
    answer: Record<string, unknown>;
    display: Partial<GrantDisplay>;
    relays: { url: string; ca?: string }[];
    /** Answers the token endpoint instead of a token. */
    refuse?: { status: number; error: string };
    protocol: string;
  };
}

export async function openHost(t: TestContext, guise?: Guise): Promise<ScriptedHost> {
  const asked: URLSearchParams[] = [];
  const nonce = randomBytes(12).toString('base64url');
  const server = await listen(t, (request, response) => void serve(request, response), guise);
  server.on('connection', () => (host.connections += 1));
  const origin = originOf(server);
  const host: ScriptedHost = {
    origin,
    connections: 0,
    asked,
    script: {
      metadata: {},
      redirect: () => {},
      claims: {},
      answer: {},
      display: {},
      relays: [],
      protocol: 'postgres',
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', origin);
    if (url.pathname === claimPaths.metadata)
      return json(response, 200, { ...metadata(), ...host.script.metadata });
    if (url.pathname === claimPaths.authorize) return authorize(url, response);
    if (url.pathname === claimPaths.token) return token(request, response);
    json(response, 404, {});
  }

  const metadata = (): object => ({
    issuer: origin,
    authorization_endpoint: `${origin}${claimPaths.authorize}`,
    token_endpoint: `${origin}${claimPaths.token}`,
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: ['Ed25519'],
  });

  function authorize(url: URL, response: ServerResponse): void {
    const reading = readAuthorizationRequest(url.searchParams);
    if (reading.kind === 'invalid') return json(response, 400, reading);
    const back = new URL(reading.request.redirect_uri);
    back.search = new URLSearchParams({
      code: 'c0de',
      state: reading.request.state,
      iss: origin,
    }).toString();
    host.script.redirect(back.searchParams);
    response.writeHead(303, { location: back.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await checkProof(String(request.headers['dpop']), {
      method: 'POST',
      url: `${origin}${claimPaths.token}`,
      now: new Date(),
      isFreshNonce: (given) => given === nonce,
    });
    response.setHeader('dpop-nonce', nonce);
    if (verdict.kind === 'invalid') {
      const error = verdict.reason === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof';
      return json(response, 400, { error });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push(new URLSearchParams(Buffer.concat(chunks).toString()));
    const { answer, claims, display, refuse, relays, protocol } = host.script;
    if (refuse) return json(response, refuse.status, { error: refuse.error });
    const exp = claims.exp ?? Math.floor(Date.now() / 1000) + 3600;
    const aud = relays.map((relay) => relay?.url ?? origin);
    json(response, 200, {
      access_token: await mintToken({
        iss: origin,
        aud,
        cnf: { jkt: verdict.jkt },
        ...claims,
        exp,
      }),
      token_type: 'DPoP',
      expires_in: exp - Math.floor(Date.now() / 1000),
      grant: {
        id: grantId,
        resource: 'resource:payments/payments-db',
        role: 'reader',
        protocol,
        endsAt: new Date(exp * 1000).toISOString(),
        issue: 'https://github.example/acme/it/issues/1',
        grantee: 'dana',
        ...display,
      },
      relays,
      ...answer,
    });
  }
  return host;
}
