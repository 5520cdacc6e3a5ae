// Who somebody is right now, and whether they may ask. People are numeric GitHub ids; entities are refs. The one
// place where they meet is userOf, below. Who may approve, and when it is enough, stands in approvals.ts.

import { isMember, userByLogin } from '../catalog/ownership.ts';
import type { Resource, User } from '../catalog/model.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { teamGroupsBelow } from '../catalog/teams.ts';
import type { Refused, Trail } from './explain.ts';
import type { NamespacePolicy, Policy } from './policy.ts';
import { refuse, type Refusal } from './reasons.ts';
import type { Judged, Person } from './request.ts';

/**
 * Whether an account belongs to the organisation where it acts. `unreadable`: GitHub does not let the App know, and then
 * nothing new is decided for them.
 */
export type Belonging = 'member' | 'outsider' | 'unreadable';

/** What every decision looks at, gathered before it: nothing is fetched while deciding. */
export interface Facts {
  readonly policy: Policy;
  readonly policyRevision: string;
  readonly catalog: Snapshot;
  /** Numeric id → login, as GitHub states it at this moment, for everyone stored with the request or grant. */
  readonly logins: ReadonlyMap<number, string>;
  /** Lower-case login of a catalog User → the numeric id it stands for, as binding.ts has it. */
  readonly ids: ReadonlyMap<string, number>;
  /** Numeric id → whether GitHub says that they belong to the owner of the repository. */
  readonly belonging: ReadonlyMap<number, Belonging>;
  /** Refs of groups whose GitHub team the App may not read: that nobody is in them is not known. */
  readonly unreadableTeams: ReadonlySet<string>;
  /** Entity ref → when it became what it is, ISO 8601, for those of which that was lately. */
  readonly changedAt: ReadonlyMap<string, string>;
  readonly now: Date;
}

export type Identified =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'nobody'; readonly reason: Refusal };

/**
 * The User behind a GitHub account. `person` is the account as GitHub states it now, so its login is current;
 * the login leads to a User, and that User's login must stand for this very numeric id. Without the last step
 * whoever takes over a login that somebody gave up would take over their rights.
 */
export function userOf(person: Person, facts: Facts): Identified {
  const user = userByLogin(facts.catalog, person.login);
  if (!user) return nobody(refuse('person-unknown', { login: person.login }));
  if (facts.ids.get(person.login.toLowerCase()) !== person.id) {
    return nobody(refuse('account-reassigned', { login: person.login }));
  }
  // An outside collaborator may write on the issue as well, and must not decide there.
  const belonging = facts.belonging.get(person.id) ?? 'unreadable';
  if (belonging === 'outsider') return nobody(refuse('not-a-member', { login: person.login }));
  if (belonging === 'unreadable') {
    return nobody(refuse('members-unreadable', { login: person.login }));
  }
  return { kind: 'user', user };
}

/** Judged before whatever somebody asks for: a refusal must not tell a stranger what there is. */
export function judgePerson(person: Person, facts: Facts, trail: Trail): User | Refused {
  const identified = userOf(person, facts);
  if (identified.kind === 'nobody') return trail.unmet('person-is-known', identified.reason);
  trail.met('person-is-known', { id: person.id, user: identified.user.ref });
  return identified.user;
}

/** Who is behind somebody stored earlier: only the id is believed, the login is looked up anew. */
export function userOfId(id: number, facts: Facts): Identified {
  const login = facts.logins.get(id);
  return login === undefined
    ? nobody(refuse('person-unresolved', { id }))
    : userOf({ id, login }, facts);
}

/**
 * Whether two accounts are one person's: the same account, or both of a User of the catalog, each when it was judged or by
 * now. Whom the catalog gives another login has a second account, and nothing to decide with it about what the first did.
 */
export function isSamePerson(one: Judged, other: Judged, facts: Facts): boolean {
  if (one.id === other.id) return true;
  const users = usersOf(one, facts);
  return usersOf(other, facts).some((ref) => users.includes(ref));
}

function usersOf({ id, user }: Judged, facts: Facts): readonly string[] {
  const today = userOfId(id, facts);
  const refs = today.kind === 'user' ? [today.user.ref] : [];
  return user === undefined ? refs : [user, ...refs];
}

/** Whether a refusal says only that GitHub did not say: enough for a no, and not enough to take something away. */
export function isUnknown({ code }: Refusal): boolean {
  return (
    code === 'person-unresolved' || code === 'members-unreadable' || code === 'team-unreadable'
  );
}

/** The group through which this person may ask, or why they may not. */
export function requesterEntitlement(
  { user, login }: { readonly user: User; readonly login: string },
  { resource, rules }: { readonly resource: Resource; readonly rules: NamespacePolicy },
  { catalog, unreadableTeams }: Pick<Facts, 'catalog' | 'unreadableTeams'>,
): { readonly kind: 'eligible'; readonly via: string } | NotEligible {
  const { requesters } = rules;
  const via = requesters.find((ref) => isMember(catalog, user.ref, ref));
  if (via !== undefined) return { kind: 'eligible', via };
  const data = { login, resource: resource.ref };
  // Looked for only where there is something to find: of a large catalog this is asked for every entity.
  const below = unreadableTeams.size === 0 ? [] : teamGroupsBelow(catalog, requesters);
  const groups = below.map(({ ref }) => ref).filter((ref) => unreadableTeams.has(ref));
  const reason =
    groups.length > 0
      ? refuse('team-unreadable', { ...data, groups })
      : refuse('not-a-requester', { ...data, requesters });
  return { kind: 'not-eligible', reason };
}

/** Whether policy lets this person break the glass; the refusal when it does not. */
export function judgeBreaker(
  { user, login }: { readonly user: User; readonly login: string },
  { name, breakGlass }: NamespacePolicy,
  catalog: Snapshot,
  trail: Trail,
): Refused | undefined {
  const who = breakGlass?.who ?? [];
  const via = who.find((ref) => isMember(catalog, user.ref, ref));
  if (via === undefined) {
    const reason =
      who.length === 0
        ? refuse('no-break-glass', { namespace: name })
        : refuse('not-a-breaker', { login, namespace: name, who });
    return trail.unmet('person-may-break-glass', reason);
  }
  trail.met('person-may-break-glass', { via });
  return undefined;
}

interface NotEligible {
  readonly kind: 'not-eligible';
  readonly reason: Refusal;
}

function nobody(reason: Refusal): Identified {
  return { kind: 'nobody', reason };
}
