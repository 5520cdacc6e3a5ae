// Who is who, and who belongs where: from a GitHub login or a provider's subject to a User, and from a User to
// the groups that count as theirs. Pure, over a snapshot's people. Membership is transitive and cycle safe, and
// a chain through a group that the catalog does not hold is broken: what is not known does not entitle. Who is in a
// group that is tied to a GitHub team GitHub alone says, whatever the catalog lists there.

import type { Group, User } from './model.ts';

/** What GitHub says of a team. */
export interface Team {
  /** Lower-case logins of active members, those of the teams below it included. */
  readonly logins: ReadonlySet<string>;
  /** Whether a mention of it may reach its members: it is not secret, and its notifications are on. */
  readonly canBeMentioned: boolean;
}

export interface People {
  readonly users: ReadonlyMap<string, User>;
  readonly groups: ReadonlyMap<string, Group>;
  /** Lower-case GitHub login → User. Logins that two Users claim are not here. */
  readonly usersByLogin: ReadonlyMap<string, User>;
  readonly usersBySubject: ReadonlyMap<string, User>;
  /** User ref → refs of the groups they are in without anything between. */
  readonly directGroups: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same the other way round. */
  readonly directMembers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Group ref → refs of the groups right above it. */
  readonly parentGroups: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same the other way round. */
  readonly childGroups: ReadonlyMap<string, ReadonlySet<string>>;
  /** The groups that are tied to a GitHub team. */
  readonly teamGroups: readonly Group[];
  /** Group ref → what GitHub says of its team; empty until GitHub was asked. */
  readonly teams: ReadonlyMap<string, Team>;
}

/**
 * Whether the person counts as `ref`: that very user, or a member of that group or of one below it.
 * This is where an entity ref becomes a person; numeric ids never occur here.
 */
export function isMember(people: People, userRef: string, ref: string): boolean {
  const user = people.users.get(userRef);
  if (!user) return false;
  if (ref === userRef) return true;
  const waiting = [...teamGroupsOf(people, user)];
  const climb = (above: Iterable<string> = []) => {
    for (const group of above) if (isOpen(people, group)) waiting.push(group);
  };
  climb(people.directGroups.get(userRef));
  const seen = new Set<string>();
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (group === ref) return true;
    if (seen.has(group)) continue;
    seen.add(group);
    climb(people.parentGroups.get(group));
  }
  return false;
}

/** Whether the catalog may say who is in this group; not of an unknown one, nor of one tied to a GitHub team. */
function isOpen(people: People, groupRef: string): boolean {
  return people.groups.get(groupRef)?.team === null;
}

function teamGroupsOf({ teams, groups }: People, { login }: User): readonly string[] {
  if (login === null || teams.size === 0) return [];
  const name = login.toLowerCase();
  return [...teams]
    .filter(([ref, team]) => groups.has(ref) && team.logins.has(name))
    .map(([ref]) => ref);
}

/** The users that count as `ref`: exactly those of whom isMember says so, in no order that means anything. */
export function membersOf(people: People, ref: string): readonly User[] {
  return [...new Set(eachMember(people, ref))];
}

/** The same one after the other, for whoever needs only some; somebody may come twice. */
export function* eachMember(people: People, ref: string): Generator<User> {
  const own = people.users.get(ref);
  if (own) {
    yield own;
    return;
  }
  const seen = new Set<string>();
  const waiting = [ref];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (seen.has(group) || !people.groups.has(group)) continue;
    seen.add(group);
    yield* directMembers(people, group);
    // What lies below a group of a GitHub team in the catalog is not in it.
    if (!isOpen(people, group)) continue;
    for (const child of people.childGroups.get(group) ?? []) waiting.push(child);
  }
}

function directMembers(people: People, group: string): readonly User[] {
  const listed = isOpen(people, group)
    ? [...(people.directMembers.get(group) ?? [])].map((ref) => people.users.get(ref))
    : [...(people.teams.get(group)?.logins ?? [])].map((login) => people.usersByLogin.get(login));
  return listed.filter((user) => user !== undefined);
}

/** The User that carries this GitHub login. A login is only a claim: the caller compares the numeric id. */
export function userByLogin(people: People, login: string): User | undefined {
  return people.usersByLogin.get(login.toLowerCase());
}

/** The User whose key at the identity provider this is, compared byte by byte. */
export function personBySubject(people: People, subject: string): User | undefined {
  return people.usersBySubject.get(subject);
}

/** Joins users and groups. Whoever claims a login or a subject that another claims too must not be among them. */
export function indexPeople(users: readonly User[], groups: readonly Group[]): People {
  const directGroups = new Map<string, Set<string>>();
  const parentGroups = new Map<string, Set<string>>();
  for (const user of users) for (const group of user.memberOf) add(directGroups, user.ref, group);
  for (const group of groups) {
    for (const member of group.members) add(directGroups, member, group.ref);
    if (group.parent !== null) add(parentGroups, group.ref, group.parent);
    for (const child of group.children) add(parentGroups, child, group.ref);
  }
  return {
    users: new Map(users.map((user) => [user.ref, user])),
    groups: new Map(groups.map((group) => [group.ref, group])),
    usersByLogin: new Map(
      users.flatMap((user) => (user.login === null ? [] : [[user.login.toLowerCase(), user]])),
    ),
    usersBySubject: new Map(
      users.flatMap((user) => (user.subject === null ? [] : [[user.subject, user]])),
    ),
    directGroups,
    directMembers: turned(directGroups),
    parentGroups,
    childGroups: turned(parentGroups),
    teamGroups: groups.filter(({ team }) => team !== null),
    teams: new Map(),
  };
}

function turned(map: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const other = new Map<string, Set<string>>();
  for (const [key, values] of map) for (const value of values) add(other, value, key);
  return other;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
