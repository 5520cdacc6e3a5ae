// What the local GitHub remembers: accounts, repositories, issues, Apps, tokens.
// Plain records in memory, with look-ups; whoever changes them also says so (see instance.ts).
// It holds no rule about who may do what: that is access.ts.
import type { KeyObject } from 'node:crypto';
import type { components } from '@octokit/openapi-types';
import type { Commit } from './git-objects.ts';

export type Level = 'read' | 'write' | 'admin';
export type Permissions = components['schemas']['app-permissions'];
export type PermissionName = keyof Permissions;
export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type ReactionContent = components['schemas']['reaction']['content'];
export type LockReason = 'off-topic' | 'too heated' | 'resolved' | 'spam';

export interface SshKey {
  readonly id: number;
  readonly key: string;
  readonly createdAt: Date;
}

/** One that was deleted is no longer in `State.accounts`; what it wrote still points at it. */
export interface Account {
  readonly id: number;
  login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
  name: string | null;
  readonly createdAt: Date;
  readonly keys: SshKey[];
}

/** A pending one was invited and has not answered: it is listed where it is asked for and gives nothing. */
export type MembershipState = 'active' | 'pending';

export interface TeamMembership {
  readonly role: 'member' | 'maintainer';
  readonly state: MembershipState;
}

export interface Team {
  readonly id: number;
  slug: string;
  name: string;
  readonly createdAt: Date;
  /** Who is in a secret one only its members see, and nobody mentions it. */
  privacy: 'closed' | 'secret';
  /** Whether a mention of it is told to its members. */
  notifies: boolean;
  /** Its members belong to the parent as well, and get what the parent gives. */
  parent: Team | null;
  /** The direct ones, by user id. */
  readonly members: Map<number, TeamMembership>;
  /** Roles the team gives, by repository id. */
  readonly repositories: Map<number, Role>;
}

export interface Membership {
  readonly role: 'admin' | 'member';
  readonly state: MembershipState;
  /** Private unless the member says otherwise: then outsiders cannot tell. */
  readonly isPublic: boolean;
}

export interface Organization {
  readonly account: Account;
  /** What every member may do in every repository, unless given more. */
  readonly basePermission: 'none' | 'read' | 'write' | 'admin';
  readonly members: Map<number, Membership>;
  /** By slug. */
  readonly teams: Map<string, Team>;
}

export interface Label {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Repository {
  readonly id: number;
  owner: Account;
  name: string;
  private: boolean;
  archived: boolean;
  readonly description: string | null;
  readonly defaultBranch: string;
  readonly branches: Map<string, Commit>;
  readonly commits: Map<string, Commit>;
  readonly labels: Label[];
  readonly issues: Issue[];
  /** The highest number ever given: one is never used again, whatever became of its issue. */
  lastIssueNumber: number;
  readonly pulls: PullRequest[];
  /** Oldest first. */
  readonly checkRuns: CheckRun[];
  /** What became of the numbers whose issue is not here any more: where it went, or nothing. */
  readonly formerIssues: Map<number, Issue | 'deleted'>;
  readonly collaborators: Map<number, Role>;
  readonly createdAt: Date;
  updatedAt: Date;
  pushedAt: Date;
}

/** From a branch of the same repository; numbered among its issues. */
export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly author: Account;
  readonly title: string;
  /** Names of branches. */
  readonly head: string;
  base: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number | undefined;
  readonly end_column?: number | undefined;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string | undefined;
}

/** What an App says about a commit. */
export interface CheckRun {
  readonly id: number;
  readonly suiteId: number;
  readonly app: App;
  readonly name: string;
  readonly headSha: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'action_required' | null;
  readonly detailsUrl: string | null;
  readonly externalId: string;
  readonly output: {
    readonly title: string;
    readonly summary: string;
    readonly text?: string | undefined;
    readonly annotations: readonly Annotation[];
  } | null;
  readonly at: Date;
}

export interface Reaction {
  readonly id: number;
  readonly user: Account;
  readonly content: ReactionContent;
  readonly createdAt: Date;
}

/** One edit: what stood there before, who changed it and when. */
export interface Edit {
  readonly before: string;
  readonly editor: Account;
  readonly at: Date;
}

interface Written {
  readonly id: number;
  readonly author: Account;
  /** The App that wrote it, with its own token or a person's. */
  readonly viaApp: App | null;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
  readonly edits: Edit[];
  readonly reactions: Reaction[];
}

export interface Comment extends Written {
  issue: Issue;
  readonly createdViaEmail: boolean;
  minimizedReason: string | null;
}

export interface Issue extends Written {
  readonly repository: Repository;
  readonly number: number;
  title: string;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | null;
  locked: boolean;
  lockReason: LockReason | null;
  labels: Label[];
  readonly comments: Comment[];
  closedAt: Date | null;
  closedBy: Account | null;
}

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  /** Its homepage; null where the seed says nothing of it. */
  readonly homepageUrl: string | null;
  /** Whether accounts other than its owner may install it. */
  readonly isPublic: boolean;
  readonly owner: Account;
  readonly bot: Account;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackUrls: readonly string[];
  readonly publicKey: KeyObject;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  /** Where its events go; the port of a bot under test is often known only after it started. */
  webhookUrl: string | null;
  readonly webhookSecret: string;
  readonly hookId: number;
  readonly createdAt: Date;
}

/** What whoever made an App from a manifest gets back, and exchanges for its keys, once and within the hour. */
export interface ManifestCode {
  readonly app: App;
  readonly privateKey: string;
  readonly expiresAtMs: number;
}

export interface Installation {
  readonly id: number;
  readonly app: App;
  readonly account: Account;
  permissions: Permissions;
  readonly events: readonly string[];
  /** Ids of the repositories it was given, or every one of the account's. */
  readonly repositories: 'all' | Set<number>;
  suspendedBy: Account | null;
  suspendedAt: Date | null;
  readonly createdAt: Date;
}

export type Token =
  | { readonly kind: 'user'; readonly user: Account; readonly app: App | null }
  | {
      readonly kind: 'installation';
      readonly installation: Installation;
      /** What it asked for instead of all that the installation has. */
      readonly narrowed: Narrowing;
      readonly expiresAt: Date;
    };

export interface Narrowing {
  readonly permissions: Permissions | null;
  readonly repositories: ReadonlySet<number> | null;
}

export interface State {
  readonly accounts: Map<number, Account>;
  readonly organizations: Map<number, Organization>;
  readonly repositories: Map<number, Repository>;
  /** `owner/name` in small letters → the id of the repository that was called so. */
  readonly formerNames: Map<string, number>;
  readonly apps: Map<number, App>;
  readonly manifestCodes: Map<string, ManifestCode>;
  readonly installations: Map<number, Installation>;
  readonly tokens: Map<string, Token>;
  /** One counter for everything else, above any id that a seed may give and any issue's number. */
  nextId(): number;
  /** For an issue or a comment: GitHub has so many of those that their numbers have outgrown 32 bits. */
  nextWrittenId(): number;
}

export function createState(): State {
  let lastId = 1_000_000_000;
  let lastWrittenId = 3_900_000_000;
  return {
    accounts: new Map(),
    organizations: new Map(),
    repositories: new Map(),
    formerNames: new Map(),
    apps: new Map(),
    manifestCodes: new Map(),
    installations: new Map(),
    tokens: new Map(),
    nextId: () => (lastId += 1),
    nextWrittenId: () => (lastWrittenId += 1),
  };
}

/** Who stands in REST where an account was deleted; it has GitHub's own id. */
export const ghost: Account = {
  id: 10137,
  login: 'ghost',
  type: 'User',
  name: 'Deleted user',
  createdAt: new Date('2008-05-13T06:14:25Z'),
  keys: [],
};

/** Logins and repository names are compared as GitHub does: without regard to case. */
export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function findAccount(state: State, login: string): Account | undefined {
  const found = state.accounts.values().find((account) => same(account.login, login));
  return found ?? (same(login, ghost.login) ? ghost : undefined);
}

export function findOrganization(state: State, login: string): Organization | undefined {
  return state.organizations.values().find(({ account }) => same(account.login, login));
}

export function findRepository(state: State, owner: string, name: string): Repository | undefined {
  return state.repositories
    .values()
    .find((one) => same(one.owner.login, owner) && same(one.name, name));
}

/** The App's installation that covers the repository; a suspended one covers nothing. */
export function findInstallation(
  state: State,
  repository: Repository,
  app: App,
): Installation | undefined {
  return state.installations
    .values()
    .find(
      (one) =>
        one.app === app &&
        one.suspendedAt === null &&
        covers(one.repositories, one.account, repository),
    );
}

export function findComment(repository: Repository, id: number): Comment | undefined {
  for (const issue of repository.issues) {
    const found = issue.comments.find((comment) => comment.id === id);
    if (found) return found;
  }
  return undefined;
}

/** Whether a selection of an account's repositories holds this one. */
export function covers(
  selection: 'all' | ReadonlySet<number>,
  account: Account,
  repository: Repository,
): boolean {
  if (repository.owner !== account) return false;
  return selection === 'all' || selection.has(repository.id);
}
