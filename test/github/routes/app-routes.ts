// What an App asks as itself, by its JWT: who it is, where it is installed, a token for an installation.
import type { components } from '@octokit/openapi-types';
import { z } from 'zod';
import { allows, type Actor } from '../access.ts';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { appShape, installationShape } from '../shapes/app-shape.ts';
import { repositoryShape } from '../shapes/repository-shape.ts';
import {
  covers,
  findAccount,
  findRepository,
  same,
  type App,
  type Installation,
  type Level,
  type PermissionName,
  type Permissions,
} from '../state.ts';
import { timestamp } from '../shapes/timestamp.ts';
import { mintInstallationToken, scopeOf } from '../tokens.ts';

type Enterprise = components['schemas']['enterprise'];

export function mountAppRoutes(api: Api): void {
  mountInstallations(api);
  mountInstallationFinders(api);
  mountTokens(api);
}

export function requireApp(actor: Actor): App {
  if (actor.kind !== 'app') throw refuse.requiresJwt();
  return actor.app;
}

function mountInstallations(api: Api): void {
  endpoint(api, 'get', '/app', async ({ instance, actor }) => {
    const app = requireApp(actor);
    const installations_count = installationsOf(instance.state.installations, app).length;
    return { status: 200, body: { ...appShape(instance, app), installations_count } };
  });

  endpoint(api, 'get', '/app/installations', async (call) => {
    const all = installationsOf(call.instance.state.installations, requireApp(call.actor));
    const page = pageOf(call, all).map((one) => installationShape(call.instance, one));
    // The description of this one list asks for a user and an enterprise in one; GitHub sends the user.
    const body = page as ((typeof page)[number] & { account: Enterprise })[];
    return { status: 200, body };
  });

  endpoint(api, 'get', '/app/installations/{installation_id}', async (call) => {
    const installation = ownInstallation(call);
    return { status: 200, body: installationShape(call.instance, installation) };
  });
}

function mountInstallationFinders(api: Api): void {
  endpoint(
    api,
    'get',
    '/repos/{owner}/{repo}/installation',
    async ({ instance, actor, params }) => {
      const app = requireApp(actor);
      const repository = findRepository(instance.state, params.owner, params.repo);
      const installation = installationsOf(instance.state.installations, app).find(
        (one) => repository && covers(one.repositories, one.account, repository),
      );
      if (!installation) throw refuse.notFound();
      return { status: 200, body: installationShape(instance, installation) };
    },
  );

  endpoint(api, 'get', '/orgs/{org}/installation', async ({ instance, actor, params }) => {
    const account = findAccount(instance.state, params.org);
    const installation = installationsOf(instance.state.installations, requireApp(actor)).find(
      (one) => one.account === account,
    );
    if (!installation) throw refuse.notFound();
    return { status: 200, body: installationShape(instance, installation) };
  });
}

function mountTokens(api: Api): void {
  endpoint(api, 'post', '/app/installations/{installation_id}/access_tokens', async (call) => ({
    status: 201,
    body: await minted(call),
  }));

  endpoint(api, 'get', '/installation/repositories', async (call) => {
    const { instance, actor } = call;
    if (actor.kind !== 'installation') {
      throw refuse.forbidden('You must authenticate with an installation access token.');
    }
    const { installation, repositories } = actor;
    const all = [...instance.state.repositories.values()].filter((one) =>
      covers(repositories, installation.account, one),
    );
    const page = pageOf(call, all).map((one) => repositoryShape(instance, one));
    return {
      status: 200,
      body: {
        total_count: all.length,
        repositories: page,
        repository_selection: selectionOf(repositories),
      },
    };
  });
}

async function minted(
  call: Call<'installation_id'>,
): Promise<components['schemas']['installation-token']> {
  const { instance } = call;
  const installation = ownInstallation(call);
  if (installation.suspendedAt) throw refuse.suspended();
  const wanted = await call.body(narrowing);
  const narrowed = {
    permissions: narrowedPermissions(installation, wanted.permissions),
    repositories: narrowedRepositories(call, installation, wanted),
  };
  const isLong =
    instance.habits.longTokens || call.header('x-github-stateless-s2s-token') === 'enabled';
  const token = mintInstallationToken(instance, installation, { narrowed, isLong });
  const { permissions, repositories } = scopeOf(installation, narrowed);
  const chosen = repositories === 'all' ? [] : [...repositories];
  const found = chosen.flatMap((id) => instance.state.repositories.get(id) ?? []);
  return {
    token: token.value,
    expires_at: timestamp(token.expiresAt),
    permissions,
    repository_selection: selectionOf(repositories),
    ...(found.length > 0 && { repositories: found.map((one) => repositoryShape(instance, one)) }),
  };
}

const narrowing = z.object({
  repositories: z.array(z.string()).max(500).optional(),
  repository_ids: z.array(z.int()).max(500).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).optional(),
});

function selectionOf(repositories: 'all' | ReadonlySet<number>): 'all' | 'selected' {
  return repositories === 'all' ? 'all' : 'selected';
}

function installationsOf(all: ReadonlyMap<number, Installation>, app: App): Installation[] {
  return [...all.values()].filter((one) => one.app === app);
}

function ownInstallation(call: Call<'installation_id'>): Installation {
  const app = requireApp(call.actor);
  const found = call.instance.state.installations.get(Number(call.params.installation_id));
  if (found?.app !== app) throw refuse.notFound();
  return found;
}

/** A token may ask for less than the installation has, never for more. */
function narrowedPermissions(
  { permissions }: Installation,
  wanted: Record<string, Level> | undefined,
): Permissions | null {
  if (!wanted) return null;
  for (const [name, level] of Object.entries(wanted)) {
    if (allows(permissions, name as PermissionName, level)) continue;
    throw refuse.unprocessable('The permissions requested are not granted to this installation.');
  }
  return { metadata: 'read', ...wanted };
}

function narrowedRepositories(
  call: Call<'installation_id'>,
  installation: Installation,
  wanted: z.output<typeof narrowing>,
): ReadonlySet<number> | null {
  if (!wanted.repositories && !wanted.repository_ids) return null;
  const { repositories } = call.instance.state;
  const names = wanted.repositories ?? [];
  const chosen = [...repositories.values()].filter(
    ({ id, name, owner }) =>
      wanted.repository_ids?.includes(id) === true ||
      (owner === installation.account && names.some((one) => same(one, name))),
  );
  const isComplete = chosen.length === names.length + (wanted.repository_ids?.length ?? 0);
  const areCovered = chosen.every((one) =>
    covers(installation.repositories, installation.account, one),
  );
  if (isComplete && areCovered) return new Set(chosen.map((one) => one.id));
  throw refuse.unprocessable(
    'There is at least one repository that does not exist or is not accessible to the parent installation.',
  );
}
