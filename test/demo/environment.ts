// What the product's programs are told: a value for every name that the settings in templates/ ask of the environment.

import { writeFile } from 'node:fs/promises';
import { keepCredentials } from '../../bot/setup/credentials.ts';
import type { Seeded } from '../github/seed.ts';
import type { Ground } from './ground.ts';
import type { Environment } from './programs.ts';
import { appSlug } from './seed.ts';

/** The bot, as the identity provider knows it. */
export const oidcClient = { id: 'sallyport', secret: 'a secret that only the demo has' };

/** What is only known once the parts run. */
interface Known {
  readonly github: { readonly apiUrl: string; readonly seeded: Seeded };
  readonly controlKey: string;
  readonly relayKey: string;
  readonly database: string;
  readonly connect: string;
}

/** Every name that templates/bot.yml and templates/relay.yml ask for. Secrets are written to files, as there. */
export async function settingsFor(ground: Ground, known: Known): Promise<Environment> {
  const { folder, urls, ports, certFile, keyFile, caFile } = ground;
  const app = known.github.seeded.apps[appSlug];
  if (!app) throw new Error(`The local GitHub has no App called ${appSlug}`);
  const secret = async (name: string, text: string): Promise<string> => {
    await writeFile(folder.at(name), text, { mode: 0o600 });
    return folder.at(name);
  };
  // As the bot keeps them itself once its App was created; test/bot/setup/ plays how that is done.
  await keepCredentials(folder.at('bot'), app);
  return {
    SALLYPORT_URL: urls.bot,
    SALLYPORT_PORT: String(ports.bot),
    SALLYPORT_TLS_CERT: certFile,
    SALLYPORT_TLS_KEY: keyFile,
    SALLYPORT_CA: caFile,
    SALLYPORT_DATA: folder.at('bot'),
    SALLYPORT_CONNECT_COMMAND: known.connect,
    SALLYPORT_CONTROL_KEY: known.controlKey,
    GITHUB_API_URL: known.github.apiUrl,
    OIDC_ISSUER: urls.provider,
    OIDC_CLIENT_ID: oidcClient.id,
    OIDC_CLIENT_SECRET_FILE: await secret('oidc-secret', oidcClient.secret),
    RELAY_URL: urls.relay,
    RELAY_KEY: known.relayKey,
    RELAY_PORT: String(ports.relay),
    RELAY_TLS_CERT: certFile,
    RELAY_TLS_KEY: keyFile,
    RELAY_DATA: folder.at('relay'),
    PAYMENTS_DB_ADDRESS: known.database,
  };
}
