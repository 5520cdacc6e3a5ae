// What the local GitHub begins with: the company's repositories, filled with templates/ as they stand,
// its people, and the App with the permissions and events of app.yml and no others.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Seed } from '../github/seed.ts';
import { bea, cast, dana, omar, otto, pia } from './cast.ts';

/** The repository, as a path: programs and templates are run and read from here. */
export const home = fileURLToPath(new URL('../..', import.meta.url));

/** Where people ask for access. */
export const accessRepository = 'acme/access';
/** The App's slug; its comments are by `sallyport[bot]`. */
export const appSlug = 'sallyport';

/** Changes the text of a template before it becomes a file of a repository; `path` is below templates/. */
export type EditTemplate = (path: string, text: string) => string;

/** Reads templates/ and app.yml and makes the seed of them. */
export async function makeSeed(
  app: { webhookUrl: string; callbackUrl: string },
  edit: EditTemplate = (_, text) => text,
): Promise<Seed> {
  const manifest = appManifest.parse(parse(await readFile(`${home}app.yml`, 'utf8')));
  const template = async (path: string) =>
    edit(path, await readFile(`${home}templates/${path}`, 'utf8'));
  return {
    users: cast.map(({ login, name }) => ({ login, name })),
    organizations: [
      {
        login: 'acme',
        name: 'Acme',
        owners: [pia.login],
        members: [dana.login, omar.login, otto.login, bea.login],
      },
    ],
    repositories: [
      {
        owner: 'acme',
        name: 'access',
        description: 'Ask for access here, in an issue',
        files: {
          'sallyport.yml': await template('sallyport.yml'),
          '.github/ISSUE_TEMPLATE/access-request.yml': await template(
            'ISSUE_TEMPLATE/access-request.yml',
          ),
        },
      },
      {
        owner: 'acme',
        name: 'org',
        description: 'People and groups',
        files: { 'catalog-info.yaml': await template('org.yaml') },
      },
      {
        owner: 'acme',
        name: 'payments-services',
        description: 'What the payments group runs',
        files: { 'catalog-info.yaml': await template('catalog-info.yaml') },
      },
    ],
    apps: [
      {
        slug: appSlug,
        name: manifest.name,
        owner: 'acme',
        webhookUrl: app.webhookUrl,
        callbackUrls: [app.callbackUrl],
        permissions: manifest.default_permissions,
        events: manifest.default_events,
        installations: [{ account: 'acme', repositories: 'all' }],
      },
    ],
  };
}

const appManifest = z.object({
  name: z.string(),
  default_permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])),
  default_events: z.array(z.string()),
});
