// The catalog at one moment, judged by a policy: who is believed, and which entities count. Immutable. An
// entity that does not count is kept with the reason, so that a refusal can say what is wrong and where.
// Where two definitions contradict each other neither is believed: picking one would let the other's author choose.

import { nearest } from '../access/nearest.ts';
import type { NamespacePolicy, Policy } from '../access/policy.ts';
import { isPermitted } from './cloud-role.ts';
import type { FaultyEntity } from './file.ts';
import type { Descriptor, Group, Place, Resource, User } from './model.ts';
import { isNamed } from './origin.ts';
import { withoutOutdated, type Definition } from './outdated.ts';
import { indexPeople, type People } from './ownership.ts';
import { refParts } from './ref.ts';
import { addressesOf, rolesWithoutPolicy } from './roles.ts';

type CatalogFaultCode =
  | 'unreadable'
  | 'broken-file'
  | 'missing-file'
  | 'location-refused'
  | 'location-left-out'
  | 'invalid'
  | 'not-connectable'
  | 'defined-twice'
  | 'login-shared'
  | 'subject-shared'
  | 'target-shared'
  | 'namespace-without-policy'
  | 'origin-not-allowed'
  | 'owner-not-allowed'
  | 'iam-not-allowed'
  /** The entity counts all the same, without that role. */
  | 'role-without-policy'
  | 'people-not-believed';

export interface CatalogFault {
  readonly code: CatalogFaultCode;
  /** Null where the fault is a file's. */
  readonly ref: string | null;
  readonly place: Place;
  readonly message: string;
}

/** Whether somebody seems to rely on what is at fault. A catalog is full of what nobody means to connect to. */
export function isOfConcern({ code }: CatalogFault): boolean {
  return code !== 'not-connectable';
}

export interface Snapshot extends People {
  /** What can be connected to, by ref. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** What exists and cannot, by ref. */
  readonly refused: ReadonlyMap<string, CatalogFault>;
  /** Name → refs of the resources that have it; then of those that are refused. */
  readonly names: ReadonlyMap<string, Named>;
  /** All of them, for the operator. */
  readonly faults: readonly CatalogFault[];
  /** Sources that may have more than is held of them: what is not there could be in these. */
  readonly lacking: ReadonlySet<string>;
}

interface Named {
  readonly resources: readonly string[];
  readonly refused: readonly string[];
}

export interface Definitions {
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
  /** Those of them that may be outdated. */
  readonly recalled?: ReadonlySet<Descriptor | FaultyEntity>;
  readonly lacking?: ReadonlySet<string>;
}

export function buildSnapshot(definitions: Definitions, policy: Policy): Snapshot {
  const faults: CatalogFault[] = [];
  const report = (fault: CatalogFault) => void faults.push(fault);
  const entitled = judgeOrigins(definitions, policy, report);
  const { definitions: all, lacking: outdated } = withoutOutdated(entitled);
  const single = dropDoubles(all, report);
  const people = gatherPeople(all, single, report);
  const resources = gatherResources(single, policy, report);
  const lacking = new Set([...(definitions.lacking ?? []), ...outdated]);
  const refused = new Map<string, CatalogFault>();
  for (const fault of faults) {
    if (fault.ref !== null && !resources.has(fault.ref)) refused.set(fault.ref, fault);
  }
  return { ...people, resources, refused, names: indexNames(resources, refused), faults, lacking };
}

/** So that looking a name up costs the same in a large catalog as in a small one. */
function indexNames(
  resources: ReadonlyMap<string, Resource>,
  refused: ReadonlyMap<string, CatalogFault>,
): ReadonlyMap<string, Named> {
  const names = new Map<string, { resources: string[]; refused: string[] }>();
  const named = (ref: string) => {
    const { name } = refParts(ref);
    const found = names.get(name) ?? { resources: [], refused: [] };
    names.set(name, found);
    return found;
  };
  for (const ref of resources.keys()) named(ref).resources.push(ref);
  for (const ref of refused.keys()) {
    // People are no resources, whatever is wrong with them.
    if (!/^(user|group):/.test(ref)) named(ref).refused.push(ref);
  }
  return names;
}

type Report = (fault: CatalogFault) => void;

/** Leaves out what its origin may not define: it must not even count as a second definition. */
function judgeOrigins(
  { descriptors, faulty, recalled = new Set() }: Definitions,
  policy: Policy,
  report: Report,
): readonly Definition[] {
  const definitions: Definition[] = descriptors.map((descriptor) => {
    const { ref, place } = descriptor;
    return { ref, place, descriptor, isRecalled: recalled.has(descriptor) };
  });
  for (const entity of faulty) {
    const { ref, place, message } = entity;
    report({ code: 'invalid', ref, place, message });
    if (ref !== null) definitions.push({ ref, place, isRecalled: recalled.has(entity) });
  }
  return definitions.filter(({ ref, place, descriptor }) => {
    // Whoever points at what somebody else wrote chooses which of it counts, so that both have to be allowed.
    const origins = [place.repository, ...(place.broughtBy === undefined ? [] : [place.broughtBy])];
    const fault = origins.map((origin) => originFault(ref, origin, policy)).find(Boolean);
    if (!fault) return true;
    // Nobody could connect to it wherever it came from: that is all that need be said of it.
    if (descriptor?.kind === 'unconnectable') report(notConnectable(descriptor));
    else report({ ...fault, ref, place });
    return false;
  });
}

function originFault(ref: string, origin: string, policy: Policy) {
  const { kind, namespace } = refParts(ref);
  if (kind === 'user' || kind === 'group') {
    const believed = kind === 'user' ? policy.people.users : policy.people.groups;
    if (isNamed(believed, origin)) return undefined;
    const message = `Policy does not believe ${origin} about ${kind}s.`;
    return { code: 'people-not-believed', message } as const;
  }
  const rules = policy.namespaces.get(namespace);
  if (!rules) {
    const message = `Policy has no namespace ${namespace}.`;
    return { code: 'namespace-without-policy', message } as const;
  }
  if (isNamed(rules.catalog, origin)) return undefined;
  const message = `Policy does not let ${origin} define entities in ${namespace}.`;
  return { code: 'origin-not-allowed', message } as const;
}

function dropDoubles(definitions: readonly Definition[], report: Report): readonly Descriptor[] {
  return [...Map.groupBy(definitions, ({ ref }) => ref).values()].flatMap((same) => {
    if (same.length > 1) {
      for (const { ref, place } of same) {
        const message = `${ref} is defined ${same.length} times; none of them counts.`;
        report({ code: 'defined-twice', ref, place, message });
      }
      return [];
    }
    return same.flatMap(({ descriptor }) => descriptor ?? []);
  });
}

/** Claims are counted over all definitions, so that a user who is refused still spoils a login they claim. */
function gatherPeople(
  all: readonly Definition[],
  single: readonly Descriptor[],
  report: Report,
): People {
  const claims = all.flatMap(({ descriptor }) => (descriptor?.kind === 'user' ? [descriptor] : []));
  const logins = sharedClaims(claims, (user) => user.login?.toLowerCase() ?? null);
  const subjects = sharedClaims(claims, (user) => user.subject);
  const isAlone = (user: User) => {
    const { ref, place } = user;
    const login = user.login !== null && logins.has(user.login.toLowerCase());
    const subject = user.subject !== null && subjects.has(user.subject);
    if (login) {
      const message = `Another User has the GitHub login ${user.login} too.`;
      report({ code: 'login-shared', ref, place, message });
    }
    if (subject) {
      const message = 'Another User has the same sallyport.dev/subject.';
      report({ code: 'subject-shared', ref, place, message });
    }
    return !login && !subject;
  };
  const users = single.filter((each): each is User => each.kind === 'user').filter(isAlone);
  const groups = single.filter((each): each is Group => each.kind === 'group');
  return indexPeople(users, groups);
}

/** Two definitions of one User are one claimant here: that they are two is another fault. */
function sharedClaims(users: readonly User[], claim: (user: User) => string | null) {
  const claimant = new Map<string, string>();
  const shared = new Set<string>();
  for (const user of users) {
    const claimed = claim(user);
    if (claimed === null) continue;
    if ((claimant.get(claimed) ?? user.ref) !== user.ref) shared.add(claimed);
    claimant.set(claimed, user.ref);
  }
  return shared;
}

function gatherResources(
  single: readonly Descriptor[],
  policy: Policy,
  report: Report,
): ReadonlyMap<string, Resource> {
  const owned = single.flatMap((descriptor) => {
    const resource = asResource(descriptor, report);
    if (!resource) return [];
    const rules = policy.namespaces.get(resource.namespace);
    return isOwned(resource, rules, report) && isBacked(resource, rules, report) ? [resource] : [];
  });
  const owners = new Map<string, Set<string>>();
  for (const resource of owned) {
    for (const target of addressesOf(resource)) {
      owners.set(target, (owners.get(target) ?? new Set<string>()).add(resource.owner));
    }
  }
  const usable = owned.filter((resource) => {
    const target = addressesOf(resource).find((each) => (owners.get(each)?.size ?? 0) > 1);
    if (target === undefined) return true;
    const { ref, place } = resource;
    const message = `${target} is also carried by an entity of another owner.`;
    report({ code: 'target-shared', ref, place, message });
    return false;
  });
  for (const resource of usable) reportRoles(resource, policy, report);
  return new Map(usable.map((resource) => [resource.ref, resource]));
}

function asResource(descriptor: Descriptor, report: Report): Resource | undefined {
  if (descriptor.kind === 'resource') return descriptor;
  if (descriptor.kind === 'unconnectable') {
    report(notConnectable(descriptor));
  }
  return undefined;
}

function notConnectable({ ref, place }: Descriptor): CatalogFault {
  return { code: 'not-connectable', ref, place, message: 'It has no sallyport.dev/target.' };
}

function isOwned(resource: Resource, rules: NamespacePolicy | undefined, report: Report): boolean {
  const { ref, place, owner } = resource;
  if (rules?.owners.includes(owner)) return true;
  const message = `Policy does not let ${owner} own entities in ${resource.namespace}.`;
  report({ code: 'owner-not-allowed', ref, place, message });
  return false;
}

/** Whether policy permits each cloud role that the entity names, for the very role it is to stand behind. */
function isBacked(resource: Resource, rules: NamespacePolicy | undefined, report: Report): boolean {
  const { ref, place, namespace } = resource;
  for (const [role, iam] of resource.roleIam) {
    if (isPermitted(rules?.roles.get(role)?.iam ?? [], iam)) continue;
    const message = `Policy does not let ${iam} stand behind the role ${role} in ${namespace}: ask whoever keeps the policy, or take ${role}.iam out.`;
    report({ code: 'iam-not-allowed', ref, place, message });
    return false;
  }
  return true;
}

function reportRoles(resource: Resource, policy: Policy, report: Report): void {
  const { ref, place, namespace } = resource;
  const roles = policy.namespaces.get(namespace)?.roles ?? new Map<string, unknown>();
  for (const role of rolesWithoutPolicy(resource, roles)) {
    const meant = nearest(role, roles.keys());
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    const message = `Policy has no role ${role} in ${namespace}, so that it counts for nothing here.${hint}`;
    report({ code: 'role-without-policy', ref, place, message });
  }
}
