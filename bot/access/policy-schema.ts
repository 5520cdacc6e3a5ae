// The shape of `sallyport.yml`, key by key, with every default and bound. The kinds of values are in policy-kinds.ts.

import { z } from 'zod';
import { maxUseWithinMs } from './duration.ts';
import {
  approver,
  closed,
  cloudRole,
  count,
  duration,
  durationMs,
  durationSeconds,
  hours,
  identity,
  list,
  member,
  origin,
  relay,
  repository,
} from './policy-kinds.ts';

/** Approvals a role may ask for at most. */
const maxApprovals = 10;
/** Unanswered requests lapse after this where policy says nothing. */
const defaultPending = '8h';
/** What nobody has claimed expires after this where policy lets the first claim start the time and says nothing. */
const defaultUseWithin = '8h';
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

/** `grace: 0` ends sessions with the bot’s silence; every other length is a duration. */
const graceError = 'Expected 0, or a duration of at most 15m, such as 5m.';
const graceSeconds = z.union([z.literal(0), durationSeconds(maxGraceSeconds, graceError)], {
  error: graceError,
});
const idleSeconds = durationSeconds(maxIdleSeconds, 'Expected a duration of at most 24h.');

const approvals = z
  .union([count(maxApprovals), list(approver, 'owner, group:default/dba')], {
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
  iam: list(cloudRole, "'arn:aws:iam::123456789012:role/reader'")
    .optional()
    .describe(
      'Which cloud roles may stand behind it, where an entity names one; left out, none. A `*` as the whole last part of a path stands for one name.',
    ),
})
  .refine((value) => value.default <= value.max, {
    error: 'Expected a default that is not longer than max.',
    path: ['default'],
  })
  .transform((value) => ({
    defaultMs: value.default,
    maxMs: value.max,
    approvals: value.approvals,
    ...(value.iam && { iam: value.iam }),
  }));

const roleName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const namespaceName = z.string().regex(/^[a-z0-9-]{1,63}$/);

const clockError =
  'Expected approval, first-connect, or first-connect with a deadline of at most 7d: { first-connect: 8h }.';
/** Whatever is wrong in it is told by clockError. */
const firstConnect = closed({
  'first-connect': duration(clockError, { longestMs: maxUseWithinMs }).describe(
    'It has to be used within this time of its approval.',
  ),
}).transform((value) => ({ from: 'first-connect', useWithinMs: value['first-connect'] }) as const);
const clock = z.union(
  [
    z.literal('approval').transform((from) => ({ from }) as const),
    z
      .literal('first-connect')
      .transform((word) => ({ [word]: defaultUseWithin }))
      .pipe(firstConnect),
    firstConnect,
  ],
  { error: clockError },
);

const autoApprove = closed({
  who: approver.describe('Whom the policy itself approves; `owner` is whoever the entity names.'),
  role: z
    .string({ error: 'Expected the name of a role of this namespace.' })
    .describe('Which role.'),
  max: durationMs.describe('For how long at most; who asks for longer needs approvals.'),
}).transform(({ who, role, max }) => ({ who, role, maxMs: max }));

const breakGlass = closed({
  who: z
    .union([member.transform((ref) => [ref]), list(member, 'group:default/oncall')], {
      error: 'Expected a full ref, or a list of them, such as group:default/oncall.',
    })
    .describe('Who may grant themselves access at once.'),
  max: durationMs.describe('For how long at most; never longer than the role allows.'),
  repositories: list(repository, 'acme/access')
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
  catalog: list(origin, 'acme/payments-services').describe(
    'Whose descriptors may define entities of this namespace: repositories, or locations of a Backstage.',
  ),
  owners: list(member, 'group:default/payments').describe('Which groups and users may own them.'),
  stewards: list(member, 'group:default/platform')
    .optional()
    .describe(
      'Who confirms an entity that is new, or whose owner, address, cloud role, or `sallyport.dev/approvals` or `approvers` changed, also to more: for 24 h, one of them approves as well.',
    ),
  relays: list(relay, 'eu-1').describe('Which relays reach them.'),
  requesters: list(member, 'group:default/engineering').describe('Who may ask.'),
  approvers: list(approver, 'owner, group:default/dba').describe(
    'Who may approve; `owner` is whoever the entity names.',
  ),
  identity: identity
    .prefault('oidc')
    .describe('How the grantee proves who they are, and what is demanded of the sign-in.'),
  confirm: z
    .enum(['comment', 'sign-in'], { error: 'Expected comment or sign-in.' })
    .default('comment')
    .describe(
      'What an approval takes: the comment alone, or that its approver signs in with the identity provider over what they approve.',
    ),
  hours: hours
    .optional()
    .describe(
      'When access is given, and how long it lasts at most: days (`mon-fri`, or `sat,sun`), times up to `24:00` and a time zone, as in the sallyport.yml that operators start from; a night is written as two entries. Left out, always. Asking is possible at any time, and break-glass knows no hours.',
    ),
  clock: clock
    .prefault('approval')
    .describe(
      '`approval`: the time of a grant runs from its last approval. `first-connect`: from its first connection, at most 8 h after that approval; `{ first-connect: 24h }` says another deadline, at most 7d. Break-glass runs at once.',
    ),
  pending: durationMs
    .prefault(defaultPending)
    .describe(
      'An unanswered request lapses after this; one that is made while the `hours` are closed, so long after they open.',
    ),
  grace: graceSeconds
    .prefault(defaultGrace)
    .describe(
      'How long live sessions outlast the silence of the bot, at most 15m; 0 ends them with its lease.',
    ),
  idle: idleSeconds
    .prefault(defaultIdle)
    .describe('A session without a byte for this long is ended; at most 24h.'),
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
    .prefault([])
    .describe(
      'What needs no approval by a person. One is needed all the same for a command that came by e-mail or is older than 15 minutes, while the `hours` are closed, where the entity has `sallyport.dev/approvals` or `approvers`, and, with `stewards`, for 24 h after it appeared or changed.',
    ),
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
        // A role that is faulty itself is told at its own place.
      } else if (Number.isFinite(of.maxMs) && !(maxMs <= of.maxMs)) {
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
    users: list(origin, 'acme/org').describe(
      'Whose User entities are believed: repositories, or locations of a Backstage.',
    ),
    groups: list(origin, 'acme/org').describe('Whose Group entities are believed; the same.'),
  }).describe('Who may say who is who.'),
  'public-repositories': z
    .array(repository, { error: 'Expected a list of repositories, owner/name.' })
    .prefault([])
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

/** The same, where these relays are run and no others: a grant for one that nobody runs could never be used. */
export function policyFor(known: ReadonlySet<string>): typeof policySchema {
  return policySchema.superRefine(({ namespaces }, context) => {
    for (const [name, { relays }] of Object.entries(namespaces)) {
      for (const [index, relay] of relays.entries()) {
        if (known.has(relay)) continue;
        const path = ['namespaces', name, 'relays', index];
        context.addIssue({ code: 'custom', path, message: `bot.yml has no relay ${relay}.` });
      }
    }
  });
}

function protoPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '__proto__' ? [[...path, key]] : protoPaths(item, [...path, key]),
  );
}

function nameError(expected: string, rule: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === 'invalid_key' ? `Expected a name of ${rule}.` : `${expected}.`);
}
