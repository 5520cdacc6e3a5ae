// What the `sallyport.dev/` annotations of an entity say about connecting to it. They can only narrow what
// policy allows. One that is unknown or malformed is a fault of the entity, never ignored: a mistyped limit
// that is left out is a limit that is lifted.

import { readDuration } from '../access/duration.ts';
import { nearest } from '../access/nearest.ts';
import { cloudRoleForms, isCloudRole } from './cloud-role.ts';
import { annotationPath, DescriptorFault } from './fault.ts';
import { readRef } from './ref.ts';
import { readTarget } from './target.ts';

const protocols = ['postgres', 'mysql', 'redis', 'ssh', 'http', 'tcp'] as const;
type Protocol = (typeof protocols)[number];

export interface Connection {
  /** host:port, normalised. */
  readonly target: string;
  readonly protocol: Protocol;
  /** Which of the namespace's roles exist here, the first the default; null for all of them. */
  readonly roles: readonly string[] | null;
  readonly maxDurationMs: number | null;
  readonly approvals: number | null;
  /** `owner` or entity refs: one approval from each, besides what policy asks. */
  readonly approvers: readonly string[];
  /** A role's own address, by role. */
  readonly roleTargets: ReadonlyMap<string, string>;
  /** The cloud role that stands behind a role, by role. */
  readonly roleIam: ReadonlyMap<string, string>;
}

export const annotationPrefix = 'sallyport.dev/';
/** More approvals than this for one request are a slip of the pen. */
const maxApprovals = 10;
/** Each of them has to approve, and all of them stand on the card. */
const maxApprovers = 10;
const rolePattern = /^[a-z][a-z0-9-]{0,39}$/;

/** What each of them means. All values are text, and `<role>` is one of the roles. */
export const annotationKeys = {
  target: 'What the relay dials, `host:port`. Without it nobody can connect to the entity.',
  protocol: `What is spoken there: ${protocols.map((each) => `\`${each}\``).join(', ')}; left out, \`tcp\`.`,
  roles:
    "Which of the namespace's roles exist here, with commas between; the first is the default. Left out, all of them.",
  'max-duration':
    'The longest a grant may last, such as `PT4H` or `4h`; never more than the policy allows.',
  approvals: `How many approvals a grant needs at least, from 1 to ${maxApprovals}; never fewer than the policy asks for.`,
  approvers: `Whose approvals it needs besides, one from each, different people: \`owner\`, or refs of groups and users; at most ${maxApprovers}. Who approves for the policy may be one of them.`,
  identity:
    'How the grantee has to prove who they are: `ssh`, `github` or `oidc`; the policy asks for the strongest, `oidc`.',
  'role.<role>.target': "That role's own address, such as a read replica.",
  'role.<role>.iam':
    'The cloud role behind that role: an AWS ARN, a Google service account, or the resource id or client id of an Azure identity. One that the policy permits for the role; it is shown and recorded, and not assumed.',
} as const;

/** Reads the annotations; undefined without a target. Throws DescriptorFault. */
export function readConnection(
  annotations: ReadonlyMap<string, string>,
  namespace: string,
): Connection | undefined {
  // Also where there is no target: that may be the one that is misspelt.
  refuseStrangers(annotations, annotationKeys);
  const ours = new Map<string, string>();
  for (const [key, value] of annotations) {
    if (key.startsWith(annotationPrefix))
      ours.set(key.slice(annotationPrefix.length), value.trim());
  }
  const target = ours.get('target');
  if (target === undefined) return undefined;

  const roles = readRoles(ours.get('roles'));
  readIdentity(ours.get('identity'));
  return {
    target: targetIn('target', target),
    protocol: readProtocol(ours.get('protocol')),
    roles,
    maxDurationMs: readMaxDuration(ours.get('max-duration')),
    approvals: readApprovals(ours.get('approvals')),
    approvers: readApprovers(ours.get('approvers'), namespace),
    roleTargets: readByRole('target', { ours, roles }, targetIn),
    roleIam: readByRole('iam', { ours, roles }, cloudRoleIn),
  };
}

/** Refuses what of ours is not among the keys that this kind of entity knows. */
export function refuseStrangers(
  annotations: ReadonlyMap<string, string>,
  known: Readonly<Record<string, unknown>>,
): void {
  for (const key of annotations.keys()) {
    if (key.startsWith(annotationPrefix)) refuseUnknown(key.slice(annotationPrefix.length), known);
  }
}

function refuseUnknown(key: string, known: Readonly<Record<string, unknown>>): void {
  const [, role = ''] = /^role\.([^.]+)\./.exec(key) ?? [];
  const form = role === '' ? key : key.replace(role, '<role>');
  if (Object.hasOwn(known, form)) return;
  const meant = nearest(form, Object.keys(known))?.replace('<role>', role);
  throw faultOf(
    key,
    `There is no such annotation.${meant ? ` Did you mean ${annotationPrefix}${meant}?` : ''}`,
  );
}

function readProtocol(text: string | undefined): Protocol {
  if (text === undefined) return 'tcp';
  const protocol = protocols.find((each) => each === text);
  if (!protocol) throw faultOf('protocol', `Expected one of ${protocols.join(', ')}.`);
  return protocol;
}

function readRoles(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  const roles = list(text);
  const unfit = roles.length === 0 || roles.some((role) => !rolePattern.test(role));
  if (unfit || new Set(roles).size !== roles.length) {
    throw faultOf('roles', 'Expected different role names, separated by commas.');
  }
  return roles;
}

function readMaxDuration(text: string | undefined): number | null {
  if (text === undefined) return null;
  const duration = readDuration(text);
  if (duration.kind === 'invalid') {
    throw faultOf('max-duration', 'Expected a duration, such as PT4H or 4h, of at most 365 days.');
  }
  return duration.ms;
}

function readApprovals(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > maxApprovals) {
    throw faultOf('approvals', `Expected a number from 1 to ${maxApprovals}.`);
  }
  return count;
}

function readApprovers(text: string | undefined, namespace: string): readonly string[] {
  if (text === undefined) return [];
  const approvers = list(text).map((item) => {
    if (item === 'owner') return item;
    const ref = readRef(item, { kind: 'group', namespace });
    if (!ref || !/^(group|user):/.test(ref)) {
      throw faultOf(
        'approvers',
        'Expected owner, or refs of groups and users, with commas between.',
      );
    }
    return ref;
  });
  if (approvers.length === 0 || approvers.length > maxApprovers) {
    throw faultOf('approvers', `Expected one to ${maxApprovers} of them.`);
  }
  return [...new Set(approvers)];
}

/**
 * It may only tighten, and policy demands oidc, the strongest of the three, in this version: whichever an entity names,
 * there is nothing to tighten. How recent or strong that sign-in has to be is for the policy alone.
 */
function readIdentity(text: string | undefined): void {
  if (text === undefined || ['ssh', 'github', 'oidc'].includes(text)) return;
  throw faultOf('identity', 'Expected ssh, github or oidc.');
}

/** `role.<role>.<what>` of each role that has it. */
function readByRole(
  what: 'target' | 'iam',
  { ours, roles }: { ours: ReadonlyMap<string, string>; roles: readonly string[] | null },
  read: (key: string, text: string) => string,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [key, text] of ours) {
    const [, role = '', kind] = /^role\.([^.]+)\.([^.]+)$/.exec(key) ?? [];
    if (kind !== what) continue;
    if (!rolePattern.test(role) || (roles && !roles.includes(role))) {
      throw faultOf(key, `There is no role ${role} among this entity’s roles.`);
    }
    values.set(role, read(key, text));
  }
  return values;
}

function cloudRoleIn(key: string, text: string): string {
  if (isCloudRole(text)) return text;
  throw faultOf(key, `Expected a cloud role: ${cloudRoleForms}.`);
}

function targetIn(key: string, text: string): string {
  const reading = readTarget(text);
  if (reading.kind === 'invalid') throw faultOf(key, reading.message);
  return reading.target;
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function faultOf(key: string, message: string): DescriptorFault {
  return new DescriptorFault(annotationPath(annotationPrefix + key), message);
}
