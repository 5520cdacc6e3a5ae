// The bot's settings: bot.yml, with ${NAME} filled in from the environment, and the secrets in the files it names.
// Promises a Config that is whole, or every fault at once with how to mend it. The only place of the bot that reads
// the environment.

import { readFileSync, statSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
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
    readonly webhookSecret: string;
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

/** Reads the file that SALLYPORT_CONFIG names, `bot.yml` when it names none. Never throws for a fault of the operator's. */
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
  const faults: string[] = [];
  const text = readText(path, 'the settings (name another file with SALLYPORT_CONFIG)', faults);
  if (text === undefined) return { kind: 'invalid', faults };
  const reading = readSettings({ text, variables: environment }, botSettings);
  if (reading.kind === 'valid')
    return { kind: 'valid', settings: reading.value, folder: dirname(path) };
  return { kind: 'invalid', faults: reading.faults.map((fault) => describeFault(path, fault)) };
}

function gather(
  settings: BotSettings,
  { folder, version, faults }: { folder: string; version: string; faults: string[] },
): Config {
  const read = (path: string, what: string) => readText(resolve(folder, path), what, faults) ?? '';
  const { listen, github, identity } = settings;
  const oidc = identity.oidc;
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
      ...(listen.tls && {
        tls: {
          cert: read(listen.tls.cert, 'listen.tls.cert'),
          key: read(listen.tls.key, 'listen.tls.key'),
        },
      }),
    },
    dataFolder: resolve(folder, settings.data),
    ...(settings.ca && { caPem: certificate(read(settings.ca, 'ca'), 'ca', faults) }),
    github: {
      apiUrl: github['api-url'],
      appId: github['app-id'],
      privateKey: privateKey(read(github['private-key-file'], 'github.private-key-file'), faults),
      webhookSecret: webhookSecret(
        read(github['webhook-secret-file'], 'github.webhook-secret-file'),
        faults,
      ),
    },
    policy: settings.policy,
    catalog: settings.catalog,
    oidc: {
      issuer: oidc.issuer,
      clientId: oidc['client-id'],
      clientSecret: read(oidc['client-secret-file'], 'identity.oidc.client-secret-file').trim(),
      subjectClaim: oidc['subject-claim'],
    },
    relays: settings.relays.map(({ name, url, key, ca }) => ({
      name,
      url,
      publicKey: key,
      ...(ca && {
        caPem: certificate(read(ca, `relays: ${name}: ca`), `relays: ${name}: ca`, faults),
      }),
    })),
    connectCommand: settings['connect-command'] ?? `npx sallyport@${version} connect`,
  };
}

function readText(path: string, what: string, faults: string[]): string | undefined {
  try {
    if (statSync(path).isFile()) return readFileSync(path, 'utf8');
    faults.push(`${what}: ${path} is not a file.`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const cause =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read by this user'
          : `cannot be read (${code})`;
    faults.push(`${what}: ${path} ${cause}.`);
  }
  return undefined;
}

// The checks below say nothing of an empty text: that file's fault has been told already.

function privateKey(pem: string, faults: string[]): string {
  if (pem === '') return pem;
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return pem;
    faults.push(
      "github.private-key-file: this is not an RSA key. Download the App's private key from its settings page.",
    );
  } catch {
    faults.push(
      "github.private-key-file: this is not a private key in PEM form. Download it from the App's settings page.",
    );
  }
  return pem;
}

function webhookSecret(text: string, faults: string[]): string {
  const secret = text.trim();
  if (text !== '' && secret.length < minWebhookSecretChars) {
    faults.push(
      `github.webhook-secret-file: the secret has ${secret.length} characters; ${minWebhookSecretChars} or more are needed. Make one with \`openssl rand -hex 32\` and set it at GitHub as well.`,
    );
  }
  return secret;
}

function certificate(pem: string, what: string, faults: string[]): string {
  if (pem !== '' && !isCertificate(pem)) {
    faults.push(`${what}: this is not a certificate in PEM form.`);
  }
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
