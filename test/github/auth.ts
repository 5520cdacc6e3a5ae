// Who is calling: the Authorization header of a request, turned into an actor or a 401.
// App JWTs are held to GitHub's rules (RS256, at most ten minutes, issued by a known App);
// tokens are looked up as they stand. Nothing about rights is decided here.
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { Actor } from './access.ts';
import type { Instance } from './instance.ts';
import { Refusal, refuse } from './refusals.ts';
import type { App, Token } from './state.ts';
import { scopeOf } from './tokens.ts';

/** GitHub refuses an App JWT that lives longer (docs, "Generating a JSON Web Token"). */
const maxJwtLifetimeSeconds = 600;

export async function actorOf(instance: Instance, header: string | undefined): Promise<Actor> {
  if (header === undefined) return { kind: 'anonymous' };
  const [scheme, value] = header.split(' ');
  if (value === undefined || !/^(bearer|token)$/i.test(scheme ?? '')) throw refuse.badCredentials();
  const isJwt = !/^gh[a-z]_/.test(value) && value.split('.').length === 3;
  if (isJwt) return appOf(instance, value);
  const token = instance.state.tokens.get(value);
  if (!token) throw refuse.badCredentials();
  return holderOf(instance, token);
}

/** The name under which a caller's requests are counted. */
export function callerKey(actor: Actor): string {
  if (actor.kind === 'installation') return `installation:${actor.installation.id}`;
  return actor.kind === 'anonymous' ? 'anonymous' : `${actor.kind}:${actor.account.id}`;
}

function holderOf(instance: Instance, token: Token): Actor {
  if (token.kind === 'user') return { kind: 'user', account: token.user, app: token.app };
  const { installation, expiresAt } = token;
  const isKnown = instance.state.installations.get(installation.id) === installation;
  if (!isKnown || expiresAt <= instance.now()) throw refuse.badCredentials();
  if (installation.suspendedAt) throw refuse.suspended();
  const { app } = installation;
  const scope = scopeOf(installation, token.narrowed);
  return { kind: 'installation', account: app.bot, app, installation, ...scope };
}

async function appOf(instance: Instance, jwt: string): Promise<Actor> {
  const app = findIssuer(instance, jwt);
  const now = instance.now();
  const { payload } = await jwtVerify(jwt, app.publicKey, {
    algorithms: ['RS256'],
    currentDate: now,
  }).catch((cause: unknown) => {
    throw cause instanceof errors.JWTExpired ? badClaim(expired) : refuse.requiresJwt();
  });
  const nowSeconds = now.getTime() / 1000;
  if (payload.exp === undefined) throw badClaim(expired);
  if (payload.exp > nowSeconds + maxJwtLifetimeSeconds) throw badClaim(tooFar);
  if (payload.iat === undefined || payload.iat > nowSeconds) throw badClaim(issued);
  return { kind: 'app', account: app.bot, app };
}

// GitHub's own words: octokit reads them to find out that a clock is wrong.
const expired =
  "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
const tooFar = "'Expiration time' claim ('exp') is too far in the future";
const issued =
  "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";

function badClaim(message: string): Refusal {
  return new Refusal(401, message);
}

function findIssuer(instance: Instance, jwt: string): App {
  let issuer: unknown;
  try {
    issuer = decodeJwt(jwt).iss;
  } catch {
    throw refuse.requiresJwt();
  }
  const app = instance.state.apps
    .values()
    .find((one) => one.clientId === issuer || String(one.id) === String(issuer));
  if (!app) throw new Refusal(404, 'Integration not found');
  return app;
}
