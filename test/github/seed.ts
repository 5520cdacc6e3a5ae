// What a local GitHub begins with, as a JSON document: its schema, and what one learns in return.
// Keys, secrets and tokens that it leaves out are generated. plant.ts makes the state of it.
import { z } from 'zod';

const login = z.string().regex(/^[a-z\d](-?[a-z\d]){0,38}$/i, 'Expected a login');
const role = z.enum(['read', 'triage', 'write', 'maintain', 'admin']);

const userSchema = z.strictObject({
  login,
  /** Generated when left out; given where a test has to know it beforehand. */
  id: z.int().positive().max(999_999_999).optional(),
  name: z.string().optional(),
  /** SSH public keys, as a `.pub` file has them. */
  keys: z.array(z.string()).default([]),
});

const teamSchema = z.strictObject({
  slug: z.string().min(1),
  name: z.string().optional(),
  members: z.array(login).default([]),
  maintainers: z.array(login).default([]),
  /** Asked to join, and not answered yet. */
  invited: z.array(login).default([]),
  privacy: z.enum(['closed', 'secret']).default('closed'),
  /** Whether a mention of it is told to its members. */
  notifies: z.boolean().default(true),
  /** The slug of a team that stands before this one. */
  parent: z.string().optional(),
  /** Repository name → role. */
  repositories: z.record(z.string(), role).default({}),
});

const organizationSchema = z.strictObject({
  login,
  name: z.string().optional(),
  basePermission: z.enum(['none', 'read', 'write', 'admin']).default('read'),
  owners: z.array(login).default([]),
  members: z.array(login).default([]),
  /** Asked to join, and not answered yet. */
  invited: z.array(login).default([]),
  /** Those among owners and members who let everybody see that they are. */
  publicMembers: z.array(login).default([]),
  teams: z.array(teamSchema).default([]),
});

const repositorySchema = z.strictObject({
  owner: login,
  name: z.string().regex(/^[\w.-]+$/),
  description: z.string().optional(),
  private: z.boolean().default(true),
  archived: z.boolean().default(false),
  defaultBranch: z.string().default('main'),
  /** Path → text, committed to the default branch. */
  files: z.record(z.string(), z.string()).default({}),
  labels: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(50),
        color: z
          .string()
          .regex(/^[0-9a-fA-F]{6}$/)
          .default('ededed'),
        description: z.string().optional(),
      }),
    )
    .default([]),
  /** Login → role, for people outside the organisation or with more than it gives. */
  collaborators: z.record(login, role).default({}),
});

const appSchema = z.strictObject({
  slug: login,
  name: z.string().optional(),
  owner: login,
  webhookUrl: z.url().nullable().default(null),
  webhookSecret: z.string().optional(),
  clientSecret: z.string().optional(),
  callbackUrls: z.array(z.url()).default([]),
  /** PEM; generated when left out. */
  privateKey: z.string().optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])),
  events: z.array(z.string()).default([]),
  /** Where it is installed: an account, and which of its repositories. */
  installations: z
    .array(
      z.strictObject({
        account: login,
        repositories: z.union([z.literal('all'), z.array(z.string())]).default('all'),
      }),
    )
    .default([]),
});

export const seedSchema = z.strictObject({
  users: z.array(userSchema).min(1),
  organizations: z.array(organizationSchema).default([]),
  repositories: z.array(repositorySchema).default([]),
  apps: z.array(appSchema).default([]),
  /** Opens `/_local/…`; generated when left out. */
  controlToken: z.string().min(16).optional(),
});

export type Seed = z.input<typeof seedSchema>;
export type CheckedSeed = z.output<typeof seedSchema>;

export interface SeededApp {
  readonly appId: number;
  readonly slug: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** By the account it is installed on. */
  readonly installations: Readonly<Record<string, number>>;
}

export interface Seeded {
  /** By slug. */
  readonly apps: Readonly<Record<string, SeededApp>>;
  /** Login → a token of their own. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Login → numeric id. */
  readonly userIds: Readonly<Record<string, number>>;
  readonly controlToken: string;
}
