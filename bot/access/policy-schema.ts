// The shape of `sallyport.yml`, key by key, with every default and bound. Messages are sentences that say what
// was expected. Keys that a later version will honour are refused by name, so that nobody believes in them today.

import { z } from 'zod';
import { isLocation } from '../catalog/origin.ts';
import { readFullRef } from '../catalog/ref.ts';
import { durationPattern, readDuration } from './duration.ts';
import { readHours } from './hours.ts';
import { nearest } from './nearest.ts';

/** Approvals a role may ask for at most. */
const maxApprovals = 10;
/** Unanswered requests lapse after this where policy says nothing. */
const defaultPending = '8h';
/** The review of a broken glass is due after this where policy says nothing. */
const defaultReview = '24h';
/** How long live sessions outlast the bot's silence, where policy says nothing. */
const defaultGrace = '5m';
/** A session without a byte for this long is ended, where policy says nothing. */
const defaultIdle = '30m';
/** Runs of the client at the same time for one grant, and TCP connections inside one run. */
const defaultLimits = { sessions: 2, connections: 64 };
const maxSessions = 100;
const maxConnections = 1000;
/** What a grant token can say (relay/grant.ts): beyond it no token could be signed, and no grant be used. */
const maxGraceSeconds = 15 * 60;
const maxIdleSeconds = 24 * 60 * 60;

const laterKeys = new Set([
  'confirm',
  'clock',
  'step-up',
  'head-less',
  'headless',
  'e-mail',
  'email',
  'public',
  'iam',
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

const repository = z
  .string({ error: 'Expected a repository, owner/name.' })
  .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, { error: 'Expected a repository, owner/name.' })
  .transform((name) => name.toLowerCase());

const originError =
  'Expected a repository, owner/name, or a location as a Backstage gives it, such as msgraph:default/*, where * stands for one whole part.';
/** For editors; what is read is stricter about where a `*` may stand. */
const originPattern = '^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+|[a-z][a-z0-9+.-]{0,30}:[!-~]{1,500})$';
const origin = z
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

const approver = z.union([z.literal('owner'), member], {
  error: 'Expected owner, or a full ref, such as group:default/dba.',
});

const relay = z
  .string({ error: 'Expected the name of a relay.' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: 'Expected a relay’s name: lower-case letters, digits and dashes.',
  });

/** At least one, and none twice: the same name twice would count one group as two. */
function list<Item extends z.ZodType<string>>(item: Item) {
  return z
    .array(item, { error: 'Expected a list, such as [a, b].' })
    .min(1, { error: 'Expected at least one.' })
    .refine((items) => new Set(items).size === items.length, {
      error: 'Expected each to be named once.',
    })
    .meta({ uniqueItems: true });
}

const durationError = 'Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.';
export const durationMs = z
  .string({ error: durationError })
  .meta({ pattern: durationPattern })
  .transform((text, context) => {
    const reading = readDuration(text);
    if (reading.kind === 'valid') return reading.ms;
    context.addIssue({ code: 'custom', message: durationError });
    return z.NEVER;
  });
function durationSeconds(max: number, error: string) {
  return durationMs.transform((ms) => ms / 1000).refine((seconds) => seconds <= max, { error });
}

/** `grace: 0` ends sessions with the bot’s silence; every other length is a duration. */
const graceError = 'Expected 0, or a duration of at most 15m, such as 5m.';
const graceSeconds = z.union([z.literal(0), durationSeconds(maxGraceSeconds, graceError)], {
  error: graceError,
});
const idleSeconds = durationSeconds(maxIdleSeconds, 'Expected a duration of at most 24h.');

function count(max: number) {
  const error = `Expected a whole number from 1 to ${max}.`;
  return z.int({ error }).min(1, { error }).max(max, { error });
}

const approvals = z
  .union([count(maxApprovals), list(approver)], {
    error: `Expected a number from 1 to ${maxApprovals}, or a list, such as [owner, group:default/dba].`,
  })
  .transform((value) =>
    typeof value === 'number'
      ? ({ kind: 'count', count: value } as const)
      : ({ kind: 'each', of: value } as const),
  );

const role = closed({
  default: durationMs.describe('How long, where the request does not say.'),
  max: durationMs.describe('The longest a grant of this role may last.'),
  approvals: approvals.describe('So many approvers, or one from each of a list.'),
})
  .refine((value) => value.default <= value.max, {
    error: 'Expected a default that is not longer than max.',
    path: ['default'],
  })
  .transform((value) => ({
    defaultMs: value.default,
    maxMs: value.max,
    approvals: value.approvals,
  }));

const roleName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const namespaceName = z.string().regex(/^[a-z0-9-]{1,63}$/);

const identity = z.literal('oidc', {
  error: (issue) =>
    issue.input === 'ssh' || issue.input === 'github' || typeof issue.input === 'object'
      ? 'Only oidc, without further demands, is supported by this version.'
      : 'Expected oidc.',
});

const hoursError = 'Expected hours, such as mon-fri 08:00-18:00 Europe/Berlin, or a list of them.';
const oneHours = z.string({ error: hoursError }).transform((text, context) => {
  const reading = readHours(text);
  if (reading.kind === 'valid') return reading.hours;
  context.addIssue({ code: 'custom', message: reading.message });
  return z.NEVER;
});
/** One text, or a list of them. */
const hours = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(oneHours, { error: hoursError }).min(1, { error: 'Expected at least one.' }),
  )
  .meta({ type: ['string', 'array'] });

const autoApprove = closed({
  who: approver.describe('Whom the policy itself approves; `owner` is whoever the entity names.'),
  role: z
    .string({ error: 'Expected the name of a role of this namespace.' })
    .describe('Which role.'),
  max: durationMs.describe('For how long at most; who asks for longer needs approvals.'),
}).transform(({ who, role, max }) => ({ who, role, maxMs: max }));

const breakGlass = closed({
  who: z
    .union([member.transform((ref) => [ref]), list(member)], {
      error: 'Expected a full ref, or a list of them, such as group:default/oncall.',
    })
    .describe('Who may grant themselves access at once.'),
  max: durationMs.describe('For how long at most; never longer than the role allows.'),
  repositories: list(repository)
    .optional()
    .describe("On whose issues; left out, on those of the policy's own repository."),
  review: durationMs
    .prefault(defaultReview)
    .describe('An approver has to review it within this time.'),
}).transform(({ who, max, repositories, review }) => ({
  who,
  maxMs: max,
  repositories: repositories ?? null,
  reviewMs: review,
}));

const namespace = closed({
  catalog: list(origin).describe(
    'Whose descriptors may define entities of this namespace: repositories, or locations of a Backstage.',
  ),
  owners: list(member).describe('Which groups and users may own them.'),
  stewards: list(member)
    .optional()
    .describe(
      'Who confirms an entity that is new, or whose owner or address changed: for 24 h, one of them approves as well.',
    ),
  relays: list(relay).describe('Which relays reach them.'),
  requesters: list(member).describe('Who may ask.'),
  approvers: list(approver).describe('Who may approve; `owner` is whoever the entity names.'),
  identity: identity.default('oidc').describe('How the grantee proves who they are.'),
  hours: hours
    .optional()
    .describe(
      'When access is given, and how long it lasts at most; left out, always. Break-glass knows no hours.',
    ),
  pending: durationMs.prefault(defaultPending).describe('An unanswered request lapses after this.'),
  grace: graceSeconds
    .prefault(defaultGrace)
    .describe('How long live sessions outlast the silence of the bot; 0 ends them with its lease.'),
  idle: idleSeconds
    .prefault(defaultIdle)
    .describe('A session without a byte for this long is ended.'),
  limits: closed({
    sessions: count(maxSessions)
      .default(defaultLimits.sessions)
      .describe('Sessions at the same time for one grant.'),
    connections: count(maxConnections)
      .default(defaultLimits.connections)
      .describe('TCP connections at the same time in one session.'),
  })
    .prefault({})
    .describe('How much at the same time.'),
  'auto-approve': z
    .array(autoApprove, { error: 'Expected a list of who, role and max.' })
    .default([])
    .describe('What needs no approval by a person, unless the entity demands one.'),
  'break-glass': breakGlass.optional().describe('Left out, nobody may break the glass.'),
  roles: z
    .record(roleName, role, {
      error: nameError(
        'Expected roles by name',
        'lower-case letters, digits and dashes, after a letter',
      ),
    })
    .refine((roles) => Object.keys(roles).length > 0, { error: 'Expected at least one role.' })
    .meta({ minProperties: 1 })
    .describe('What may be asked for, by name; the first is the default.'),
})
  .superRefine(({ roles, 'auto-approve': rules }, context) => {
    for (const [index, { role: name, maxMs }] of rules.entries()) {
      const at = (key: string) => ['auto-approve', index, key];
      const of = Object.hasOwn(roles, name) ? roles[name] : undefined;
      if (!of) {
        const message = `Expected one of the roles ${Object.keys(roles).join(', ')}.`;
        context.addIssue({ code: 'custom', path: at('role'), message });
      } else if (!(maxMs <= of.maxMs)) {
        const message = `Expected a max that is not longer than that of the role ${name}.`;
        context.addIssue({ code: 'custom', path: at('max'), message });
      }
    }
  })
  .transform(
    ({
      pending,
      grace,
      idle,
      stewards,
      hours,
      'auto-approve': auto,
      'break-glass': glass,
      ...rest
    }) => ({
      ...rest,
      stewards: stewards ?? [],
      hours: hours ?? null,
      autoApprove: auto,
      breakGlass: glass ?? null,
      pendingMs: pending,
      graceSeconds: grace,
      idleSeconds: idle,
    }),
  );

/** The keys, for the reference; a file is read by policySchema. */
export const policyKeys = closed({
  version: z
    .literal(1, { error: 'Expected 1, the version of this format.' })
    .describe('The version of this format.'),
  people: closed({
    users: list(origin).describe(
      'Whose User entities are believed: repositories, or locations of a Backstage.',
    ),
    groups: list(origin).describe('Whose Group entities are believed; the same.'),
  }).describe('Who may say who is who.'),
  'public-repositories': z
    .array(repository, { error: 'Expected a list of repositories, owner/name.' })
    .default([])
    .describe(
      'Public repositories where commands act all the same; everybody reads what is asked there.',
    ),
  'emailed-comments': z
    .enum(['refused', 'requests'], { error: 'Expected refused or requests.' })
    .default('refused')
    .describe(
      'Whether a reply by e-mail can be a command. `requests`: all but approvals, reviews and break-glass.',
    ),
  namespaces: z
    .record(namespaceName, namespace, {
      error: nameError('Expected namespaces by name', 'lower-case letters, digits and dashes'),
    })
    .describe('The rules, for each namespace of the catalog.'),
});

/** zod leaves a key `__proto__` out without a word, and here nothing is left out without a word. */
const withoutProto = z.unknown().superRefine((value, context) => {
  for (const path of protoPaths(value)) {
    context.addIssue({ code: 'custom', path, message: 'There is no key __proto__ anywhere.' });
  }
});

export const policySchema = withoutProto.pipe(policyKeys);

function protoPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '__proto__' ? [[...path, key]] : protoPaths(item, [...path, key]),
  );
}

function nameError(expected: string, rule: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === 'invalid_key' ? `Expected a name of ${rule}.` : `${expected}.`);
}
