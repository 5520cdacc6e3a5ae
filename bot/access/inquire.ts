// What the commands that only ask are answered: what somebody may ask for, and why or why not. The same rules as for a
// request, on the same facts, and nothing comes of it.

import { lookUp } from '../catalog/lookup.ts';
import type { Resource, User } from '../catalog/model.ts';
import { autoApproval } from './auto-approve.ts';
import { missingApprovals, requirementsFor, type View } from './approvals.ts';
import { mayAsk } from './connect.ts';
import { requesterEntitlement, userOf, type Facts } from './eligibility.ts';
import type { Step } from './explain.ts';
import { hoursAt } from './hours.ts';
import { useWithinOf, type NamespacePolicy } from './policy.ts';
import type { Missing, Refusal } from './reasons.ts';
import type { Person } from './request.ts';
import type { SignInDemand } from './sign-in.ts';
import { needsStewards } from './stewardship.ts';
import { maxDurationMs, rolesOf } from './subject.ts';

/** A role as it can be had on a resource. */
export interface RoleTerms {
  readonly role: string;
  /** The cloud role behind it. */
  readonly iam?: string;
  readonly defaultMs: number;
  readonly maxMs: number;
  /** For how long the policy approves it by itself. */
  readonly atOnceMs?: number;
  /** What a grant needs otherwise. */
  readonly needs: readonly Missing[];
}

export interface Why {
  /** As it was asked; the entity's ref once it was found. */
  readonly resource: string;
  /** The role that was asked about. */
  readonly role?: string;
  /** Why not; undefined where the person may ask. */
  readonly refusal?: Refusal;
  readonly steps: readonly Pick<Step, 'rule' | 'fact' | 'satisfied'>[];
  /** Empty where the resource was not found. */
  readonly roles: readonly RoleTerms[];
}

/** `/why`: what `/connect` would decide for this person, rule by rule. */
export function explainAsking(
  asked: { readonly resource: string; readonly role?: string },
  person: Person,
  facts: Facts,
): Why {
  const may = mayAsk(asked, person, facts);
  const identified = userOf(person, facts);
  const steps = may.derivation.map(({ rule, fact, satisfied }) => ({ rule, fact, satisfied }));
  const why = {
    resource: asked.resource,
    ...(asked.role !== undefined && { role: asked.role }),
    ...(may.kind === 'refused' && { refusal: may.reason }),
    steps,
    roles: [],
  };
  // Whoever is in no catalog is told that, and nothing of what is in it.
  if (identified.kind === 'nobody') return why;
  const found = lookUp(facts.catalog, asked.resource);
  if (found.kind !== 'found') return why;
  const { resource } = found;
  return { ...why, resource: resource.ref, roles: termsOf(resource, identified.user, facts) };
}

export interface Reachable {
  readonly resource: string;
  readonly title: string;
  readonly roles: readonly RoleTerms[];
}

export type Listing =
  | { readonly kind: 'listed'; readonly resources: readonly Reachable[]; readonly more: number }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** `/resources`: what this person may ask for, by name, at most `max`; `more` counts the rest. */
export function listReachable(person: Person, facts: Facts, max: number): Listing {
  const identified = userOf(person, facts);
  if (identified.kind === 'nobody') return { kind: 'refused', reason: identified.reason };
  const { user } = identified;
  const { catalog, policy } = facts;
  const mine = [...catalog.resources.values()]
    .filter((resource) => {
      const rules = policy.namespaces.get(resource.namespace);
      if (!rules || rolesOf(resource, rules).length === 0) return false;
      const asking = { user, login: person.login };
      return requesterEntitlement(asking, { resource, rules }, facts).kind === 'eligible';
    })
    .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const resources = mine.slice(0, max).map((resource) => ({
    resource: resource.ref,
    title: resource.title,
    roles: termsOf(resource, user, facts),
  }));
  return { kind: 'listed', resources, more: Math.max(0, mine.length - max) };
}

/** A namespace's limits, for `/help`: what holds here for whoever asks. */
export interface NamespaceTerms {
  readonly namespace: string;
  readonly requesters: readonly string[];
  readonly roles: readonly Pick<RoleTerms, 'role' | 'defaultMs' | 'maxMs'>[];
  readonly pendingMs: number;
  /** How long a grant may wait for its first claim, which begins its time; left out where its approval does. */
  readonly useWithinMs?: number | undefined;
  readonly identity: SignInDemand;
  /** `sign-in`: an approval counts only once its approver has signed in as well. */
  readonly confirm?: NamespacePolicy['confirm'];
  /** As the policy writes them; empty where access is given at any time. */
  readonly hours: readonly string[];
}

export function termsOfNamespaces({ policy }: Pick<Facts, 'policy'>): readonly NamespaceTerms[] {
  return [...policy.namespaces.values()].map(
    ({ name, requesters, roles, pendingMs, clock, identity, confirm, hours }: NamespacePolicy) => ({
      namespace: name,
      requesters,
      roles: [...roles.values()].map(({ name: role, defaultMs, maxMs }) => ({
        role,
        defaultMs,
        maxMs,
      })),
      pendingMs,
      useWithinMs: useWithinOf({ clock }),
      identity,
      confirm,
      hours: hours?.map(({ text }) => text) ?? [],
    }),
  );
}

function termsOf(resource: Resource, user: User, facts: Facts): readonly RoleTerms[] {
  const rules = facts.policy.namespaces.get(resource.namespace);
  if (!rules) return [];
  const view: View = { catalog: facts.catalog, exceptUser: user.ref };
  const isOpen = hoursAt(rules.hours, facts.now).kind === 'open';
  return rolesOf(resource, rules).flatMap((name) => {
    const role = rules.roles.get(name);
    if (!role) return [];
    const maxMs = maxDurationMs(resource, role);
    const isNew = needsStewards(resource, rules, facts);
    const requirements = requirementsFor({ resource, rules, role }, isNew);
    const needs = missingApprovals(requirements, [], resource, view);
    const auto = autoApproval({ resource, rules, role, isNew }, user, facts.catalog);
    const iam = resource.roleIam.get(name);
    return [
      {
        role: name,
        ...(iam !== undefined && { iam }),
        defaultMs: Math.min(role.defaultMs, maxMs),
        maxMs,
        ...(auto && isOpen && { atOnceMs: Math.min(auto.maxMs, maxMs) }),
        needs,
      },
    ];
  });
}
