// Demands for approvals that nobody can meet, whoever asks: two approvals where one person owns what is asked for, or one
// of a group that has nobody. A request is taken all the same, since somebody may join the group before it lapses. What
// is a slip of the pen shows where policy and catalog are checked, or when somebody waits in vain. Anybody who may push a
// branch has it judged, so that the work is bounded: what is beyond is not told.

import type { Resource, User } from '../catalog/model.ts';
import { eachMember } from '../catalog/ownership.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { refsAboveTeams } from '../catalog/teams.ts';
import { refOf, requirementsFor, type Requirement } from './approvals.ts';
import { unmatched } from './matching.ts';
import type { NamespacePolicy, Policy } from './policy.ts';
import { rolesOf } from './subject.ts';

/** So many are told: nobody mends more at once. */
const maxTold = 50;
/** A longer list of approvers is not judged. */
const maxNames = 50;
/** So many times is somebody, or a demand, looked at, which takes about a second; what comes then is not judged. */
const maxSteps = 5_000_000;

export interface UnmeetableDemand {
  readonly namespace: string;
  readonly role: string;
  /** It is made only while the catalog's entry is new (stewardship.ts). */
  readonly whileNew: boolean;
  /** Whoever could give the approvals, as refs: so many of them all, or one of each. */
  readonly demand: Requirement;
  readonly lacks: Lack;
  /** What it stands in the way of, in the order of the catalog; one or more. */
  readonly resources: readonly Resource[];
}

export type Lack =
  /** So many people can give one of the approvals, and more are needed. */
  | { readonly kind: 'too-few'; readonly known: number }
  /** Nobody is left for one of these. */
  | { readonly kind: 'nobody-for'; readonly refs: readonly string[] }
  /** Only whoever may ask could give it, and nobody approves their own request. */
  | { readonly kind: 'requesters-only'; readonly refs: readonly string[] };

interface Work {
  steps: number;
}

interface Rules {
  readonly policy: Policy;
  readonly catalog: Snapshot;
}

/**
 * One for each demand of a role, however many resources have it; the first ones where there are very many. A group that
 * depends on a GitHub team may have anybody: what is demanded of one counts as met.
 */
export function unmeetableDemands({ policy, catalog }: Rules): readonly UnmeetableDemand[] {
  const work: Work = { steps: 0 };
  const judge = openJudge(catalog, work);
  const found = new Map<string, UnmeetableDemand & { readonly resources: Resource[] }>();
  for (const { rules, alike } of profilesOf({ policy, catalog })) {
    const [resource] = alike;
    if (!resource || work.steps > maxSteps) continue;
    for (const { role, whileNew, demand } of demandsOf(resource, rules, work)) {
      const lacks = judge(demand, rules);
      if (lacks === undefined) continue;
      const key = JSON.stringify([rules.name, role, whileNew, demand]);
      const same = found.get(key);
      if (same) for (const each of alike) same.resources.push(each);
      else if (found.size === maxTold) return [...found.values()];
      else {
        const { name: namespace } = rules;
        found.set(key, { namespace, role, whileNew, demand, lacks, resources: [...alike] });
      }
    }
  }
  return [...found.values()];
}

/** Resources of which the same is demanded. A catalog has many resources, and few owners of each namespace. */
function profilesOf({ policy, catalog }: Rules) {
  const profiles = new Map<string, { rules: NamespacePolicy; alike: Resource[] }>();
  for (const resource of catalog.resources.values()) {
    const { namespace, owner, approvals, approvers, roles } = resource;
    const rules = policy.namespaces.get(namespace);
    if (!rules) continue;
    const key = JSON.stringify([namespace, owner, approvals, approvers, roles]);
    const same = profiles.get(key);
    if (same) same.alike.push(resource);
    else profiles.set(key, { rules, alike: [resource] });
  }
  return profiles.values();
}

/** Every demand of every role of a resource, its owner by name. */
function* demandsOf(resource: Resource, rules: NamespacePolicy, work: Work) {
  for (const name of rolesOf(resource, rules)) {
    const role = rules.roles.get(name);
    work.steps += 1;
    if (work.steps > maxSteps) return;
    if (!role) continue;
    const always = requirementsFor({ resource, rules, role }, false);
    // Those of the stewards come behind the others.
    const all =
      rules.stewards.length === 0 ? always : requirementsFor({ resource, rules, role }, true);
    for (const [nth, requirement] of all.entries()) {
      if (requirement.of.length > maxNames) continue;
      const of = requirement.of.map((each) => refOf(each, resource));
      const demand: Requirement = { ...requirement, of };
      yield { role: name, whileNew: nth >= always.length, demand };
    }
  }
}

function openJudge(catalog: Snapshot, work: Work) {
  const unknown = refsAboveTeams(catalog);

  /** Somebody who could approve: GitHub has to know them, and the provider where the policy has approvers sign in. */
  function someOf(ref: string, max: number, fits: (user: User) => boolean): readonly User[] {
    const some = new Set<User>();
    for (const user of eachMember(catalog, ref)) {
      work.steps += 1;
      if (fits(user)) some.add(user);
      if (some.size === max) break;
    }
    return [...some];
  }

  /** What is lacking when everybody approves but this person. */
  function lackOf(
    demand: Requirement,
    candidates: readonly (readonly User[])[],
    without?: User,
  ): Lack | undefined {
    const people = [...new Set(candidates.flat())].filter((user) => user !== without);
    if (demand.kind === 'count') {
      return people.length < demand.count ? { kind: 'too-few', known: people.length } : undefined;
    }
    const sets = candidates.map((users) => new Set(users));
    const places = [...sets.keys()].filter((place) => !unknown.has(demand.of[place] ?? ''));
    const left = unmatched(places, people, (place, user) => {
      work.steps += 1;
      return sets[place]?.has(user) === true;
    });
    return left.length === 0
      ? undefined
      : { kind: 'nobody-for', refs: left.flatMap((place) => demand.of[place] ?? []) };
  }

  /** Undefined where somebody can get it. */
  return (demand: Requirement, rules: NamespacePolicy): Lack | undefined => {
    if (demand.kind === 'count' && demand.of.some((ref) => unknown.has(ref))) return undefined;
    const fits = ({ login, subject }: User) =>
      login !== null && (rules.confirm === 'comment' || subject !== null);
    // So many of each are enough, and one more, who may be the one who asks.
    const enough = (demand.kind === 'count' ? demand.count : demand.of.length) + 1;
    const candidates = demand.of.map((ref) => (unknown.has(ref) ? [] : someOf(ref, enough, fits)));
    const lack = lackOf(demand, candidates);
    if (lack || rules.requesters.some((ref) => unknown.has(ref))) return lack;
    const approvers = new Set(candidates.flat());
    const asking = rules.requesters.flatMap((ref) =>
      someOf(ref, approvers.size + 1, ({ login }) => login !== null),
    );
    const isGiven =
      asking.some((user) => !approvers.has(user)) ||
      asking.some(
        (user) => work.steps > maxSteps || lackOf(demand, candidates, user) === undefined,
      );
    // Where nobody may ask there is nothing to be said of approvals.
    return isGiven || asking.length === 0
      ? undefined
      : { kind: 'requesters-only', refs: rules.requesters };
  };
}
