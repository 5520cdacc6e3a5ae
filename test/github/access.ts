// Who may see and do what, as GitHub decides it: a person by their role in the repository,
// an App by its installation's permissions, an App acting for a person by both.
// What a caller may not see is 404; what they see but may not do is 403 with the reason.
import { refuse } from './refusals.ts';
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
  const membership = organization?.members.get(account.id);
  if (organization && membership) {
    given.push(membership.role === 'admin' ? 'admin' : organization.basePermission);
    for (const team of organization.teams.values()) {
      if (team.members.has(account.id)) given.push(team.repositories.get(repository.id) ?? 'none');
    }
  }
  return given.reduce((best, one) => (atLeast(one, best) ? one : best));
}

/** For display only, on GitHub as here: nothing may be decided from it. */
export function associationOf(state: State, repository: Repository, account: Account) {
  if (repository.owner === account) return 'OWNER' as const;
  const organization = state.organizations.get(repository.owner.id);
  if (organization?.members.has(account.id)) return 'MEMBER' as const;
  return repository.collaborators.has(account.id) ? ('COLLABORATOR' as const) : ('NONE' as const);
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
      return covers(actor.repositories, actor.installation.account, repository);
  }
}

/** Whether a person has the role, or an installation the permission to write. */
export function mayWrite(state: State, actor: Actor, repository: Repository): boolean {
  if (actor.kind === 'installation') return actor.permissions.issues === 'write';
  return actor.kind === 'user' && atLeast(roleOf(state, repository, actor.account), 'write');
}

export function allows(permissions: Permissions, name: PermissionName, level: Level): boolean {
  const given = permissions[name];
  // Every App may read metadata, whatever else it was given.
  if (given === undefined) return name === 'metadata' && level === 'read';
  return level === 'read' || given === level || given === 'admin';
}

/** An organisation's private facts: its members, and Apps that may read members, see them. */
export function requireMembersRead(actor: Actor, organization: Organization): void {
  const needed = { members: 'read' } as const;
  if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (actor.kind === 'app') throw refuse.notAccessible(needed);
  if (actor.kind === 'installation') {
    const isOwn = actor.installation.account === organization.account;
    if (!isOwn || !allows(actor.permissions, 'members', 'read')) throw refuse.notAccessible(needed);
    return;
  }
  if (!organization.members.has(actor.account.id)) throw refuse.notFound();
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
    const isOwn = covers(actor.repositories, actor.installation.account, repository);
    if (isOwn && allows(actor.permissions, permission, level)) return;
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
