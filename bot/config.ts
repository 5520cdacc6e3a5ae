// The bot's settings: bot.yml, with ${NAME} filled in from the environment, and the secrets in the files it names.
// Promises a Config that is whole, or every fault at once with how to mend it. The only place of the bot that reads
// the environment.

import { createPrivateKey } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { certificateFault, pairFault, readSettingFile } from '../relay/setting-files.ts';
import { describeFault, readSettings } from '../relay/settings.ts';
import { botSettings, minWebhookSecretChars } from './settings.ts';

export interface Config {
  readonly origin: string;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls?: { cert: string; key: string };
  };
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
    };
  };
  readonly policy: { readonly repository: string; readonly path: string };
  readonly catalog: { readonly repositories: readonly string[]; readonly path: string };
  readonly oidc: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly subjectClaim: string;
  };
  readonly relays: readonly RelayConfig[];
  readonly connectCommand: string;
}

interface RelayConfig {
  readonly name: string;
  readonly url: string;
  /** The relay's public key, as `sallyportd relay init` prints it. */
  readonly publicKey: string;
  readonly caPem?: string;
}

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: Config }
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
  const config = gather(file.settings, { folder: file.folder, version, faults });
  return faults.length > 0 ? { kind: 'invalid', faults } : { kind: 'valid', config };
}

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
): Config {
  const files = openFiles(folder, faults);
  const { listen, github, identity, relays } = settings;
  const { oidc } = identity;
  if (!listen.tls && !['127.0.0.1', '::1', 'localhost'].includes(listen.host)) {
    faults.push(
      `listen.host: without listen.tls the bot listens on loopback only, not on ${listen.host}. Add tls, or listen on 127.0.0.1 behind a proxy.`,
    );
  }
  return {
    origin: settings.url,
    listen: {
      host: listen.host,
      port: listen.port,
      ...(listen.tls && { tls: files.pair('listen.tls', listen.tls) }),
    },
    dataFolder: resolve(folder, settings.data),
    ...(settings.ca && { caPem: files.certificate('ca', settings.ca) }),
    github: {
      apiUrl: github['api-url'],
      appId: github['app-id'],
      privateKey: files.secret(
        'github.private-key-file',
        github['private-key-file'],
        privateKeyFault,
      ),
      webhookSecrets: readWebhookSecrets(github, files),
      limits: {
        writesPerMinute: github.limits['writes-per-minute'],
        textsPerHour: github.limits['texts-per-hour'],
      },
    },
    policy: settings.policy,
    catalog: settings.catalog,
    oidc: {
      issuer: oidc.issuer,
      clientId: oidc['client-id'],
      clientSecret: files.secret(
        'identity.oidc.client-secret-file',
        oidc['client-secret-file'],
        clientSecretFault,
      ),
      subjectClaim: oidc['subject-claim'],
    },
    relays: relays.map(({ name, url, key: publicKey, ca }) => {
      const relay = { name, url, publicKey };
      if (ca === undefined) return relay;
      return Object.assign(relay, { caPem: files.certificate(`relays: ${name}: ca`, ca) });
    }),
    connectCommand: settings['connect-command'] ?? `npx sallyport@${version} connect`,
  };
}

function readWebhookSecrets(
  github: BotSettings['github'],
  files: ReturnType<typeof openFiles>,
): readonly string[] {
  const settings = ['webhook-secret-file', 'previous-webhook-secret-file'] as const;
  return settings.flatMap((setting) => {
    const path = github[setting];
    if (path === undefined) return [];
    return [files.secret(`github.${setting}`, path, webhookSecretFault)];
  });
}

/** What is wrong with a text, as a sentence; undefined when nothing is. */
type Judge = (text: string) => string | undefined;

/** Reads the files that settings name and notes what is wrong with each, so that all of it is told at once. */
function openFiles(folder: string, faults: string[]) {
  const note = (setting: string, fault: string) => void faults.push(`${setting}: ${fault}`);

  function read(setting: string, path: string, isSecret: boolean): string | undefined {
    const reading = readSettingFile(resolve(folder, path), { isSecret });
    if (reading.kind === 'read') return reading.text;
    note(setting, reading.message);
    return undefined;
  }

  function judged(setting: string, text: string | undefined, judge: Judge): string {
    const fault = text === undefined ? undefined : judge(text);
    if (fault !== undefined) note(setting, fault);
    return text ?? '';
  }

  return {
    /** Without the newline at its end, which editors add. */
    secret: (setting: string, path: string, judge: Judge) =>
      judged(setting, read(setting, path, true)?.trim(), judge),
    certificate: (setting: string, path: string) =>
      judged(setting, read(setting, path, false), certificateFault),
    pair(setting: string, paths: { readonly cert: string; readonly key: string }) {
      const cert = read(`${setting}.cert`, paths.cert, false);
      const key = read(`${setting}.key`, paths.key, true);
      const isWhole = cert !== undefined && key !== undefined;
      const fault = isWhole ? pairFault(cert, key) : undefined;
      if (fault !== undefined) note(setting, fault);
      return { cert: cert ?? '', key: key ?? '' };
    },
  };
}

function privateKeyFault(pem: string): string | undefined {
  const next = "Download the App's private key from its settings page.";
  try {
    const { asymmetricKeyType } = createPrivateKey(pem);
    return asymmetricKeyType === 'rsa' ? undefined : `this is not an RSA key. ${next}`;
  } catch {
    return `this is not a private key in PEM form. ${next}`;
  }
}

function webhookSecretFault({ length }: string): string | undefined {
  return length >= minWebhookSecretChars
    ? undefined
    : `the secret has ${length} characters; ${minWebhookSecretChars} or more are needed. Make one with \`openssl rand -hex 32\` and set it at GitHub as well.`;
}

function clientSecretFault(secret: string): string | undefined {
  return secret === '' ? 'the secret is blank. Copy it from the identity provider.' : undefined;
}
