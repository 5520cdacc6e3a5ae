// The bot's settings: bot.yml, with ${NAME} filled in from the environment, and the secrets in the files it names.
// Promises a Config that is whole, or every fault at once with how to mend it. The only place of the bot that reads
// the environment.

import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { readSettingFile } from '../relay/setting-files.ts';
import { describeFault, readSettings } from '../relay/settings.ts';
import { siteOf } from './github/site.ts';
import { openFiles, type Files, type Judge } from './named-files.ts';
import { botSettings } from './settings.ts';
import {
  appIdFault,
  credentialFiles,
  credentialsFolder,
  findCredentials,
  privateKeyFault,
  webhookSecretFault,
} from './setup/credentials.ts';

export interface Config {
  readonly origin: string;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls?: { cert: string; key: string };
  };
  /** Where the operator reads metrics and readiness; undefined for nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  readonly dataFolder: string;
  /** PEM of the authority trusted beside the public ones, for GitHub and the identity provider. */
  readonly caPem?: string;
  readonly github: {
    readonly apiUrl: string;
    readonly appId: number;
    readonly privateKey: string;
    /** A delivery may be signed with any of them: the present one, and the one before while it is replaced. */
    readonly webhookSecrets: readonly string[];
    readonly limits: {
      readonly writesPerMinute: number;
      readonly textsPerHour: number;
      readonly commandsPer10Minutes: number;
    };
  };
  readonly policy: { readonly repository: string; readonly path: string };
  readonly catalog: {
    readonly repositories: readonly string[];
    readonly path: string;
    readonly backstage?: BackstageConfig | undefined;
  };
  readonly oidc: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly subjectClaim: string;
    readonly acrClaim: 'acr' | 'acrs';
  };
  readonly relays: readonly RelayConfig[];
  readonly connectCommand: string;
}

interface BackstageConfig {
  readonly url: string;
  /** Undefined: the bot signs its own. */
  readonly token: string | undefined;
  readonly branch: string;
  /** The website of the GitHub whose repositories policy names: `https://github.com`. */
  readonly site: string;
  readonly maxAgeSeconds: number;
}

interface RelayConfig {
  readonly name: string;
  readonly url: string;
  /** The relay's public key, as `sallyportd relay init` prints it. */
  readonly publicKey: string;
  readonly caPem?: string;
}

/** Everything but an App: the settings name none, and none has been created yet. */
export interface ConfigWithoutApp extends Omit<Config, 'github'> {
  /** `site` is the origin of the website that belongs to the API. */
  readonly github: Pick<Config['github'], 'apiUrl' | 'limits'> & { readonly site: string };
}

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: Config }
  /** Whole otherwise, so that what is wrong is told before an App is created. */
  | { readonly kind: 'no-app'; readonly config: ConfigWithoutApp }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSource {
  /** Left out, the process's own. */
  readonly environment?: Environment;
  /** The version of the client that the pasted line names. */
  readonly version: string;
}

/**
 * Reads the file that SALLYPORT_CONFIG names, `bot.yml` when it names none. Never throws for a fault of the operator's.
 */
export function readConfig({ version, environment = process.env }: ConfigSource): ConfigReading {
  const file = readFileSettings(environment);
  if (file.kind === 'invalid') return file;
  const faults: string[] = [];
  const { app, config } = gather(file.settings, { folder: file.folder, version, faults });
  if (faults.length > 0) return { kind: 'invalid', faults };
  const { site, ...github } = config.github;
  if (app !== undefined)
    return { kind: 'valid', config: { ...config, github: { ...github, ...app } } };
  if (site !== undefined)
    return { kind: 'no-app', config: { ...config, github: { ...github, site } } };
  return { kind: 'invalid', faults: [`github.api-url: ${noSite}`] };
}

const noSite =
  'the website of this API is not known, so no App can be created there. Expected https://api.github.com, https://HOST/api/v3 or https://api.SUB.ghe.com; or create the App by hand and name app-id, private-key-file and webhook-secret-file.';

/** The data folder alone, for the operator's commands: same file, but no secret is opened. */
export function readDataFolder(
  environment: Environment = process.env,
): { kind: 'valid'; dataFolder: string } | { kind: 'invalid'; faults: readonly string[] } {
  const file = readFileSettings(environment);
  if (file.kind === 'invalid') return file;
  return { kind: 'valid', dataFolder: resolve(file.folder, file.settings.data) };
}

type BotSettings = z.infer<typeof botSettings>;

function readFileSettings(
  environment: Environment,
):
  | { kind: 'valid'; settings: BotSettings; folder: string }
  | { kind: 'invalid'; faults: readonly string[] } {
  const path = resolve(environment['SALLYPORT_CONFIG'] ?? 'bot.yml');
  const file = readSettingFile(path, { isSecret: false });
  if (file.kind === 'fault') {
    return {
      kind: 'invalid',
      faults: [`${file.message} Name the settings with SALLYPORT_CONFIG.`],
    };
  }
  const reading = readSettings({ text: file.text, variables: environment }, botSettings);
  if (reading.kind === 'valid')
    return { kind: 'valid', settings: reading.value, folder: dirname(path) };
  return { kind: 'invalid', faults: reading.faults.map((fault) => describeFault(path, fault)) };
}

function gather(
  settings: BotSettings,
  { folder, version, faults }: { folder: string; version: string; faults: string[] },
) {
  const files = openFiles(folder, faults);
  const { listen, github, identity, relays } = settings;
  const { oidc } = identity;
  if (!listen.tls && !['127.0.0.1', '::1', 'localhost'].includes(listen.host)) {
    faults.push(
      `listen.host: without listen.tls the bot listens on loopback only, not on ${listen.host}. Add tls, or listen on 127.0.0.1 behind a proxy.`,
    );
  }
  const dataFolder = resolve(folder, settings.data);
  const apiUrl = github['api-url'];
  const config = {
    origin: settings.url,
    listen: {
      host: listen.host,
      port: listen.port,
      ...(listen.tls && { tls: files.pair('listen.tls', listen.tls) }),
    },
    ...(settings.metrics && { metrics: settings.metrics }),
    dataFolder,
    ...(settings.ca && { caPem: files.certificate('ca', settings.ca) }),
    github: {
      apiUrl,
      site: siteOf(apiUrl),
      limits: {
        writesPerMinute: github.limits['writes-per-minute'],
        textsPerHour: github.limits['texts-per-hour'],
        commandsPer10Minutes: github.limits['commands-per-10-minutes'],
      },
    },
    policy: settings.policy,
    catalog: {
      ...settings.catalog,
      backstage: readBackstage(settings.catalog.backstage, { site: siteOf(apiUrl), files, faults }),
    },
    oidc: {
      issuer: oidc.issuer,
      clientId: oidc['client-id'],
      clientSecret: files.secret(
        'identity.oidc.client-secret-file',
        oidc['client-secret-file'],
        clientSecretFault,
      ),
      subjectClaim: oidc['subject-claim'],
      acrClaim: oidc['acr-claim'],
    },
    relays: relays.map(({ name, url, key: publicKey, ca }, index) => {
      const relay = { name, url, publicKey };
      if (ca === undefined) return relay;
      return Object.assign(relay, { caPem: files.certificate(`relays[${index}].ca`, ca) });
    }),
    connectCommand: settings['connect-command'] ?? `npx sallyport@${version} connect`,
  };
  return { config, app: readApp(github, { dataFolder, files, faults }) };
}

function readBackstage(
  settings: BotSettings['catalog']['backstage'],
  { site, files, faults }: { site: string | undefined; files: Files; faults: string[] },
): BackstageConfig | undefined {
  if (settings === undefined) return undefined;
  if (site === undefined) faults.push(`catalog.backstage: ${noOrigins}`);
  const { url, branch, 'token-file': tokenFile, 'max-age-seconds': maxAgeSeconds } = settings;
  const token =
    tokenFile === undefined
      ? undefined
      : files.secret('catalog.backstage.token-file', tokenFile, bearerFault);
  return { url, token, branch, site: site ?? '', maxAgeSeconds };
}

const noOrigins =
  'the website of the API that github.api-url names is not known, so nobody can tell which repository an entity is from. Expected https://api.github.com, https://HOST/api/v3 or https://api.SUB.ghe.com.';

type App = Omit<Config['github'], 'apiUrl' | 'limits'>;

/** The App that the settings name, or the one that was created by the bot itself; undefined when there is neither. */
function readApp(
  github: BotSettings['github'],
  { dataFolder, files, faults }: { dataFolder: string; files: Files; faults: string[] },
): App | undefined {
  const before = github['previous-webhook-secret-file'];
  const previous =
    before === undefined
      ? []
      : [files.secret('github.previous-webhook-secret-file', before, webhookSecretFault)];
  const {
    'app-id': appId,
    'private-key-file': keyFile,
    'webhook-secret-file': secretFile,
  } = github;
  if (appId !== undefined && keyFile !== undefined && secretFile !== undefined) {
    const privateKey = files.secret('github.private-key-file', keyFile, privateKeyFault);
    const secret = files.secret('github.webhook-secret-file', secretFile, webhookSecretFault);
    return { appId, privateKey, webhookSecrets: [secret, ...previous] };
  }
  const found = findCredentials(dataFolder);
  if (found.kind === 'fault') faults.push(`github: ${found.message}`);
  return found.kind === 'there' ? readKept(dataFolder, { files, faults, previous }) : undefined;
}

/** The App that was created from the bot's own page. What is missing of it is a fault: GitHub gives it out once. */
function readKept(
  dataFolder: string,
  { files, faults, previous }: { files: Files; faults: string[]; previous: readonly string[] },
): App {
  const told = faults.length;
  const folder = credentialsFolder(dataFolder);
  const read = (name: keyof typeof credentialFiles, judge: Judge) =>
    files.secret('github', join(folder, credentialFiles[name]), judge);
  const app = {
    appId: Number(read('appId', appIdFault)),
    privateKey: read('privateKey', privateKeyFault),
    webhookSecrets: [read('webhookSecret', webhookSecretFault), ...previous],
  };
  if (faults.length > told) {
    faults.push(
      `github: the App's credentials in ${folder} are not whole. Mend them or put them back from a backup; or delete the App at GitHub, move the folder away, and start again to create another.`,
    );
  }
  return app;
}

function clientSecretFault(secret: string): string | undefined {
  return secret === '' ? 'the secret is blank. Copy it from the identity provider.' : undefined;
}

/** RFC 6750 §2.1, and what a Backstage takes. */
function bearerFault(token: string): string | undefined {
  return /^[A-Za-z0-9._~+/-]{8,4096}=*$/.test(token)
    ? undefined
    : 'Expected a token of 8 or more letters, digits and -._~+/, without blanks.';
}
