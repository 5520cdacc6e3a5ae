// What an owner does in an organisation: people join and leave it and its teams, teams come, are renamed
// and go, outside collaborators too. On GitHub this is done on the website; here it is called.
import type { Instance } from './instance.ts';
import {
  membershipPayload,
  organizationPayload,
  renamedPayload,
  teamPayload,
  type TeamNews,
} from './payloads/organization-payloads.ts';
import { memberPayload } from './payloads/repository-payloads.ts';
import { requireAccount, splitName } from './lookups.ts';
import { leaveName } from './repository-life.ts';
import {
  findOrganization,
  findRepository,
  type Account,
  type Membership,
  type Organization,
  type Team,
  type TeamMembership,
} from './state.ts';

/** Everything by login and slug; `by` is the login of the owner who does it. */
export interface OrganizationActions {
  /**
   * Its former login is nobody's from then on, until somebody takes it; the names that its repositories had lead to where
   * they are.
   */
  rename(login: string, by: string): void;
  /** With state `pending` they are only invited, and nobody hears of it. */
  addMember(login: string, membership: Membership, by: string): void;
  /** They leave every team of it as well. One event tells all of it: a bot must not wait for one a team. */
  removeMember(login: string, by: string): void;
  addTeam(slug: string, team: { parent?: string }, by: string): void;
  renameTeam(slug: string, to: { slug: string; name: string }, by: string): void;
  /** The teams below it go with it. */
  deleteTeam(slug: string, by: string): void;
  addToTeam(slug: string, login: string, how: TeamMembership & { by: string }): void;
  removeFromTeam(slug: string, login: string, by: string): void;
  /** Somebody with a role of their own in one repository, `acme/access`, loses it. */
  removeCollaborator(repo: string, login: string, by: string): void;
}

export function organizationActions(instance: Instance, name: string): OrganizationActions {
  const organization = findOrganization(instance.state, name);
  if (!organization) throw new Error(`There is no organisation ${name}`);
  const person = (login: string): Account => requireAccount(instance.state, login);
  const within = { instance, organization };
  return {
    rename(login, by) {
      const from = organization.account.login;
      for (const repository of instance.state.repositories.values()) {
        if (repository.owner === organization.account) leaveName(instance, repository);
      }
      organization.account.login = login;
      tellRenamed(within, person(by), from);
    },
    addMember(login, membership, by) {
      organization.members.set(person(login).id, membership);
      if (membership.state === 'pending') return;
      tellMember(within, person(by), {
        action: 'member_added',
        account: person(login),
        membership,
      });
    },
    removeMember(login, by) {
      const account = person(login);
      const membership = organization.members.get(account.id);
      if (!membership) throw new Error(`${login} is no member of ${name}`);
      organization.members.delete(account.id);
      for (const team of organization.teams.values()) team.members.delete(account.id);
      tellMember(within, person(by), { action: 'member_removed', account, membership });
    },
    ...teamActions(within, person),
    ...joining(within, person),
    removeCollaborator: (repo, login, by) =>
      removeCollaborator(instance, { repo, account: person(login), sender: person(by) }),
  };
}

interface Within {
  readonly instance: Instance;
  readonly organization: Organization;
}

function teamActions(within: Within, person: (login: string) => Account) {
  const { instance, organization } = within;
  const { teams } = organization;
  return {
    addTeam(slug, { parent }, by) {
      const team: Team = {
        id: instance.state.nextId(),
        slug,
        name: slug,
        createdAt: instance.now(),
        privacy: 'closed',
        notifies: true,
        parent: parent === undefined ? null : requireTeam(teams, parent),
        members: new Map(),
        repositories: new Map(),
      };
      teams.set(slug, team);
      tellTeam(within, person(by), { team, news: { action: 'created' } });
    },
    renameTeam(slug, to, by) {
      const team = requireTeam(teams, slug);
      const from = team.name;
      teams.delete(slug);
      teams.set(to.slug, Object.assign(team, to));
      const news = { action: 'edited', changes: { name: { from } } } as const;
      tellTeam(within, person(by), { team, news });
    },
    deleteTeam: (slug, by) => removeTeam(within, requireTeam(teams, slug), person(by)),
  } satisfies Partial<OrganizationActions>;
}

function joining(within: Within, person: (login: string) => Account) {
  const { teams } = within.organization;
  return {
    addToTeam(slug, login, { role, state, by }) {
      const team = requireTeam(teams, slug);
      team.members.set(person(login).id, { role, state });
      if (state === 'pending') return;
      tellMembership(within, person(by), { action: 'added', account: person(login), team });
    },
    removeFromTeam(slug, login, by) {
      const team = requireTeam(teams, slug);
      const account = person(login);
      if (!team.members.delete(account.id)) throw new Error(`${login} is not in ${slug}`);
      tellMembership(within, person(by), { action: 'removed', account, team });
    },
  } satisfies Partial<OrganizationActions>;
}

function requireTeam(teams: ReadonlyMap<string, Team>, slug: string): Team {
  const found = teams.get(slug);
  if (!found) throw new Error(`There is no team ${slug}`);
  return found;
}

function removeTeam(within: Within, team: Team, sender: Account): void {
  const { teams } = within.organization;
  for (const below of teams.values()) if (below.parent === team) removeTeam(within, below, sender);
  teams.delete(team.slug);
  tellTeam(within, sender, { team, news: { action: 'deleted' } });
}

function tellRenamed({ instance, organization }: Within, sender: Account, from: string): void {
  instance.webhooks.send({
    event: 'organization',
    action: 'renamed',
    organization,
    payload: (installation) =>
      renamedPayload({ instance, sender, installation }, organization, from),
  });
  instance.changed({ what: 'organization' });
}

function tellMember(
  { instance, organization }: Within,
  sender: Account,
  news: {
    action: 'member_added' | 'member_removed';
    account: Account;
    membership: Membership;
  },
): void {
  instance.webhooks.send({
    event: 'organization',
    action: news.action,
    organization,
    payload: (installation) =>
      organizationPayload({ instance, sender, installation }, organization, news),
  });
  instance.changed({ what: 'organization' });
}

function tellMembership(
  { instance, organization }: Within,
  sender: Account,
  news: { action: 'added' | 'removed'; account: Account; team: Team },
): void {
  instance.webhooks.send({
    event: 'membership',
    action: news.action,
    organization,
    payload: (installation) =>
      membershipPayload({ instance, sender, installation }, organization, news),
  });
  instance.changed({ what: 'organization' });
}

function tellTeam(
  { instance, organization }: Within,
  sender: Account,
  { team, news }: { team: Team; news: TeamNews },
): void {
  instance.webhooks.send({
    event: 'team',
    action: news.action,
    organization,
    payload: (installation) =>
      teamPayload({ instance, sender, installation }, { organization, team, news }),
  });
  instance.changed({ what: 'organization' });
}

function removeCollaborator(
  instance: Instance,
  { repo, account, sender }: { repo: string; account: Account; sender: Account },
): void {
  const repository = findRepository(instance.state, ...splitName(repo));
  if (repository?.collaborators.delete(account.id) !== true) {
    throw new Error(`${account.login} has no role of their own in ${repo}`);
  }
  const news = { action: 'removed', account } as const;
  instance.webhooks.send({
    event: 'member',
    action: 'removed',
    repository,
    payload: (installation) => memberPayload({ instance, sender, installation }, repository, news),
  });
  instance.changed({ what: 'organization', repository });
}
