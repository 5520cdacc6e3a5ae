// Gathers what a decision looks at: the rules as they are now, and who the people concerned are on GitHub now. All of
// it is asked before the decision, so that deciding needs nothing but what stands here.

import { groupsConcerning } from '../access/concerning.ts';
import type { Facts } from '../access/eligibility.ts';
import type { Person } from '../access/request.ts';
import type { Accounts } from '../accounts.ts';
import { userByLogin, type Team } from '../catalog/ownership.ts';
import { teamGroupsBelow, withTeams } from '../catalog/teams.ts';
import type { GitHub } from './app.ts';
import type { Census } from './census.ts';
import type { Owner } from './place.ts';
import type { RuleBook } from './rules.ts';

export interface FactsParts {
  readonly accounts: Pick<Accounts, 'standsFor'>;
  readonly rules: RuleBook;
  readonly census: Census;
  now(): Date;
}

/** What a decision is about. */
export interface Concerned {
  /** Who GitHub just named. */
  readonly present: readonly Person[];
  /** Who is only known by their number from earlier. */
  readonly ids?: readonly number[];
  /** The owner of the repository: whoever decides there belongs to it. */
  readonly owner: Owner;
  /** The resource, as it was named; left out, every resource that somebody may ask for. */
  readonly resource?: string;
  /** Refs of groups that matter besides. */
  readonly groups?: readonly string[];
  /** Whether something may only end by it. That rests on what is known: it must work also while nothing can be given. */
  readonly mayOnlyEnd?: boolean;
}

export async function gatherFacts(
  parts: FactsParts,
  github: GitHub,
  concerned: Concerned,
): Promise<Facts> {
  const { rules: book, census } = parts;
  const [rules, people] = await Promise.all([
    concerned.mayOnlyEnd ? book.current() : book.forDecision(),
    peopleNow(parts, github, concerned),
  ]);
  const [belonging, teams, ids] = await Promise.all([
    belongingOf(parts, github, { people, owner: concerned.owner }),
    teamsConcerning(census, { rules, people, concerned }),
    accountsOf(parts, people, rules),
  ]);
  return {
    ...rules,
    catalog: withTeams(rules.catalog, teams.read),
    unreadableTeams: teams.unreadable,
    logins: new Map(people.map(({ id, login }) => [id, login])),
    belonging,
    ids,
    now: parts.now(),
  };
}

/** Everybody concerned whom GitHub still knows, under the login they have now. */
async function peopleNow(
  { census }: FactsParts,
  github: GitHub,
  { present, ids = [] }: Concerned,
): Promise<readonly Person[]> {
  const absent = [...new Set(ids)].filter((id) => present.every((each) => each.id !== id));
  const found = await Promise.all(
    absent.map(async (id) => {
      const login = await census.loginOf(github, id);
      return login === undefined ? [] : [{ id, login }];
    }),
  );
  return [...present, ...found.flat()];
}

async function belongingOf(
  { census }: FactsParts,
  github: GitHub,
  { people, owner }: { people: readonly Person[]; owner: Owner },
): Promise<Facts['belonging']> {
  const each = people.map(
    async (person) => [person.id, await census.belongingTo(github, owner, person)] as const,
  );
  return new Map(await Promise.all(each));
}

/** What GitHub says of the teams that could matter, by the refs of their groups. */
async function teamsConcerning(
  census: Census,
  {
    rules,
    people,
    concerned,
  }: {
    rules: Pick<Facts, 'policy' | 'catalog'>;
    people: readonly Person[];
    concerned: Concerned;
  },
): Promise<{ read: ReadonlyMap<string, Team>; unreadable: ReadonlySet<string> }> {
  // Whom no catalog knows is told that, whatever teams there are; nobody has GitHub asked for nothing.
  const { present } = concerned;
  const isKnown = ({ login }: Person) => userByLogin(rules.catalog, login) !== undefined;
  if (present.length > 0 && !present.some(isKnown)) {
    return { read: new Map<string, Team>(), unreadable: new Set<string>() };
  }
  const { resource, groups: named = [] } = concerned;
  const refs = [...groupsConcerning(rules, resource), ...named];
  const groups = teamGroupsBelow(rules.catalog, refs);
  const read = new Map<string, Team>();
  const unreadable = new Set<string>();
  await Promise.all(
    groups.map(async ({ ref, team: name }) => {
      const team = await teamOf(census, name ?? '', people);
      if (team === 'unreadable') unreadable.add(ref);
      else if (team) read.set(ref, team);
    }),
  );
  return { read, unreadable };
}

/** A team with whoever of these people is in it, also where it is too large to be read whole. */
async function teamOf(census: Census, name: string, people: readonly Person[]) {
  const team = await census.team(name);
  if (team === undefined || team === 'unreadable' || team.isComplete) return team;
  const logins = new Set(team.logins);
  for (const person of people) {
    const login = person.login.toLowerCase();
    if (!logins.has(login) && (await census.isInTeam(name, person))) logins.add(login);
  }
  return { ...team, logins };
}

/**
 * For each login of the catalog, the account it stands for there. A login that the catalog does not name is not kept:
 * whoever happens to have it today could otherwise shut out the person it will be given to.
 */
async function accountsOf(
  { accounts }: FactsParts,
  people: readonly Person[],
  { catalog }: Pick<Facts, 'catalog'>,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const person of people) {
    const user = userByLogin(catalog, person.login);
    if (user) ids.set(person.login.toLowerCase(), await accounts.standsFor(user, person));
  }
  return ids;
}
