// What a decision is about: the resource, its namespace's rules and the role, found anew for every decision.
// A request or grant names them; what they are today stands in the catalog and the policy.

import { lookUp } from '../catalog/lookup.ts';
import type { Resource } from '../catalog/model.ts';
import { refParts } from '../catalog/ref.ts';
import { addressOf, rolesAlike, rolesWithoutPolicy } from '../catalog/roles.ts';
import { requirementsFor, type Requirement } from './approvals.ts';
import { type Facts } from './eligibility.ts';
import type { Refused, Trail } from './explain.ts';
import type { NamespacePolicy, RolePolicy } from './policy.ts';
import { refuse } from './reasons.ts';
import { confirmedForMs, needsStewards } from './stewardship.ts';

export interface Subject {
  readonly kind: 'subject';
  readonly resource: Resource;
  readonly rules: NamespacePolicy;
  readonly role: RolePolicy;
  readonly requirements: readonly Requirement[];
  /** Stewards have to confirm it. */
  readonly isNew: boolean;
  /** host:port for this role: its own where the entity names one. */
  readonly target: string;
  /** The cloud role behind this role, where the entity names one. */
  readonly iam?: string;
}

/** Finds the entity, the rules of its namespace, and the role; `role` left out is the entity's default. */
export function findSubject(
  wanted: {
    readonly resource: string;
    readonly role?: string;
    /** When the access was given that is judged again. */
    readonly givenAt?: string;
  },
  facts: Facts,
  trail: Trail,
): Subject | Refused {
  const resource = findResource(wanted.resource, facts, trail);
  if (resource.kind === 'refused') return resource;
  const rules = facts.policy.namespaces.get(resource.namespace);
  if (!rules) {
    const { ref, namespace } = resource;
    return trail.unmet(
      'namespace-has-policy',
      refuse('namespace-without-policy', { resource: ref, namespace }),
    );
  }
  trail.met('namespace-has-policy', { namespace: rules.name, owner: resource.owner });
  const leftOut = rolesWithoutPolicy(resource, rules.roles);
  if (leftOut.length > 0) {
    trail.met('roles-are-left-out', { leftOut, namespace: rules.name });
  }
  const roles = rolesOf(resource, rules);
  const name = wanted.role ?? roles[0] ?? '';
  const role = roles.includes(name) ? rules.roles.get(name) : undefined;
  if (!role) {
    const reason = refuse('role-unknown', { role: name, resource: resource.ref, roles });
    return trail.unmet('role-exists', reason);
  }
  trail.met('role-exists', { role: role.name, roles });
  const alike = rolesAlike(resource, role.name, rules.roles);
  if (alike.length > 0) trail.met('role-is-recorded', { role: role.name, alike });
  // The catalog holds no entity whose cloud roles the policy does not permit.
  const iam = resource.roleIam.get(role.name);
  if (iam !== undefined) trail.met('cloud-role-is-permitted', { role: role.name, iam });
  tellDemand(rules, trail);
  const isNew = judgeNews({ resource, rules, givenAt: wanted.givenAt }, facts, trail);
  return {
    kind: 'subject',
    resource,
    rules,
    role,
    requirements: requirementsFor({ resource, rules, role }, isNew),
    isNew,
    target: addressOf(resource, role.name),
    ...(iam !== undefined && { iam }),
  };
}

/** The same for what is asked for now: what changed since access was given has to be confirmed before more of it is. */
export function subjectOfMore(subject: Subject, facts: Facts, trail: Trail): Subject {
  if (subject.isNew) return subject;
  const { resource, rules, role } = subject;
  const isNew = judgeNews({ resource, rules, givenAt: undefined }, facts, trail);
  return { ...subject, isNew, requirements: requirementsFor({ resource, rules, role }, isNew) };
}

/** Who has to sign in, and what is demanded of it: whoever asks and whoever approves should know. */
function tellDemand({ identity, confirm }: NamespacePolicy, trail: Trail): void {
  const { maxAgeMs, acr } = identity;
  if (confirm === 'sign-in') trail.met('approvers-sign-in', {});
  if (maxAgeMs !== null) trail.met('sign-in-is-recent', { maxAgeMs });
  if (acr.length > 0) trail.met('sign-in-is-strong', { acr: [...acr] });
}

/** Whether stewards have to confirm the entity; says so where they have to. */
function judgeNews(
  {
    resource,
    rules,
    givenAt,
  }: { resource: Resource; rules: NamespacePolicy; givenAt: string | undefined },
  facts: Facts,
  trail: Trail,
): boolean {
  if (!needsStewards(resource, rules, facts, givenAt)) return false;
  const readMs = Date.parse(facts.changedAt.get(resource.ref) ?? '');
  // Where nobody can say since when, it may be since now.
  const changedMs = Number.isNaN(readMs) ? facts.now.getTime() : readMs;
  const changedAt = new Date(changedMs).toISOString();
  const endsAt = new Date(changedMs + confirmedForMs).toISOString();
  trail.met('stewards-confirm', { changedAt, endsAt });
  return true;
}

/** The roles that exist on an entity: those it lists that the namespace has, or all of the namespace's. */
export function rolesOf(resource: Resource, rules: NamespacePolicy): readonly string[] {
  const names = resource.roles ?? [...rules.roles.keys()];
  return names.filter((name) => rules.roles.has(name));
}

/** The longest this role may be had on this entity: the shorter of policy's and the entity's. */
export function maxDurationMs(resource: Resource, role: RolePolicy): number {
  return Math.min(role.maxMs, resource.maxDurationMs ?? Infinity);
}

/** What was asked, or the role's default where nothing was; never more than `maxMs`. */
export function settleDuration(
  askedMs: number | undefined,
  { role, maxMs }: { readonly role: RolePolicy; readonly maxMs: number },
  trail: Trail,
): number | Refused {
  const durationMs = askedMs ?? Math.min(role.defaultMs, maxMs);
  // `!(a <= b)` and not `a > b`: a duration that is no number must not pass.
  if (!(durationMs <= maxMs)) {
    const reason = refuse('duration-too-long', { role: role.name, askedMs: durationMs, maxMs });
    return trail.unmet('duration-is-allowed', reason);
  }
  trail.met('duration-is-allowed', { durationMs, maxMs });
  return durationMs;
}

function findResource(text: string, facts: Facts, trail: Trail): Resource | Refused {
  const found = lookUp(facts.catalog, text);
  if (found.kind === 'found') {
    const { resource } = found;
    trail.met('resource-exists', { resource: resource.ref, repository: resource.place.repository });
    return resource;
  }
  if (found.kind === 'unknown') {
    const { suggestions } = found;
    return trail.unmet(
      'resource-exists',
      refuse('resource-unknown', { resource: text, suggestions }),
    );
  }
  if (found.kind === 'ambiguous') {
    const { candidates } = found;
    const reason = refuse('resource-ambiguous', { resource: text, candidates });
    return trail.unmet('resource-exists', reason);
  }
  const { ref, fault } = found;
  if (fault.code === 'namespace-without-policy') {
    const { namespace } = refParts(ref);
    const reason = refuse('namespace-without-policy', { resource: ref, namespace });
    return trail.unmet('namespace-has-policy', reason);
  }
  const reason = refuse('resource-refused', {
    resource: ref,
    fault: fault.code,
    detail: fault.message,
    file: [fault.place.repository, fault.place.path].filter(Boolean).join('/'),
    line: fault.place.line,
  });
  return trail.unmet('resource-exists', reason);
}
