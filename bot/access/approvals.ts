// Approvals: what a grant needs, who could give it, and what is still missing. The entity's annotations only ever
// add to what policy demands, and each demand counts a person once.

import type { Resource, User } from '../catalog/model.ts';
import { isMember, membersOf } from '../catalog/ownership.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { isSamePerson, userOfId, type Facts } from './eligibility.ts';
import { unmatched } from './matching.ts';
import type { NamespacePolicy, RolePolicy } from './policy.ts';
import type { Approver, Missing } from './reasons.ts';
import type { Approval, Judged } from './request.ts';

/** A demand for approvals: `count` different people of `of`, or a different person for each of them. */
export type Requirement =
  | { readonly kind: 'count'; readonly count: number; readonly of: readonly string[] }
  | { readonly kind: 'each'; readonly of: readonly string[] };

/** How approvers are listed: from this catalog, without the requester. */
export interface View {
  readonly catalog: Snapshot;
  /** User ref of the requester, who may not approve. */
  readonly exceptUser: string;
}

/** The view without a person who was stored earlier, and who is nobody's approver in their own matter. */
export function viewWithout(id: number, facts: Facts): View {
  const identified = userOfId(id, facts);
  const exceptUser = identified.kind === 'user' ? identified.user.ref : '';
  return { catalog: facts.catalog, exceptUser };
}

/**
 * Everything that must be met before a grant. The entity's annotations only ever add to policy's demand; while the
 * entity is new, a steward adds to both.
 */
export function requirementsFor(
  { resource, rules, role }: { resource: Resource; rules: NamespacePolicy; role: RolePolicy },
  isNew: boolean,
): readonly Requirement[] {
  const { approvals } = role;
  const demanded: Requirement[] = [];
  if (approvals.kind === 'count') {
    const count = Math.max(approvals.count, resource.approvals ?? 0);
    demanded.push({ kind: 'count', count, of: rules.approvers });
  } else {
    demanded.push({ kind: 'each', of: approvals.of });
    const count = resource.approvals ?? 0;
    if (count > approvals.of.length) demanded.push({ kind: 'count', count, of: approvals.of });
  }
  if (resource.approvers.length > 0) demanded.push({ kind: 'each', of: resource.approvers });
  if (isNew) demanded.push({ kind: 'count', count: 1, of: rules.stewards });
  return demanded;
}

/** The group or user through which this person may approve; undefined when nothing entitles them. */
export function entitlement(
  user: User,
  resource: Resource,
  requirements: readonly Requirement[],
  catalog: Snapshot,
): string | undefined {
  const names = requirements.flatMap((requirement) => requirement.of);
  const name = names.find((each) => isMember(catalog, user.ref, refOf(each, resource)));
  return name === undefined ? undefined : refOf(name, resource);
}

export interface StandingApproval {
  readonly approval: Approval;
  readonly user: User;
}

/**
 * Approvals that count: of this digest, one a person, none by the requester, each by a person entitled today, and each
 * confirmed by a sign-in where the policy demands that today.
 */
export function standingApprovals(
  approvals: readonly Approval[],
  about: {
    readonly digest: string;
    readonly requester: Judged;
    readonly resource: Resource;
    readonly requirements: readonly Requirement[];
    readonly rules: Pick<NamespacePolicy, 'confirm'>;
  },
  facts: Facts,
): readonly StandingApproval[] {
  const { digest, requester, resource, requirements, rules } = about;
  const standing: StandingApproval[] = [];
  for (const approval of approvals) {
    const { approver } = approval;
    if (approval.digest !== digest || isSamePerson(approver, requester, facts)) continue;
    if (standing.some((each) => isSamePerson(each.approval.approver, approver, facts))) continue;
    if (rules.confirm === 'sign-in' && approval.confirmedBy === undefined) continue;
    const identified = userOfId(approver.id, facts);
    if (identified.kind === 'nobody') continue;
    const { user } = identified;
    if (entitlement(user, resource, requirements, facts.catalog) === undefined) continue;
    standing.push({ approval, user });
  }
  return standing;
}

/**
 * What is still missing, one entry a demand; empty when it is enough. Whoever has approved is not among those who could:
 * a person counts once for each demand, and does by now wherever they can.
 */
export function missingApprovals(
  requirements: readonly Requirement[],
  users: readonly User[],
  resource: Resource,
  view: View,
): readonly Missing[] {
  const without = new Set([view.exceptUser, ...users.map(({ ref }) => ref)]);
  const describe = (names: readonly string[]) =>
    names.map((name) => describeApprover(name, resource, { catalog: view.catalog, without }));
  return requirements.flatMap((requirement): readonly Missing[] => {
    const counts = (name: string, user: User) =>
      isMember(view.catalog, user.ref, refOf(name, resource));
    if (requirement.kind === 'count') {
      const given = users.filter((user) => requirement.of.some((name) => counts(name, user)));
      const count = requirement.count - given.length;
      return count > 0 ? [{ count, of: describe(requirement.of) }] : [];
    }
    // Those first whom nobody else could stand for: what stays open is then open for somebody.
    const others = (name: string) => describe([name]).flatMap(({ logins }) => logins).length;
    const names = users.length === 0 ? requirement.of : sortedBy(requirement.of, others);
    const open = new Set(unmatched(names, users, counts));
    return requirement.of
      .filter((name) => open.has(name))
      .map((name) => ({ count: 1, of: describe([name]) }));
  });
}

/** Everybody who could approve, for the card, the mention and the refusals; `exceptUser` is left out. */
export function describeApprovers(
  requirements: readonly Requirement[],
  resource: Resource,
  view: View,
): readonly Approver[] {
  const { catalog } = view;
  const without = new Set([view.exceptUser]);
  const names = new Map<string, Approver>();
  for (const name of requirements.flatMap((requirement) => requirement.of)) {
    const ref = refOf(name, resource);
    if (!names.has(ref)) names.set(ref, describeApprover(name, resource, { catalog, without }));
  }
  return [...names.values()];
}

function describeApprover(
  name: string,
  resource: Resource,
  { catalog, without }: { catalog: Snapshot; without: ReadonlySet<string> },
): Approver {
  const ref = refOf(name, resource);
  const group = catalog.groups.get(ref);
  const logins = membersOf(catalog, ref)
    .filter((user) => !without.has(user.ref))
    .flatMap((user) => user.login ?? []);
  return {
    ref,
    as: name === 'owner' ? 'owner' : 'named',
    title: group?.title ?? catalog.users.get(ref)?.title ?? ref,
    team: catalog.teams.get(ref)?.canBeMentioned === true ? (group?.team ?? null) : null,
    logins: logins.sort(),
  };
}

function sortedBy<Item>(items: readonly Item[], key: (item: Item) => number): readonly Item[] {
  const keyed = items.map((item) => [key(item), item] as const);
  return keyed.toSorted(([a], [b]) => a - b).map(([, item]) => item);
}

/** `owner` is whoever the entity's `spec.owner` names; every other name is a ref already. */
export function refOf(name: string, resource: Resource): string {
  return name === 'owner' ? resource.owner : name;
}
