// The facts of a rehearsal: policy and catalog are those of the files, and what GitHub would say of people is what the
// case states. Everybody gets a number, as GitHub gives one; whoever is not stated to be an outsider belongs.

import { groupsConcerning } from '../access/concerning.ts';
import type { Facts } from '../access/eligibility.ts';
import { nearest } from '../access/nearest.ts';
import type { Policy } from '../access/policy.ts';
import type { Person } from '../access/request.ts';
import { lookUp } from '../catalog/lookup.ts';
import { userByLogin, type Team } from '../catalog/ownership.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { teamGroupsBelow, withTeams } from '../catalog/teams.ts';

/** The policy and the catalog as files have them. */
export interface Rulebook {
  readonly policy: Policy;
  readonly policyRevision: string;
  readonly catalog: Snapshot;
}

export interface Stated {
  readonly now: Date;
  /** `org/team` in lower case → names of people. */
  readonly teams: Readonly<Record<string, readonly string[]>>;
  readonly outsiders: readonly string[];
  /** A resource, as it was named, that became what it is at this very moment. */
  readonly newResource?: string | undefined;
}

export type Gathering =
  | {
      readonly kind: 'gathered';
      readonly facts: Facts;
      /** Who a name of `names` is. */
      readonly personOf: (name: string) => Person;
    }
  /** It states what the catalog contradicts, so that nothing would be tested. Each is a sentence. */
  | { readonly kind: 'contradicted'; readonly why: readonly string[] };

/** `names` are all who act, as GitHub logins or as refs of User entities. */
export function gatherStated(
  { policy, policyRevision, catalog }: Rulebook,
  names: readonly string[],
  { now, teams, outsiders, newResource }: Stated,
): Gathering {
  const why: string[] = [];
  const loginOf = (name: string) => {
    const found = findLogin(catalog, name);
    if (found.kind === 'nobody') why.push(found.why);
    return found.kind === 'login' ? found.login : '';
  };
  const people = new Map<string, Person>();
  for (const name of [...names, ...outsiders]) {
    const login = loginOf(name);
    const key = login.toLowerCase();
    if (!people.has(key)) people.set(key, { id: people.size + 1, login });
  }
  const members = new Map<string, Team>();
  for (const [team, inIt] of Object.entries(teams)) {
    const groups = catalog.teamGroups.filter((group) => group.team?.toLowerCase() === team);
    if (groups.length === 0) why.push(`No group of the catalog is tied to the team ${team}.`);
    const logins = new Set(inIt.map((name) => loginOf(name).toLowerCase()));
    for (const { ref } of groups) members.set(ref, { logins, canBeMentioned: false });
  }
  if (why.length > 0) return { kind: 'contradicted', why };

  const away = new Set(outsiders.map((name) => loginOf(name).toLowerCase()));
  const everybody = [...people];
  const facts: Facts = {
    policy,
    policyRevision,
    catalog: withTeams(catalog, members),
    logins: new Map(everybody.map(([, { id, login }]) => [id, login])),
    ids: new Map(everybody.map(([key, { id }]) => [key, id])),
    belonging: new Map(
      everybody.map(([key, { id }]) => [id, away.has(key) ? 'outsider' : 'member']),
    ),
    unreadableTeams: new Set(),
    changedAt: changesAt(now, newResource, catalog),
    now,
  };
  const personOf = (name: string) => {
    const person = people.get(loginOf(name).toLowerCase());
    if (!person) throw new Error(`${name} is not among those who act`);
    return person;
  };
  return { kind: 'gathered', facts, personOf };
}

/**
 * A sentence for each name among these that is no User of the catalog. Somebody who is stated to be an outsider needs
 * none: that says that they are meant.
 */
export function strangersAmong(
  { catalog }: Pick<Rulebook, 'catalog'>,
  names: readonly string[],
  outsiders: readonly string[],
): readonly string[] {
  const stated = new Set(outsiders.map((name) => name.toLowerCase()));
  const logins = [...catalog.usersByLogin.keys()];
  const strangers = [...new Set(names)].filter(
    (name) => !name.includes(':') && !userByLogin(catalog, name) && !stated.has(name.toLowerCase()),
  );
  return strangers.map((name) => {
    const meant = nearest(name.toLowerCase(), logins);
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return `The catalog has no User that counts with the GitHub login ${name}.${hint}`;
  });
}

/** The GitHub teams on which this resource depends, and of which nobody was stated: they count as empty. */
export function unstatedTeams(
  { policy, catalog }: Rulebook,
  resource: string,
  teams: Stated['teams'],
): readonly string[] {
  const groups = teamGroupsBelow(catalog, groupsConcerning({ policy, catalog }, resource));
  const named = groups.flatMap(({ team }) => team ?? []);
  return named.filter((team) => !Object.hasOwn(teams, team.toLowerCase()));
}

/** What is not stated to be new has been what it is for long. */
function changesAt(
  now: Date,
  resource: string | undefined,
  catalog: Snapshot,
): ReadonlyMap<string, string> {
  const found = resource === undefined ? undefined : lookUp(catalog, resource);
  return new Map(found?.kind === 'found' ? [[found.resource.ref, now.toISOString()]] : []);
}

type Found =
  | { readonly kind: 'login'; readonly login: string }
  | { readonly kind: 'nobody'; readonly why: string };

/** As the catalog spells it; a login that the catalog does not know is an account all the same. */
function findLogin(catalog: Snapshot, name: string): Found {
  if (!name.includes(':')) {
    return { kind: 'login', login: userByLogin(catalog, name)?.login ?? name };
  }
  const user = catalog.users.get(name);
  if (!user) return { kind: 'nobody', why: `The catalog has no ${name} that counts.` };
  if (user.login !== null) return { kind: 'login', login: user.login };
  return { kind: 'nobody', why: `${name} has no GitHub login, so that nobody on GitHub is them.` };
}
