// The shape of a file of cases, key by key, for its reader and for its JSON Schema. Messages are sentences that say what
// was expected. What cannot be meant is refused, so that no case passes for a slip of the pen.

import { z } from 'zod';
import { rules } from '../access/explain.ts';
import { isLogin } from '../access/login.ts';
import { nearest } from '../access/nearest.ts';
import { closed, durationMs, member } from '../access/policy-kinds.ts';
import { refusals, type RefusalCode } from '../access/reasons.ts';
import { readFullRef } from '../catalog/ref.ts';
import { readMoment } from './moment.ts';

/** A longer name is no name. */
const maxNameChars = 200;

const personError = 'Expected a GitHub login, or a full ref, such as user:default/dana.';
const person = z.string({ error: personError }).transform((text, context) => {
  if (isLogin(text)) return text;
  const ref = readFullRef(text);
  if (ref?.startsWith('user:')) return ref;
  context.addIssue({ code: 'custom', message: personError });
  return z.NEVER;
});
const people = z.array(person, { error: 'Expected a list of people, such as [dana, omar].' });

const resourceError = 'Expected a resource, such as payments-db or resource:payments/payments-db.';
const resource = z.string({ error: resourceError }).min(1, { error: resourceError });
const repository = z
  .string({ error: 'Expected a repository, owner/name.' })
  .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, { error: 'Expected a repository, owner/name.' });

const momentError =
  'Expected a moment, such as 2026-11-24T09:00Z, 2026-11-24T09:00+01:00 or 2026-11-24T09:00[Europe/Berlin].';
const moment = z.string({ error: momentError }).transform((text, context) => {
  const date = readMoment(text);
  if (date) return date;
  context.addIssue({ code: 'custom', message: momentError });
  return z.NEVER;
});

const team = z
  .string()
  .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/)
  .toLowerCase();
const teams = z.record(team, people, {
  error: (issue) =>
    issue.code === 'invalid_key' ? 'Expected a team, org/team.' : 'Expected people by org/team.',
});

const approverError = 'Expected owner, a full ref such as group:default/dba, or a list of these.';
const approver = z.union([z.literal('owner'), member], { error: approverError });
const missingError =
  'Expected a number, or a list of whose approvals are missing, such as [owner, group:default/dba].';
const missing = z.union(
  [
    z.int().min(1),
    z.array(z.union([approver, z.array(approver).min(1)], { error: approverError })).min(1),
  ],
  { error: missingError },
);

function oneOf<Name extends string>(names: readonly Name[], what: string) {
  return z.enum(names, {
    error: ({ input }) => {
      const meant = typeof input === 'string' ? nearest(input, names, 4) : undefined;
      return meant ? `There is no such ${what}. Did you mean ${meant}?` : `Expected a ${what}.`;
    },
  });
}

const fact = z.union([z.string(), z.number(), z.array(z.string())], {
  error: 'Expected text, a number, or a list of texts.',
});
const facts = z.record(z.string(), fact, { error: 'Expected facts, such as { max: 4h }.' });
const ruleName = z
  .string()
  .refine((text) => rules.some((rule) => rule === text))
  .meta({ enum: [...rules] });
const ruleFacts = z.record(ruleName, facts, {
  error: (issue) =>
    issue.code === 'invalid_key'
      ? 'There is no such rule. They are listed where a case fails, and in templates/rules.yml.'
      : 'Expected facts by rule, such as { duration-is-allowed: { max: 4h } }.',
});

const codes = Object.keys(refusals) as RefusalCode[];

export const policyCaseKeys = closed({
  name: z
    .string({ error: 'Expected text.' })
    .max(maxNameChars, { error: `Expected at most ${maxNameChars} characters.` })
    .optional()
    .describe('What the case is to show; left out, what is asked stands for it.'),
  who: person.describe('Who asks: a GitHub login, or the ref of a User entity.'),
  asks: resource.optional().describe('What they ask for with /connect.'),
  'breaks-glass': resource.optional().describe('What they break the glass of.'),
  role: z.string({ error: 'Expected the name of a role.' }).optional().describe('In which role.'),
  for: durationMs.optional().describe('For how long; left out, the default of the role.'),
  'approved-by': people
    .prefault([])
    .describe(
      'Who then approves, one after the other; where approvers have to sign in, they have.',
    ),
  in: repository
    .optional()
    .describe("On whose issue the glass is broken; left out, the policy's own repository."),
  at: moment.optional().describe('When, instead of the `at` of the file.'),
  teams: teams
    .prefault({})
    .describe('Who is in a team, instead of what the file says of that team.'),
  outsiders: people.optional().describe('Instead of the `outsiders` of the file.'),
  new: z
    .boolean({ error: 'Expected true or false.' })
    .default(false)
    .describe('The resource is new, or has another owner or address than a moment ago.'),
  expect: z
    .enum(['open', 'granted', 'refused'], { error: 'Expected open, granted or refused.' })
    .describe('What comes of it in the end.'),
  because: oneOf(codes, 'reason')
    .optional()
    .describe('Why it is refused, by its code in templates/errors.md; required for a refusal.'),
  missing: missing
    .optional()
    .describe('What an open request still needs: how many approvals, or one from each of a list.'),
  lasts: durationMs.optional().describe('How long the access lasts that is asked for, or given.'),
  rules: ruleFacts
    .default({})
    .describe('What rules looked at on the way, by the names that a failure shows.'),
}).superRefine((value, context) => {
  for (const [key, message] of contradictions(value)) {
    context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message });
  }
});

/** What keys demand of each other: key → what is wrong with it. */
function* contradictions(value: {
  readonly asks?: string | undefined;
  readonly 'breaks-glass'?: string | undefined;
  readonly 'approved-by': readonly string[];
  readonly in?: string | undefined;
  readonly expect: 'open' | 'granted' | 'refused';
  readonly because?: string | undefined;
  readonly missing?: unknown;
  readonly lasts?: unknown;
}): Generator<readonly [string, string]> {
  const breaks = value['breaks-glass'] !== undefined;
  if ((value.asks !== undefined) === breaks) yield ['', 'Expected one of asks and breaks-glass.'];
  if (breaks && value['approved-by'].length > 0) {
    yield ['approved-by', 'Nobody approves where the glass is broken. Take it out.'];
  }
  if (!breaks && value.in !== undefined) {
    yield ['in', 'Only where the glass is broken it matters on whose issue. Take it out.'];
  }
  const isRefusal = value.expect === 'refused';
  // A resource that is misspelt is refused as well: without the reason such a case would pass for ever.
  if (isRefusal && value.because === undefined) {
    yield ['expect', 'Say which refusal is expected: add because, such as not-a-requester.'];
  }
  if (!isRefusal && value.because !== undefined) {
    yield ['because', 'Only a refusal has a reason. Take it out, or expect refused.'];
  }
  if (value.missing !== undefined && value.expect !== 'open') {
    yield ['missing', 'Only of an open request something is missing. Take it out, or expect open.'];
  }
  if (isRefusal && value.lasts !== undefined) {
    yield ['lasts', 'What is refused does not last. Take it out.'];
  }
}

/** The keys of the file, also for its JSON Schema. */
export const policyTestKeys = closed({
  version: z
    .literal(1, { error: 'Expected 1, the version of this format.' })
    .describe('The version of this format.'),
  home: repository
    .optional()
    .describe("The policy's own repository; needed where a case says `in`."),
  at: moment.optional().describe('When all of it happens; left out, when the test runs.'),
  teams: teams
    .prefault({})
    .describe('Who GitHub says is in a team; a team that is not here has nobody.'),
  outsiders: people
    .prefault([])
    .describe('Who does not belong to the organisation; everybody else does.'),
  cases: z
    .array(policyCaseKeys, { error: 'Expected a list of cases.' })
    .min(1, { error: 'Expected at least one case.' })
    .describe('What is asked, and what should come of it.'),
}).superRefine(({ home, cases }, context) => {
  for (const [index, { in: place }] of cases.entries()) {
    if (place === undefined || home !== undefined) continue;
    const message = "Name the policy's own repository as well: home, at the top of the file.";
    context.addIssue({ code: 'custom', path: ['cases', index, 'in'], message });
  }
});
