// A company's identity provider: the certified `oidc-provider` over HTTPS, with our own sign-in page
// and a list of people. It demands PKCE, answers `max_age` with `auth_time`, signs in by a wanted way where
// it has it (`acr_values`), ignores one that it does not have, as Okta does, and shares no code with the
// product. Consent is not asked: the company gave it for everybody when it registered the client.
import { randomUUID, generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { interactionPolicy, Provider, type Configuration } from 'oidc-provider';
import type { ServerCertificate } from './certificates.ts';
import { signInPage } from './identity-provider-page.ts';

export interface ProviderPerson {
  readonly login: string;
  /** The stable key: `sub` in the ID token. */
  readonly subject: string;
  readonly name: string;
  /** Without one, whoever says they are this person is believed. */
  readonly password?: string;
  /** Ways of the provider by which this person cannot sign in: then it answers that it could not. */
  readonly lacks?: readonly string[];
  /** More claims for the ID token, such as Entra's `oid`. */
  readonly claims?: Readonly<Record<string, string>>;
}

export interface ProviderClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
}

export interface ProviderSettings {
  readonly people: readonly ProviderPerson[];
  readonly clients: readonly ProviderClient[];
  /** Asks who it is at every sign-in, also of a browser that has just said so: several people share it. */
  readonly asksEveryTime?: boolean;
  /** The ways to sign in that it has, by the names of `acr`; who is not asked for another gets the first. */
  readonly ways?: readonly string[];
}

export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Whoever signs in from now on is said to have done so this long ago: a session that has grown old. */
  backdate(seconds: number): void;
  close(): Promise<void>;
}

/** Starts one on 127.0.0.1, on a free port unless one is given. */
export async function startIdentityProvider(
  settings: ProviderSettings & { readonly tls: ServerCertificate; readonly port?: number },
): Promise<IdentityProvider> {
  const server = createServer(settings.tls).listen(settings.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, await configure(settings));
  // The cast: pino, somewhere else in the program, declares its own fields on every request.
  let agoSeconds = 0;
  const protocol = provider.callback() as unknown as RequestListener;
  server.on('request', (request, response) => {
    const isOurs = request.url?.startsWith(interactionPath) === true;
    if (!isOurs) return protocol(request, response);
    askWho(provider, settings, { request, response, agoSeconds }).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    });
  });

  async function close(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  const backdate = (seconds: number) => void (agoSeconds = seconds);
  return { issuer, backdate, close, [Symbol.asyncDispose]: close };
}

const interactionPath = '/sign-in/';

async function configure(settings: ProviderSettings): Promise<Configuration> {
  const extra = settings.people.flatMap((person) => Object.keys(person.claims ?? {}));
  const claims = {
    openid: ['sub', 'auth_time', 'acr', ...extra],
    profile: ['name', 'preferred_username'],
  };
  const hourSeconds = 3600;
  return {
    clients: settings.clients.map((client) => ({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      redirect_uris: [...client.redirectUris],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    })),
    claims,
    acrValues: [...(settings.ways ?? [])],
    conformIdTokenClaims: false, // the bot reads the ID token, not the userinfo endpoint
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: {
      policy: whenToAsk(settings),
      url: (_context, interaction) => `${interactionPath}${interaction.uid}`,
    },
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomUUID()], long: { signed: true }, short: { signed: true } },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: hourSeconds,
      Session: hourSeconds,
      Grant: hourSeconds,
    },
    findAccount: (_context, subject) => findAccount(settings.people, subject),
    async loadExistingGrant({ oidc }) {
      if (!oidc.client || !oidc.session?.accountId) return undefined;
      const { clientId } = oidc.client;
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(['openid', ...Object.keys(claims)].join(' '));
      grant.addOIDCClaims(Object.values(claims).flat());
      await grant.save();
      return grant;
    },
  };
}

function whenToAsk({
  asksEveryTime,
  ways = [],
}: Pick<ProviderSettings, 'asksEveryTime' | 'ways'>): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const policy = base();
  policy.get('login')?.checks.add(
    new Check('another_way', 'a way to sign in is wanted', ({ oidc }) => {
      const wanted = wayWanted(oidc.params?.['acr_values'], ways);
      const isSo = wanted === undefined || oidc.session?.acr === wanted;
      return isSo || oidc.result?.['login'] ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  if (asksEveryTime !== true) return policy;
  policy
    .get('login')
    ?.checks.add(
      new Check('shared_browser', 'several people share this browser', ({ oidc }) =>
        oidc.result?.['login'] ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  return policy;
}

/** The first of the wanted ways that there is. */
function wayWanted(acrValues: unknown, ways: readonly string[]): string | undefined {
  if (typeof acrValues !== 'string') return undefined;
  return acrValues.split(' ').find((way) => ways.includes(way));
}

// RS256 because that is what Okta, Entra ID and Google sign with.
async function signingKey() {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'sign-1', use: 'sig', alg: 'RS256' };
}

function findAccount(people: readonly ProviderPerson[], subject: string) {
  const person = people.find((each) => each.subject === subject);
  if (!person) return undefined;
  const { login, name, claims } = person;
  return {
    accountId: subject,
    claims: () => ({ sub: subject, name, preferred_username: login, ...claims }),
  };
}

async function askWho(
  provider: Provider,
  { people, ways = [] }: Pick<ProviderSettings, 'people' | 'ways'>,
  {
    request,
    response,
    agoSeconds,
  }: { request: IncomingMessage; response: ServerResponse; agoSeconds: number },
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response); // checks the cookie
  const client = String(params['client_id']);
  if (request.method !== 'POST') return signInPage(response, { people, client });
  const form = new URLSearchParams(await text(request));
  const person = people.find(({ login }) => login === form.get('login'));
  if (!person || (person.password ?? '') !== (form.get('password') ?? '')) {
    return signInPage(response, { people, client, refused: true });
  }
  const acr = wayWanted(params['acr_values'], ways) ?? ways[0];
  if (acr !== undefined && person.lacks?.includes(acr)) {
    const error = 'unmet_authentication_requirements';
    return provider.interactionFinished(request, response, { error });
  }
  const ts = Math.floor(Date.now() / 1000) - agoSeconds;
  const login = { accountId: person.subject, ts, ...(acr !== undefined && { acr }) };
  await provider.interactionFinished(request, response, { login });
}
