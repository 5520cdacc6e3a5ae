// What GitHub says of people: which login an account has now, whether it belongs to the organisation, and who is in a
// team. Asked anew for every decision; only a round over everything that is open asks each thing once. What GitHub does
// not let the App read is told apart from a no, so that a permission that is missing takes nobody's live access away.

import type { Belonging } from '../access/eligibility.ts';
import type { Person } from '../access/request.ts';
import type { Team } from '../catalog/ownership.ts';
import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';
import { teamIdOf } from '../store/teams.ts';
import type { GitHub } from './app.ts';
import {
  absent,
  isNotPermitted,
  isSuspended,
  accountIdOf,
  loginOf,
  teamMembers,
  teamOf,
  type TeamName,
} from './calls.ts';
import type { Owner } from './place.ts';

/** Whoever is asked. `unreadable`: the App lacks the permission, is suspended there, or not installed. */
export interface Census {
  /** The present login of an account; undefined when the account is gone. */
  loginOf(github: GitHub, accountId: number): Promise<string | undefined>;
  /** Whether they belong to the owner of a repository. */
  belongingTo(github: GitHub, owner: Owner, person: Person): Promise<Belonging>;
  /** Undefined where GitHub knows no such team, or where another team has its name by now. */
  team(name: string): Promise<TeamMembers | 'unreadable' | undefined>;
  /** For teams that are too large to be read whole. */
  isInTeam(name: string, person: Person): Promise<boolean>;
}

interface TeamMembers extends Team {
  /** Whether everybody is among the logins; of a large team only its first members are. */
  readonly isComplete: boolean;
}

export interface CensusParts {
  readonly store: Store;
  readonly log: Logger;
  /** Calls as the installation in an organisation; undefined where the App is not installed. */
  inOrganization(login: string): Promise<GitHub | undefined>;
  now(): Date;
}

export function openCensus(parts: CensusParts): Census {
  const { store, log, now } = parts;

  /** Whoever frees a name or deletes a team lets anybody make another one of that name. */
  async function isStillTheSame(name: string, id: number): Promise<boolean> {
    const known = await teamIdOf(store.queries, name, { id, seenAt: now().toISOString() });
    if (known !== id)
      log.error({ team: name, known, id }, 'another team has the name of a group’s');
    return known === id;
  }

  return {
    loginOf,
    belongingTo,
    async team(name) {
      const github = await parts.inOrganization(nameOf(name).organization);
      if (!github) return 'unreadable';
      const found = await readable(() => readTeam(github, nameOf(name)));
      if (found === 'unreadable' || !found) return found;
      const { id, ...team } = found;
      return (await isStillTheSame(name, id)) ? team : undefined;
    },
    async isInTeam(name, person) {
      const github = await parts.inOrganization(nameOf(name).organization);
      if (!github) return false;
      return (await readable(() => isInTeam(github, nameOf(name), person))) === true;
    },
  };
}

function nameOf(name: string): TeamName {
  const [organization = '', slug = ''] = name.split('/');
  return { organization, slug };
}

/** The same, each thing asked once: for a round over much that is open, in which the same people occur again and again. */
export function askedOnce(census: Census): Census {
  const asked = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = asked.get(key) as Promise<T> | undefined;
    const answer = known ?? ask();
    asked.set(key, answer);
    // A failure is no answer: for whoever comes next it is asked again.
    answer.catch(() => asked.delete(key));
    return answer;
  };
  return {
    loginOf: (github, id) => once(`login ${id}`, () => census.loginOf(github, id)),
    belongingTo: (github, owner, person) =>
      once(`belonging ${owner.id} ${person.id}`, () => census.belongingTo(github, owner, person)),
    team: (name) => once(`team ${name}`, () => census.team(name)),
    isInTeam: (name, person) =>
      once(`in team ${name} ${person.id}`, () => census.isInTeam(name, person)),
  };
}

async function belongingTo(github: GitHub, owner: Owner, person: Person): Promise<Belonging> {
  // A person's own repository has no organisation that anybody could belong to.
  if (owner.isPerson) return 'member';
  const asked = { org: owner.login, username: person.login };
  const membership = await readable(() =>
    absent(async () => (await github.rest.orgs.getMembershipForUser(asked)).data),
  );
  if (membership === 'unreadable') return membership;
  if (membership) {
    const isTheirs = membership.user?.id === person.id;
    return membership.state === 'active' && isTheirs ? 'member' : 'outsider';
  }
  // An organisation that was renamed this moment answers the same, and of that nothing follows.
  const called = await accountIdOf(github, owner.login);
  return called === owner.id ? 'outsider' : 'unreadable';
}

async function readTeam(github: GitHub, name: TeamName) {
  const [team, members] = await Promise.all([teamOf(github, name), teamMembers(github, name)]);
  return team && members && { ...team, ...members, logins: new Set(members.logins) };
}

/** An invitation that nobody has accepted is answered as well, as pending. */
async function isInTeam(github: GitHub, { organization, slug }: TeamName, { login }: Person) {
  const membership = await absent(async () => {
    const asked = { org: organization, team_slug: slug, username: login };
    return (await github.rest.teams.getMembershipForUserInOrg(asked)).data;
  });
  return membership?.state === 'active';
}

/** What GitHub says, or that the App may not read it. */
async function readable<T>(ask: () => Promise<T>): Promise<T | 'unreadable'> {
  try {
    return await ask();
  } catch (error) {
    if (isNotPermitted(error) || isSuspended(error)) return 'unreadable';
    throw error;
  }
}
