// What the bot remembers of a claim, or of a confirmation, between two of its steps: sign-ins in progress and codes not
// yet redeemed. In memory, bounded and short-lived: a restart loses them and the person runs the line again. Nothing
// here outlives a claim, so no browser is ever "logged in" at the bot. Secrets are kept as hashes; the table is looked
// up by them, never compared with.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthorizationRequest } from '../../relay/claim.ts';
import type { Person } from '../access/request.ts';
import type { SignInProof } from '../access/sign-in.ts';
import type { PendingSignIn, StepUp } from '../identity/oidc.ts';
import { addressBucket, createExpiring } from './expiring.ts';

export const signInLimits = {
  /** How long somebody may take at the provider and on the consent page together. */
  signInLifetimeMs: 10 * 60_000,
  /** Sign-ins in progress in all. More are told to come back. */
  maxSignIns: 1000,
  /** Sign-ins in progress from one address, so that no single one can fill the table. */
  maxSignInsPerAddress: 20,
  /** A code lives for as long as a browser needs to carry it to the terminal (RFC 6749 §4.1.2). */
  codeLifetimeMs: 60_000,
  /** Codes alive at a time; each took a whole sign-in to get. */
  maxCodes: 1000,
} as const;

/** Where a sign-in stands. `returning`: the provider's answer is being checked, and a second one is not heard. */
export type Stage =
  | { readonly kind: 'at-provider'; readonly pending: PendingSignIn }
  | { readonly kind: 'returning' }
  | {
      readonly kind: 'consenting';
      readonly person: Person;
      readonly issuer: string;
      readonly subject: string;
      readonly proof: SignInProof;
      readonly csrf: string;
    };

/** What somebody signs in for: a grant's token, or an approval of theirs that waits. */
type Purpose =
  | { readonly kind: 'claim'; readonly request: AuthorizationRequest }
  | { readonly kind: 'confirmation'; readonly id: string };

export interface SignIn {
  /** The `state` that travels through the provider. Not a secret: the cookie is. */
  readonly id: string;
  readonly purpose: Purpose;
  /** Whose browser asked. */
  readonly address: string;
  /** What the provider was asked for, where this is the second sign-in because the first was not enough. */
  readonly stepUp?: StepUp;
  stage: Stage;
}

export interface SignIns {
  /** `secret` goes into the cookie of this sign-in and nowhere else; undefined when there are too many. */
  start(signIn: SignIn, now: Date): string | undefined;
  /** The sign-in, only for the browser that holds its secret. */
  find(id: string, secret: string | undefined, now: Date): SignIn | undefined;
  end(id: string): void;
}

export function openSignIns(): SignIns {
  const { signInLifetimeMs: lifetimeMs, maxSignIns: maxEntries } = signInLimits;
  const table = createExpiring<{ signIn: SignIn; secretHash: Buffer }>({ lifetimeMs, maxEntries });

  function countFrom(address: string, now: Date): number {
    const bucket = addressBucket(address);
    return table
      .values(now)
      .filter(({ signIn }) => addressBucket(signIn.address) === bucket)
      .toArray().length;
  }

  return {
    start(signIn, now) {
      if (countFrom(signIn.address, now) >= signInLimits.maxSignInsPerAddress) return undefined;
      const secret = randomSecret();
      return table.add(signIn.id, { signIn, secretHash: hash(secret) }, now) ? secret : undefined;
    },
    find(id, secret, now) {
      const found = table.get(id, now);
      if (found === undefined || secret === undefined) return undefined;
      return timingSafeEqual(hash(secret), found.secretHash) ? found.signIn : undefined;
    },
    end: (id) => table.remove(id),
  };
}

/** What a code stands for: this person approved this request in their browser. */
interface Consent {
  readonly request: AuthorizationRequest;
  readonly person: Person;
  readonly proof: SignInProof;
}

type Redemption =
  | { readonly kind: 'first'; readonly consent: Consent }
  | { readonly kind: 'again'; readonly consent: Consent }
  | { readonly kind: 'unknown' };

export interface Codes {
  /** A new code, or undefined when too many are alive. */
  issue(consent: Consent, now: Date): string | undefined;
  /** `first` exactly once for a code, whatever becomes of that attempt. */
  redeem(code: string, now: Date): Redemption;
}

export function openCodes(): Codes {
  const { codeLifetimeMs: lifetimeMs, maxCodes: maxEntries } = signInLimits;
  const table = createExpiring<{ consent: Consent; used: boolean }>({ lifetimeMs, maxEntries });
  return {
    issue(consent, now) {
      const code = randomSecret();
      return table.add(key(code), { consent, used: false }, now) ? code : undefined;
    },
    redeem(code, now) {
      const found = table.get(key(code), now);
      if (found === undefined) return { kind: 'unknown' };
      const kind = found.used ? 'again' : 'first';
      found.used = true;
      return { kind, consent: found.consent };
    },
  };
}

/** 256 bits, base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(hash(one), hash(other));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function key(code: string): string {
  return hash(code).toString('base64url');
}
