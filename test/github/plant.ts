// Makes a checked seed into the state of an empty instance: accounts, repositories, organisations,
// Apps and their installations. A seed that is wrong is refused as a whole, every fault named by its place.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { registerApp } from './app-registration.ts';
import { mintUserToken } from './tokens.ts';
import type { Instance } from './instance.ts';
import { newRepository } from './new-repository.ts';
import { seedSchema, type CheckedSeed, type Seeded, type SeededApp } from './seed.ts';
import {
  findAccount,
  type Account,
  type App,
  type Installation,
  type Membership,
  type Organization,
  type Repository,
  type Team,
  type TeamMembership,
} from './state.ts';

type TeamSeed = CheckedSeed['organizations'][number]['teams'][number];

/** Fills an empty instance. Throws an Error that lists every fault of the seed. */
export function plant(instance: Instance, value: unknown): Seeded {
  const result = seedSchema.safeParse(value);
  if (!result.success) throw new Error(`The seed is wrong:\n${z.prettifyError(result.error)}`);
  const seed = result.data;
  for (const user of seed.users) plantUser(instance, user);
  for (const organization of seed.organizations) {
    plantAccount(instance, { ...organization, type: 'Organization' });
  }
  const repositories = seed.repositories.map((one) => plantRepository(instance, one));
  for (const one of seed.organizations) plantOrganization(instance, one, repositories);
  const apps = seed.apps.map((one) => [one.slug, plantApp(instance, one, repositories)]);
  const people = seed.users.map((one) => account(instance, one.login));
  return {
    apps: Object.fromEntries(apps) as Record<string, SeededApp>,
    tokens: Object.fromEntries(
      people.map((one) => [one.login, mintUserToken(instance, one, null)]),
    ),
    userIds: Object.fromEntries(people.map((one) => [one.login, one.id])),
    controlToken: seed.controlToken ?? secret(),
  };
}

function plantUser(instance: Instance, user: CheckedSeed['users'][number]): void {
  const made = plantAccount(instance, { ...user, type: 'User' });
  for (const key of user.keys) {
    const id = instance.state.nextId();
    // GitHub publishes the key without its comment.
    const bare = key.trim().split(/\s+/).slice(0, 2).join(' ');
    made.keys.push({ id, key: bare, createdAt: instance.now() });
  }
}

function plantAccount(
  instance: Instance,
  made: {
    login: string;
    id?: number | undefined;
    name?: string | undefined;
    type: Account['type'];
  },
): Account {
  const { state } = instance;
  const id = made.id ?? state.nextId();
  if (state.accounts.has(id) || findAccount(state, made.login)) {
    throw new Error(`The seed is wrong: ${made.login} (${id}) is there twice`);
  }
  const { login, type, name = null } = made;
  const one: Account = { id, login, type, name, createdAt: instance.now(), keys: [] };
  state.accounts.set(id, one);
  return one;
}

function plantRepository(
  instance: Instance,
  seed: CheckedSeed['repositories'][number],
): Repository {
  const { labels, collaborators } = seed;
  const repository = newRepository(instance, {
    ...seed,
    owner: account(instance, seed.owner),
    description: seed.description ?? null,
  });
  for (const { description = null, ...label } of labels) {
    repository.labels.push({ id: instance.state.nextId(), description, ...label });
  }
  for (const [login, role] of Object.entries(collaborators)) {
    repository.collaborators.set(account(instance, login).id, role);
  }
  return repository;
}

function plantOrganization(
  instance: Instance,
  seed: CheckedSeed['organizations'][number],
  repositories: readonly Repository[],
): void {
  const owner = account(instance, seed.login);
  const id = (login: string): number => account(instance, login).id;
  const membership = (
    login: string,
    role: Membership['role'],
    state: Membership['state'] = 'active',
  ) => [id(login), { role, state, isPublic: seed.publicMembers.includes(login) }] as const;
  const organization: Organization = {
    account: owner,
    basePermission: seed.basePermission,
    members: new Map([
      ...seed.members.map((one) => membership(one, 'member')),
      ...seed.owners.map((one) => membership(one, 'admin')),
      ...seed.invited.map((one) => membership(one, 'member', 'pending')),
    ]),
    teams: new Map(),
  };
  for (const team of seed.teams) {
    organization.teams.set(team.slug, plantTeam(instance, organization, { team, repositories }));
  }
  instance.state.organizations.set(owner.id, organization);
}

function plantTeam(
  instance: Instance,
  organization: Organization,
  { team, repositories }: { team: TeamSeed; repositories: readonly Repository[] },
): Team {
  const owner = organization.account;
  const membership = (
    login: string,
    role: TeamMembership['role'],
    state: TeamMembership['state'] = 'active',
  ) => [account(instance, login).id, { role, state }] as const;
  return {
    id: instance.state.nextId(),
    slug: team.slug,
    name: team.name ?? team.slug,
    createdAt: instance.now(),
    privacy: team.privacy,
    notifies: team.notifies,
    parent: parentOf(organization, team),
    members: new Map([
      ...team.members.map((one) => membership(one, 'member')),
      ...team.maintainers.map((one) => membership(one, 'maintainer')),
      ...team.invited.map((one) => membership(one, 'member', 'pending')),
    ]),
    repositories: new Map(
      Object.entries(team.repositories).map(([name, role]) => [
        repositoryOf(repositories, owner, name).id,
        role,
      ]),
    ),
  };
}

/** A team stands in the seed below the team it belongs to. */
function parentOf(organization: Organization, { slug, parent }: TeamSeed): Team | null {
  if (parent === undefined) return null;
  const found = organization.teams.get(parent);
  if (!found) throw new Error(`The seed is wrong: above team ${slug} there is no team ${parent}`);
  return found;
}

function plantApp(
  instance: Instance,
  seed: CheckedSeed['apps'][number],
  repositories: readonly Repository[],
): SeededApp {
  const { app, privateKey } = registerApp(instance, {
    ...seed,
    name: seed.name ?? seed.slug,
    owner: account(instance, seed.owner),
    bot: plantAccount(instance, { login: `${seed.slug}[bot]`, name: seed.name, type: 'Bot' }),
  });
  const installations = seed.installations.map((one) => {
    const installation = plantInstallation(instance, app, { ...one, all: repositories });
    return [one.account, installation.id];
  });
  return {
    appId: app.id,
    slug: app.slug,
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    privateKey,
    webhookSecret: app.webhookSecret,
    installations: Object.fromEntries(installations) as Record<string, number>,
  };
}

function plantInstallation(
  instance: Instance,
  app: App,
  seed: { account: string; repositories: 'all' | string[]; all: readonly Repository[] },
): Installation {
  const owner = account(instance, seed.account);
  const chosen = seed.repositories;
  const installation: Installation = {
    id: instance.state.nextId(),
    app,
    account: owner,
    permissions: { ...app.permissions, metadata: 'read' },
    events: app.events,
    repositories:
      chosen === 'all'
        ? 'all'
        : new Set(chosen.map((name) => repositoryOf(seed.all, owner, name).id)),
    suspendedBy: null,
    suspendedAt: null,
    createdAt: instance.now(),
  };
  instance.state.installations.set(installation.id, installation);
  return installation;
}

function account(instance: Instance, login: string): Account {
  const found = findAccount(instance.state, login);
  if (!found) throw new Error(`The seed is wrong: nobody is called ${login}`);
  return found;
}

function repositoryOf(all: readonly Repository[], owner: Account, name: string): Repository {
  const found = all.find((one) => one.owner === owner && one.name === name);
  if (!found) throw new Error(`The seed is wrong: there is no repository ${owner.login}/${name}`);
  return found;
}

function secret(): string {
  return randomBytes(24).toString('hex');
}
