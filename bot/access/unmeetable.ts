// Demands for approvals that nobody can meet, whoever asks: two approvals where one person owns what is asked for, or one
// of a group that has nobody. A request is taken all the same, since somebody may join the group before it lapses. What
// is a slip of the pen shows where policy and catalog are checked, or when somebody waits in vain.

import type { Resource, User } from '../catalog/model.ts';
import { membersOf } from '../catalog/ownership.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { refsAboveTeams } from '../catalog/teams.ts';
import { missingApprovals, refOf, requirementsFor, type Requirement } from './approvals.ts';
import type { Policy } from './policy.ts';
import { rolesOf } from './subject.ts';

export interface UnmeetableDemand {
  readonly namespace: string;
  readonly role: string;
  /** It is made only while the catalog's entry is new (stewardship.ts). */
  readonly whileNew: boolean;
  /** Whoever could give the approvals, as refs: so many of them all, or one of each. */
  readonly demand: Requirement;
  /** For the first kind, how many the catalog has; for the second, the refs for which it has nobody left. */
  readonly lacks: { readonly known: number } | { readonly nobodyFor: readonly string[] };
  /** What it stands in the way of, in the order of the catalog; one or more. */
  readonly resources: readonly Resource[];
}

/**
 * One for each demand of a role, however many resources have it. A group that depends on a GitHub team may have anybody:
 * what is demanded of one counts as met.
 */
export function unmeetableDemands({
  policy,
  catalog,
}: {
  readonly policy: Policy;
  readonly catalog: Snapshot;
}): readonly UnmeetableDemand[] {
  const lacksOf = judgeOnce(catalog);
  const found = new Map<string, UnmeetableDemand & { readonly resources: Resource[] }>();
  for (const { resource, ...of } of demandsOf(policy, catalog)) {
    const lacks = lacksOf(of.demand, resource);
    if (!lacks) continue;
    const { namespace } = resource;
    const key = JSON.stringify([namespace, of]);
    const same = found.get(key);
    if (same) same.resources.push(resource);
    else found.set(key, { namespace, ...of, lacks, resources: [resource] });
  }
  return [...found.values()];
}

/** Every demand of every role of every resource, its owner by name. */
function* demandsOf(policy: Policy, { resources }: Snapshot) {
  for (const resource of resources.values()) {
    const rules = policy.namespaces.get(resource.namespace);
    if (!rules) continue;
    for (const name of rolesOf(resource, rules)) {
      const role = rules.roles.get(name);
      if (!role) continue;
      const always = requirementsFor({ resource, rules, role }, false);
      // Those of the stewards come behind the others.
      const all =
        rules.stewards.length === 0 ? always : requirementsFor({ resource, rules, role }, true);
      for (const [nth, requirement] of all.entries()) {
        const of = requirement.of.map((each) => refOf(each, resource));
        const demand: Requirement = { ...requirement, of };
        yield { resource, role: name, whileNew: nth >= always.length, demand };
      }
    }
  }
}

/** A catalog has few different demands, and many resources that make them. */
function judgeOnce(catalog: Snapshot) {
  const unknown = refsAboveTeams(catalog);
  const approvers = new Map<string, readonly User[]>();
  const approversOf = (ref: string): readonly User[] => {
    const known =
      approvers.get(ref) ?? membersOf(catalog, ref).filter(({ login }) => login !== null);
    approvers.set(ref, known);
    return known;
  };
  const judged = new Map<string, UnmeetableDemand['lacks'] | null>();

  function judge(demand: Requirement, resource: Resource): UnmeetableDemand['lacks'] | null {
    if (demand.of.some((ref) => unknown.has(ref))) return null;
    // So many of each are enough: whoever has as many has one for this demand, whomever the others need.
    const enough = demand.kind === 'count' ? demand.count : demand.of.length;
    const everybody = new Set(demand.of.flatMap((ref) => approversOf(ref).slice(0, enough)));
    const view = { catalog, exceptUser: '' };
    const missing = missingApprovals([demand], [...everybody], resource, view);
    if (missing.length === 0) return null;
    return demand.kind === 'count'
      ? { known: everybody.size }
      : { nobodyFor: missing.flatMap(({ of }) => of.map(({ ref }) => ref)) };
  }

  return (demand: Requirement, resource: Resource): UnmeetableDemand['lacks'] | null => {
    const key = JSON.stringify(demand);
    const known = judged.get(key);
    if (known !== undefined) return known;
    const lacks = judge(demand, resource);
    judged.set(key, lacks);
    return lacks;
  };
}
