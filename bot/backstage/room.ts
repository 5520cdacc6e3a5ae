// A running Backstage as a source of the catalog: how it is asked, as whom, and which of what it says may count for
// whom. It decides nothing, and writes nothing there.

import type { Hono } from 'hono';
import type { EntitySource } from '../catalog/source.ts';
import type { Config } from '../config.ts';
import { keysFolder } from '../data-folder.ts';
import { readBackstage } from './entities.ts';
import { openTokens } from './token.ts';

/** Where Backstage finds the key of the tokens that the bot signs. */
const jwksPath = '/backstage/jwks.json';
/** How long anybody may keep it. */
const jwksMaxAgeSeconds = 300;

export interface BackstageRoom {
  readonly source: EntitySource;
  /** Adds the route of the published key, where tokens are signed. */
  mount(app: Hono): void;
}

/** Undefined where the settings name no Backstage. The folder of the keys has to be there. */
export async function openBackstage(
  { catalog, origin, dataFolder }: Pick<Config, 'catalog' | 'origin' | 'dataFolder'>,
  now: () => Date,
): Promise<BackstageRoom | undefined> {
  const { backstage, path, repositories } = catalog;
  if (backstage === undefined) return undefined;
  const { url, token: given, site, branch, maxAgeSeconds } = backstage;
  const readDirectly = new Set(repositories.map((name) => name.toLowerCase()));
  const source = (token: () => string | Promise<string>) => ({
    origins: { site, branch, path, readDirectly },
    maxAgeMs: maxAgeSeconds * 1000,
    load: () => readBackstage({ url, token }),
  });
  if (given !== undefined) return { source: source(() => given), mount: () => undefined };
  const tokens = await openTokens(keysFolder(dataFolder), { issuer: origin, audience: url, now });
  const cached = { 'cache-control': `public, max-age=${jwksMaxAgeSeconds}` };
  return {
    source: source(() => tokens.sign()),
    mount(app) {
      app.get(jwksPath, (context) => context.json({ keys: [tokens.published()] }, 200, cached));
    },
  };
}
