// Who may see and do what, as GitHub decides it: a person by their role in the repository,
// an App by its installation's permissions, an App acting for a person by both.
// What a caller may not see is 404; what they see but may not do is 403 with the reason.
import { membershipOf, teamMembershipOf } from './membership.ts';
import { refuse } from './refusals.ts';
import { present } from './lookups.ts';
import {
  covers,
  findInstallation,
  findRepository,
  type Account,
  type App,
  type Installation,
  type Level,
  type Organization,
  type PermissionName,
  type Permissions,
  type Repository,
  type Role,
  type State,
} from './state.ts';

export type Actor =
  | { readonly kind: 'anonymous' }
  /** A person; `app` is there when an App holds their token (`ghu_`). */
  | { readonly kind: 'user'; readonly account: Account; readonly app: App | null }
  /** The App itself, by its JWT: good for `/app/…` and nothing else. */
  | { readonly kind: 'app'; readonly account: Account; readonly app: App }
  | {
      readonly kind: 'installation';
      readonly account: Account;
      readonly app: App;
      readonly installation: Installation;
      readonly permissions: Permissions;
      readonly repositories: 'all' | ReadonlySet<number>;
    };

export interface Need {
  readonly permission: PermissionName;
  readonly level: Level;
  /** What a person needs; a reader of the repository when left out. */
  readonly role?: Role;
}

const roles: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

export function atLeast(role: Role, wanted: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(wanted);
}

/** The highest of what organisation, teams and a direct invitation give. */
export function roleOf(state: State, repository: Repository, account: Account): Role {
  if (repository.owner === account) return 'admin';
  const given: Role[] = [repository.collaborators.get(account.id) ?? 'none'];
  if (!repository.private) given.push('read');
  const organization = state.organizations.get(repository.owner.id);
  const membership = membershipOf(organization, account);
  if (organization && membership) {
    given.push(membership.role === 'admin' ? 'admin' : organization.basePermission);
    for (const team of organization.teams.values()) {
      if (teamMembershipOf(organization, team, account)?.state !== 'active') continue;
      given.push(team.repositories.get(repository.id) ?? 'none');
    }
  }
  return given.reduce((best, one) => (atLeast(one, best) ? one : best));
}

/**
 * For display only, on GitHub as here: nothing may be decided from it. A private membership does not show.
 */
export function associationOf(state: State, repository: Repository, account: Account) {
  if (!present(state, account)) return 'NONE' as const;
  if (repository.owner === account) return 'OWNER' as const;
  const membership = membershipOf(state.organizations.get(repository.owner.id), account);
  if (membership?.isPublic === true) return 'MEMBER' as const;
  if (repository.collaborators.has(account.id)) return 'COLLABORATOR' as const;
  const hasContributed = repository.commits.values().some((one) => one.authorId === account.id);
  return hasContributed ? ('CONTRIBUTOR' as const) : ('NONE' as const);
}

/** The repository, when the actor may do this in it; otherwise GitHub's refusal. */
export function permittedRepository(
  state: State,
  actor: Actor,
  wanted: { owner: string; repo: string; need: Need },
): Repository {
  const repository = findRepository(state, wanted.owner, wanted.repo);
  if (!repository || !canSee(state, actor, repository)) throw refuse.notFound();
  requireNeed(state, actor, { repository, need: wanted.need });
  if (wanted.need.level !== 'read' && repository.archived) throw refuse.archived();
  return repository;
}

export function canSee(state: State, actor: Actor, repository: Repository): boolean {
  if (!repository.private) return true;
  switch (actor.kind) {
    case 'anonymous':
    case 'app':
      return false;
    case 'user':
      return (
        atLeast(roleOf(state, repository, actor.account), 'read') &&
        (actor.app === null || findInstallation(state, repository, actor.app) !== undefined)
      );
    case 'installation':
      return isCoveredBy(actor, repository);
  }
}

export function isCoveredBy(
  actor: Extract<Actor, { kind: 'installation' }>,
  repository: Repository,
): boolean {
  return covers(actor.repositories, actor.installation.account, repository);
}

/** Whether a person has the role, or an installation that covers the repository the permission to write. */
export function mayWrite(state: State, actor: Actor, repository: Repository): boolean {
  if (actor.kind === 'installation') {
    return isCoveredBy(actor, repository) && allows(actor.permissions, 'issues', 'write');
  }
  return actor.kind === 'user' && atLeast(roleOf(state, repository, actor.account), 'write');
}

export function allows(permissions: Permissions, name: PermissionName, level: Level): boolean {
  const given = levelOf(permissions, name);
  return given !== undefined && (level === 'read' || given === level || given === 'admin');
}

/** Every App may read metadata, whatever else it was given. */
export function levelOf(permissions: Permissions, name: PermissionName): Level | undefined {
  return permissions[name] ?? (name === 'metadata' ? 'read' : undefined);
}

/** An organisation's private facts: its members, and Apps that may read members, see them. */
export function requireMembersRead(state: State, actor: Actor, organization: Organization): void {
  const needed = { members: 'read' } as const;
  if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (actor.kind === 'app') throw refuse.notAccessible(needed);
  if (actor.kind === 'installation') {
    const isOwn = actor.installation.account === organization.account;
    if (!isOwn || !allows(actor.permissions, 'members', 'read')) throw refuse.notAccessible(needed);
    return;
  }
  if (actor.app !== null && !readsMembers(state, actor.app, organization)) {
    throw refuse.notAccessible(needed);
  }
  if (!membershipOf(organization, actor.account)) throw refuse.notFound();
}

/** What an App may not learn with its own token, it may not learn with a person's. */
function readsMembers(state: State, app: App, { account }: Organization): boolean {
  return state.installations
    .values()
    .some(
      (one) =>
        one.app === app &&
        one.account === account &&
        one.suspendedAt === null &&
        allows(one.permissions, 'members', 'read'),
    );
}

function requireNeed(
  state: State,
  actor: Actor,
  { repository, need }: { repository: Repository; need: Need },
): void {
  const { permission, level } = need;
  const app = actor.kind === 'user' ? actor.app : null;
  if (!repository.private && level === 'read' && need.role === undefined) return;
  if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (actor.kind === 'installation') {
    if (isCoveredBy(actor, repository) && allows(actor.permissions, permission, level)) return;
  }
  if (actor.kind === 'app' || actor.kind === 'installation') {
    throw refuse.notAccessible({ [permission]: level });
  }
  if (app) {
    const installation = findInstallation(state, repository, app);
    if (!installation || !allows(installation.permissions, permission, level)) {
      throw refuse.notAccessible({ [permission]: level });
    }
  }
  const wanted = need.role ?? 'read';
  if (!atLeast(roleOf(state, repository, actor.account), wanted)) {
    throw refuse.forbidden(`Must have ${wanted} access to Repository.`);
  }
}
