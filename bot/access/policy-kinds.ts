// The kinds of values that a policy is made of: refs, origins, durations, hours, lists. Messages are sentences that say
// what was expected. Keys that a later version will honour are refused by name, so that nobody believes in them today.

import { z } from 'zod';
import { cloudRoleForms, permittedPattern } from '../catalog/cloud-role.ts';
import { isLocation } from '../catalog/origin.ts';
import { readFullRef } from '../catalog/ref.ts';
import { durationArgument, durationPattern, maxDurationMs, readDuration } from './duration.ts';
import { readHours } from './hours.ts';
import { nearest } from './nearest.ts';

const laterKeys = new Set([
  'ssh',
  'github',
  'step-up',
  'head-less',
  'headless',
  'e-mail',
  'email',
  'public',
]);

/** An object of these keys and no other. A stray key is a fault of its own, with what was probably meant. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  const stray = z.custom<never>(() => false, {
    error: (issue) => strayKey(String(issue.path?.at(-1) ?? ''), known),
  });
  const open = z.object(shape, { error: `Expected a mapping of ${known.join(', ')}.` });
  // A catch-all and not z.strictObject, which would report all stray keys as one fault without their places.
  // For the compiler it is the plain object: no stray key ever gets through.
  // In the JSON Schema it is closed as well.
  return open.catchall(stray).meta({ additionalProperties: false }) as unknown as typeof open;
}

function strayKey(key: string, known: readonly string[]): string {
  if (laterKeys.has(key)) return `${key} is not supported by this version. Take it out.`;
  const meant = nearest(key, known);
  const hint = meant ? `Did you mean ${meant}?` : `Expected one of ${known.join(', ')}.`;
  return `There is no key ${key} here. ${hint}`;
}

export const repository = z
  .string({ error: 'Expected a repository, owner/name.' })
  .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, { error: 'Expected a repository, owner/name.' })
  .transform((name) => name.toLowerCase());

const originError =
  'Expected a repository, owner/name, or a location as a Backstage gives it, such as msgraph:default/*, where * stands for one whole part.';
/** For editors; what is read is stricter about where a `*` may stand. */
const originPattern = '^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+|[a-z][a-z0-9+.-]{0,30}:[!-~]{1,500})$';
export const origin = z
  .string({ error: originError })
  .meta({ pattern: originPattern })
  .transform((text, context) => {
    const name = repository.safeParse(text);
    if (name.success) return name.data;
    if (isLocation(text)) return text;
    context.addIssue({ code: 'custom', message: originError });
    return z.NEVER;
  });

const memberError = 'Expected a full ref, such as group:default/payments or user:default/omar.';
/** For editors, which take no less than is read here; they have no case-insensitive patterns. */
const memberPattern =
  '^([Gg][Rr][Oo][Uu][Pp]|[Uu][Ss][Ee][Rr]):[A-Za-z0-9-]{1,63}/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$';
export const member = z
  .string({ error: memberError })
  .meta({ pattern: memberPattern })
  .transform((text, context) => {
    const ref = readFullRef(text);
    if (ref && /^(group|user):/.test(ref)) return ref;
    context.addIssue({ code: 'custom', message: memberError });
    return z.NEVER;
  });

export const approver = z.union([z.literal('owner'), member], {
  error: 'Expected owner, or a full ref, such as group:default/dba.',
});

const cloudRoleError = `Expected a cloud role: ${cloudRoleForms}; a * may stand for the whole last part of a path, as in role/shop/*.`;
export const cloudRole = z
  .string({ error: cloudRoleError })
  .regex(permittedPattern, { error: cloudRoleError });

export const relay = z
  .string({ error: 'Expected the name of a relay.' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: 'Expected a relay’s name: lower-case letters, digits and dashes.',
  });

/** At least one, and none twice: the same name twice would count one group as two. `example` is what stands in it. */
export function list<Item extends z.ZodType<string>>(item: Item, example: string) {
  return z
    .array(item, { error: `Expected a list, such as [${example}].` })
    .min(1, { error: 'Expected at least one.' })
    .refine((items) => new Set(items).size === items.length, {
      error: 'Expected each to be named once.',
    })
    .meta({ uniqueItems: true });
}

interface Bounds {
  readonly shortestMs?: number;
  readonly longestMs?: number;
}

/** Longer than nothing; `error` says how long it may be, and the reference says it as `bounds`. */
export function duration(
  error: string,
  { shortestMs = 0, longestMs = maxDurationMs }: Bounds = {},
) {
  const shortest = shortestMs > 0 ? `${durationArgument(shortestMs)} to` : 'up to';
  const bounds = `${shortest} ${durationArgument(longestMs)}`;
  return z
    .string({ error })
    .meta({ pattern: durationPattern, bounds })
    .transform((text, context) => {
      const reading = readDuration(text);
      if (reading.kind === 'valid' && reading.ms >= shortestMs && reading.ms <= longestMs)
        return reading.ms;
      context.addIssue({ code: 'custom', message: error });
      return z.NEVER;
    });
}
export const durationMs = duration(
  'Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
);
export function durationSeconds(max: number, error: string) {
  return duration(error, { longestMs: max * 1000 }).transform((ms) => ms / 1000);
}

export function count(max: number) {
  const error = `Expected a whole number from 1 to ${max}.`;
  return z.int({ error }).min(1, { error }).max(max, { error });
}

/** A person takes a while from the sign-in to the token: what is younger than this could hardly be used. */
const minSignInAgeMs = 60_000;
/** Longer than a provider keeps anybody signed in, so that it would demand nothing. */
const maxSignInAgeMs = 30 * 24 * 3_600_000;
const signInAgeError = 'Expected a duration from 1m to 30d, such as 15m.';
const maxWays = 8;
const wayError =
  'Expected a way to sign in as the identity provider names it, such as phr: up to 128 visible characters without blanks and quotes.';
const waysError = `Expected a list of one to ${maxWays}, such as [phr].`;
/** They travel in a list with blanks between (`acr_values`), and in sentences of OAuth, which take no quotes. */
const way = z.string({ error: wayError }).regex(/^[!#-[\]-~]{1,128}$/, { error: wayError });
const oidcDemand = closed({
  'max-age': duration(signInAgeError, { shortestMs: minSignInAgeMs, longestMs: maxSignInAgeMs })
    .optional()
    .describe(
      'How long before the claim the grantee may have proved to the provider who they are: 1m to 30d. Left out, any time.',
    ),
  acr: z
    .array(way, { error: waysError })
    .min(1, { error: waysError })
    .max(maxWays, { error: waysError })
    .refine((ways) => new Set(ways).size === ways.length, {
      error: 'Expected each to be named once.',
    })
    .meta({ uniqueItems: true })
    .optional()
    .describe(
      'The ways to sign in of which one is needed, as the provider names them, the most wanted first. Left out, any.',
    ),
}).transform(({ 'max-age': maxAgeMs, acr }) => ({ maxAgeMs: maxAgeMs ?? null, acr: acr ?? [] }));
const identityError =
  'Expected oidc, or { oidc: { max-age: 15m, acr: [phr] } } with one of the two or both.';
/** `oidc`, or what of a sign-in is demanded besides. */
export const identity = z
  .preprocess(
    (value, context) => {
      if (value === 'oidc') return { oidc: {} };
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
      const isLater = value === 'ssh' || value === 'github';
      const message = isLater
        ? `${value} is not supported by this version. ${identityError}`
        : identityError;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    },
    closed({
      oidc: oidcDemand.describe('What is demanded of the sign-in with the identity provider.'),
    }).transform(({ oidc }) => oidc),
  )
  .meta({ type: ['string', 'object'], pattern: '^oidc$' });

const hoursError = 'Expected hours, such as mon-fri 08:00-18:00 Europe/Berlin, or a list of them.';
const oneHours = z.string({ error: hoursError }).transform((text, context) => {
  const reading = readHours(text);
  if (reading.kind === 'valid') return reading.hours;
  context.addIssue({ code: 'custom', message: reading.message });
  return z.NEVER;
});
/** One text, or a list of them. */
export const hours = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(oneHours, { error: hoursError }).min(1, { error: 'Expected at least one.' }),
  )
  .meta({ type: ['string', 'array'] });
