// A bot that can be claimed from: the claim's real routes over HTTPS, a real identity provider, and grants, people and
// records in memory, where a test can look at them and change them. Beside it a terminal: the client's half of the
// claim, written out step by step so that a test can leave one out or do it wrong.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { RuleName } from '../../../bot/access/explain.ts';
import { claimTime } from '../../../bot/access/grant-time.ts';
import { anyTime } from '../../../bot/access/hours.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { Person } from '../../../bot/access/request.ts';
import { openOidc } from '../../../bot/identity/oidc.ts';
import { openBotMetrics, type BotMetrics } from '../../../bot/observe/metrics.ts';
import { mountClaim } from '../../../bot/tokens/claim.ts';
import { openKeys } from '../../../bot/tokens/keys.ts';
import type { TokenRecord } from '../../../bot/tokens/mint.ts';
import { openPages } from '../../../bot/tokens/pages.ts';
import type { ClaimRefusal, RefusalReason } from '../../../bot/tokens/refusals.ts';
import type { Eligibility } from '../../../bot/tokens/standing.ts';
import {
  authorizationUrl,
  claimPaths,
  clientId,
  type AuthorizationRequest,
  type TokenAnswer,
} from '../../../relay/claim.ts';
import { generateSessionKey, makeProof, type SessionKey } from '../../../relay/proof.ts';
import { createBrowser, type Browser, type Page } from '../../support/browser.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { startIdentityProvider, type IdentityProvider } from '../../support/identity-provider.ts';
import { answerForms } from '../../support/person.ts';
import { dana, danasGrant, grantId } from './danas-grant.ts';

export const bea: Person = { id: 103, login: 'bea' };
const people = [
  { login: 'dana', subject: '00u-dana', name: 'Dana Developer', lacks: ['phrh'] },
  { login: 'bea', subject: '00u-bea', name: 'Bea Bystander' },
  { login: 'nora', subject: '00u-nora', name: 'Nora Nobody' },
];
const known = new Map<string, Person>([
  ['00u-dana', dana],
  ['00u-bea', bea],
]);

export const relayUrl = 'https://relay.acme.test';

/** What the domain says of a grant, but for its time, which follows from the grant and the moment. */
type Verdict =
  | Exclude<Eligibility, { kind: 'eligible' }>
  | Omit<Extract<Eligibility, { kind: 'eligible' }>, 'time'>;

/** What it says of one that still stands. */
export const eligible: Verdict = {
  kind: 'eligible',
  relays: ['eu-1'],
  limits: { sessions: 2, connections: 16, idleSeconds: 900, graceSeconds: 300 },
  identity: { maxAgeMs: null, acr: [] },
};

/** What a test may look at and change while the bot runs. */
export interface World {
  now: Date;
  grants: Map<string, Grant>;
  eligibility: Verdict;
  tokens: TokenRecord[];
  refusals: ClaimRefusal[];
  /** Asked for, in order: `person 00u-dana`, `grant g_…`, `eligible g_…`. */
  asked: string[];
  errors: unknown[];
  /** When set, a person is looked up only after it. */
  hold?: Promise<void>;
  /** What happens between the check of a claim and its record. */
  meanwhile?: () => void;
  /** When set, recording a token fails with it. */
  recordFault?: Error;
}

export interface ClaimBot extends AsyncDisposable {
  readonly origin: string;
  readonly caPem: string;
  readonly world: World;
  readonly metrics: BotMetrics;
  readonly provider: IdentityProvider;
  /** A browser that trusts the bot and the provider. */
  browser(): Browser;
  /** Why the bot turned somebody away, oldest first. */
  reasons(): RefusalReason[];
  /** The rule that each of these rests on, where the grant was judged. */
  restsOn(): (RuleName | undefined)[];
}

export async function startClaimBot(): Promise<ClaimBot> {
  const authority = await createAuthority();
  setDefaultCACertificates([...getCACertificates(), authority.caPem]);
  const tls = await authority.issue(['127.0.0.1']);
  const app = new Hono();
  const server = createHttpsServer(tls, getRequestListener(app.fetch));
  const origin = `https://127.0.0.1:${await listen(server)}`;
  const callback = `${origin}${claimPaths.signInCallback}`;
  const client = { clientId: 'bot', clientSecret: 'a secret of the bot', redirectUris: [callback] };
  const ways = ['pwd', 'phr', 'phrh'];
  const provider = await startIdentityProvider({ tls, people, clients: [client], ways });
  const folder = await createTemporaryFolder('claim');
  const world = newWorld();
  const metrics = openBotMetrics();
  mountClaim(app, {
    origin,
    epoch: 1,
    oidc: openOidc({
      issuer: provider.issuer,
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      subjectClaim: 'sub',
      acrClaim: 'acr',
    }),
    metrics,
    keys: await openKeys(folder.at('keys'), world.now),
    relays: [{ name: 'eu-1', url: relayUrl, caPem: authority.caPem }],
    pages: openPages(templates),
    behindProxy: false,
    ...worldDeps(world),
  });
  return {
    origin,
    caPem: authority.caPem,
    world,
    metrics,
    provider,
    browser: () => createBrowser({ ca: authority.caPem }),
    reasons: () => world.refusals.map(({ reason }) => reason),
    restsOn: () => world.refusals.map(({ derivation }) => derivation?.at(-1)?.rule),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await provider.close();
      await folder.remove();
    },
  };
}

const templates = fileURLToPath(new URL('../../../templates', import.meta.url));

function newWorld(): World {
  return {
    now: new Date(),
    grants: new Map([[grantId, danasGrant(grantId)]]),
    eligibility: eligible,
    tokens: [],
    refusals: [],
    asked: [],
    errors: [],
  };
}

function worldDeps(world: World) {
  return {
    now: () => world.now,
    async personBySubject(_issuer: string, subject: string) {
      world.asked.push(`person ${subject}`);
      await world.hold;
      return known.get(subject);
    },
    async grant(id: string) {
      world.asked.push(`grant ${id}`);
      return world.grants.get(id);
    },
    async eligible(grant: Grant) {
      world.asked.push(`eligible ${grant.id}`);
      const verdict = world.eligibility;
      if (verdict.kind === 'refused') return verdict;
      return { ...verdict, time: claimTime(grant, world.now, anyTime) };
    },
    async recordToken(record: TokenRecord) {
      if (world.recordFault) throw world.recordFault;
      world.meanwhile?.();
      const { grant, isStart } = record;
      const { state, time } = world.grants.get(grant.id) ?? grant;
      if (isStart && (state !== 'active' || time.kind === 'running')) return 'overtaken' as const;
      world.grants.set(grant.id, grant);
      world.tokens.push(record);
      return 'recorded' as const;
    },
    async recordRefusal(refusal: ClaimRefusal) {
      world.refusals.push(refusal);
    },
    // Nothing here waits to be confirmed: test/bot/confirm.test.ts has a whole bot.
    confirmable: async () => undefined,
    demandIn: async () => ({ maxAgeMs: null, acr: [] }),
    confirm: () => Promise.reject(new Error('nothing waits to be confirmed')),
    words: () => '',
    recordConfirmRefusal: async () => undefined,
    report: (error: unknown) => void world.errors.push(error),
  };
}

/** The client's half: a key, a verifier, and a page of its own on the loopback address. */
export interface Terminal extends AsyncDisposable {
  readonly key: SessionKey;
  readonly request: AuthorizationRequest;
  readonly verifier: string;
  /** The link it would open. */
  readonly link: string;
}

export async function openTerminal(bot: ClaimBot, grant = grantId): Promise<Terminal> {
  const page = createHttpServer((_request, response) => void response.end('back in the terminal'));
  const key = await generateSessionKey();
  const verifier = randomBytes(32).toString('base64url');
  const request: AuthorizationRequest = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: `http://127.0.0.1:${await listen(page)}/callback`,
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    dpop_jkt: key.jkt,
    grant,
  };
  const link = authorizationUrl(`${bot.origin}${claimPaths.authorize}`, request).href;
  return {
    key,
    verifier,
    request,
    link,
    async [Symbol.asyncDispose]() {
      page.close();
      page.closeAllConnections();
      await once(page, 'close');
    },
  };
}

/** Signs in and presses a button of the consent page. All pages seen; the last is the terminal's, or a refusal. */
export function signIn(browser: Browser, link: string, login: string, presses = /Approve/) {
  return answerForms(browser, link, { login, presses });
}

/** Signs in as dana and approves; the code that reached the terminal. */
export async function codeFor(bot: ClaimBot, terminal: Terminal): Promise<string> {
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  return answerIn(pages).get('code') ?? '';
}

/** What the browser carried to the terminal. */
export function answerIn(pages: readonly Page[]): URLSearchParams {
  return pages.at(-1)?.url.searchParams ?? new URLSearchParams();
}

export interface TokenReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Partial<TokenAnswer> & { error?: string; error_description?: string };
}

/** Posts to the token endpoint with a proof by `key`, after fetching a nonce. */
export async function postToken(
  bot: ClaimBot,
  key: SessionKey,
  form: Readonly<Record<string, string>>,
): Promise<TokenReply> {
  const first = await post(bot, await proof(bot, key), form);
  if (first.body.error !== 'use_dpop_nonce') return first;
  return post(bot, await proof(bot, key, first.headers.get('dpop-nonce') ?? ''), form);
}

export async function proof(bot: ClaimBot, key: SessionKey, nonce?: string): Promise<string> {
  const url = `${bot.origin}${claimPaths.token}`;
  return makeProof(key, {
    method: 'POST',
    url,
    now: new Date(),
    ...(nonce !== undefined && { nonce }),
  });
}

export async function post(
  bot: ClaimBot,
  dpop: string,
  form: Readonly<Record<string, string>>,
): Promise<TokenReply> {
  const answer = await fetch(`${bot.origin}${claimPaths.token}`, {
    method: 'POST',
    headers: { dpop },
    body: new URLSearchParams(form),
  });
  const body = (await answer.json()) as TokenReply['body'];
  return { status: answer.status, headers: answer.headers, body };
}

/** The form that redeems a code. */
export function redemption(terminal: Terminal, code: string): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: terminal.request.redirect_uri,
    code_verifier: terminal.verifier,
  };
}

async function listen(server: Pick<Server, 'listen' | 'address'> & NodeJS.EventEmitter) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
