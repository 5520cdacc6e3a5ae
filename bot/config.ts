// The bot's settings: bot.yml, with ${NAME} filled in from the environment, and the secrets in the files it names.
// Promises a Config that is whole, or every fault at once with how to mend it. The only place of the bot that reads
// the environment.

import { readFileSync, statSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { describeFault, readSettings } from '../relay/settings.ts';

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

export interface RelayConfig {
  readonly name: string;
  readonly url: string;
  /** The relay's public key, as `sallyportd relay init` prints it. */
  readonly publicKey: string;
  readonly caPem?: string;
}

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/** GitHub's secret is what stands between anybody and an approval: shorter ones are refused. */
const minWebhookSecretChars = 32;

const origin = z
  .string({ error: 'Expected an https address.' })
  .refine(isOrigin, {
    error: 'Expected an https address without a path, such as https://sallyport.acme.dev.',
  })
  .transform((text) => new URL(text).origin);
const httpsUrl = z
  .string({ error: 'Expected an https address.' })
  .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', {
    error: 'Expected an https address.',
  })
  .transform((text) => text.replace(/\/$/, ''));
const file = z
  .string({ error: 'Expected the path of a file.' })
  .min(1, { error: 'Expected the path of a file.' });
const repository = z
  .string({ error: 'Expected a repository such as acme/access.' })
  .regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, {
    error: 'Expected a repository such as acme/access.',
  });
const wholeNumber = (what: string, max: number) =>
  z.coerce
    .number({ error: `Expected ${what}.` })
    .int({ error: `Expected ${what}.` })
    .min(0)
    .max(max, { error: `Expected ${what}.` });
const words = (what: string) =>
  z.string({ error: `Expected ${what}.` }).min(1, { error: `Expected ${what}.` });

/** The shape of bot.yml; templates/reference.md is written from it. */
export const botSettings = z.strictObject({
  url: origin.describe('Where people and relays reach the bot: https, without a path.'),
  listen: z.strictObject({
    host: words('an address to listen on')
      .default('127.0.0.1')
      .describe('The address to listen on.'),
    port: wholeNumber('a port from 0 to 65535', 65_535)
      .default(8443)
      .describe('The port to listen on; 0 takes a free one.'),
    tls: z
      .strictObject({
        cert: file.describe('PEM file of the certificate chain.'),
        key: file.describe('PEM file of its key.'),
      })
      .optional()
      .describe(
        'Leave out where a proxy on this machine ends TLS; the bot then listens on loopback only.',
      ),
  }),
  data: words('the path of a folder').describe(
    'A folder for the database, the signing keys and the operator socket.',
  ),
  ca: file.optional().describe('PEM file of an authority trusted beside the public ones.'),
  github: z.strictObject({
    'api-url': httpsUrl
      .default('https://api.github.com')
      .describe("GitHub's API; https://HOST/api/v3 for GitHub Enterprise Server."),
    'app-id': wholeNumber("the App's number", Number.MAX_SAFE_INTEGER).describe("The App's id."),
    'private-key-file': file.describe("PEM file of the App's private key."),
    'webhook-secret-file': file.describe(
      `File with the webhook secret, ${minWebhookSecretChars} characters or more.`,
    ),
  }),
  policy: z.strictObject({
    repository: repository.describe('The repository that holds the policy.'),
    path: words('a path').default('sallyport.yml').describe('Its path there.'),
  }),
  catalog: z.strictObject({
    repositories: z
      .array(repository)
      .min(1, { error: 'Expected at least one repository.' })
      .describe('Whose descriptors are read.'),
    path: words('a path').default('catalog-info.yaml').describe('Their path in each of them.'),
  }),
  identity: z.strictObject({
    oidc: z.strictObject({
      issuer: httpsUrl.describe("The identity provider's issuer."),
      'client-id': words('a client id').describe("The bot's client id there."),
      'client-secret-file': file.describe('File with its secret.'),
      'subject-claim': words('the name of a claim')
        .default('sub')
        .describe(
          "The claim that holds the provider's stable key of a person; `oid` for Entra ID.",
        ),
    }),
  }),
  relays: z
    .array(
      z.strictObject({
        name: z
          .string({ error: 'Expected a name.' })
          .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
            error: 'Expected a name of lower-case letters, digits and hyphens.',
          })
          .describe("The relay's name in the policy."),
        url: origin.describe('Where clients reach it: https, without a path.'),
        key: words("the relay's key, as `sallyportd relay init` prints it").describe(
          'Its public key, as `sallyportd relay init` prints it.',
        ),
        ca: file
          .optional()
          .describe("PEM file of the authority of the relay's certificate, where it is private."),
      }),
    )
    .min(1, { error: 'Expected at least one relay.' }),
  'connect-command': z
    .string()
    .regex(/^[^`\p{C}]{1,500}$/u, { error: 'Expected one line without backticks.' })
    .optional()
    .describe('How the pasted line begins; left out, `npx sallyport@<this version> connect`.'),
});

export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The version of the client that the pasted line names. */
  readonly version: string;
}

/** Reads the file that SALLYPORT_CONFIG names, `bot.yml` when it names none. Never throws for a fault of the operator's. */
export function readConfig({ environment, version }: ConfigSource): ConfigReading {
  const path = resolve(environment['SALLYPORT_CONFIG'] ?? 'bot.yml');
  const faults: string[] = [];
  const text = readText(path, 'the settings (name another file with SALLYPORT_CONFIG)', faults);
  if (text === undefined) return { kind: 'invalid', faults };
  const reading = readSettings({ text, variables: environment }, botSettings);
  if (reading.kind === 'invalid')
    return { kind: 'invalid', faults: reading.faults.map((fault) => describeFault(path, fault)) };
  const config = gather(reading.value, { folder: dirname(path), version, faults });
  return faults.length > 0 ? { kind: 'invalid', faults } : { kind: 'valid', config };
}

function gather(
  settings: z.infer<typeof botSettings>,
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
  if (pem === '') return pem;
  try {
    new X509Certificate(pem);
  } catch {
    faults.push(`${what}: this is not a certificate in PEM form.`);
  }
  return pem;
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    url.protocol === 'https:' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  );
}
