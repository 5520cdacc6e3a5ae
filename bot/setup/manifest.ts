// The manifest that GitHub makes the App of: app.yml, and what only this bot knows, its addresses and whose it is. It
// asks for nothing that app.yml does not say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const appFile = join(import.meta.dirname, '..', '..', 'app.yml');

const appSchema = z.strictObject({
  name: z.string(),
  url: z.url(),
  description: z.string(),
  public: z.literal(false),
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  default_events: z.array(z.string()),
});

/** The App as app.yml describes it. */
export type AppDescription = z.output<typeof appSchema>;

export function readAppDescription(): AppDescription {
  return appSchema.parse(parse(readFileSync(appFile, 'utf8')));
}

/** GitHub takes no longer name. */
const maxNameChars = 34;

/**
 * Names of Apps are taken once on the whole of a GitHub, and "Sallyport" alone soon is. It can be changed on GitHub's
 * page.
 */
export function appName({ name }: AppDescription, owner: string): string {
  return `${name} ${owner}`.slice(0, maxNameChars).trimEnd();
}

export interface Addresses {
  readonly webhook: string;
  /** Where GitHub leads back with the code. */
  readonly redirect: string;
}

/** JSON, as GitHub takes it in the form's `manifest`. */
export function manifestFor(app: AppDescription, name: string, addresses: Addresses): string {
  return JSON.stringify({
    ...app,
    name,
    // Said although it is GitHub's default: without an active webhook there is no secret, and no command is heard.
    hook_attributes: { url: addresses.webhook, active: true },
    redirect_url: addresses.redirect,
  });
}
