// How an App comes to be: from the seed, or from the manifest that somebody brought to the website.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Instance } from './instance.ts';
import type { Account, App, Permissions } from './state.ts';

export interface NewApp {
  readonly slug: string;
  readonly name: string;
  readonly owner: Account;
  /** The account that its comments are by. */
  readonly bot: Account;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly webhookUrl: string | null;
  readonly callbackUrls: readonly string[];
  readonly description?: string | undefined;
  readonly homepageUrl?: string | undefined;
  readonly isPublic?: boolean | undefined;
  readonly webhookSecret?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** PEM; generated when left out, like the secrets. */
  readonly privateKey?: string | undefined;
}

/** Gives the App and its private key, which is kept nowhere. */
export function registerApp(instance: Instance, made: NewApp): { app: App; privateKey: string } {
  const { state } = instance;
  const privateKey = made.privateKey ?? newPrivateKey();
  const app: App = {
    id: state.nextId(),
    slug: made.slug,
    name: made.name,
    description: made.description ?? null,
    homepageUrl: made.homepageUrl ?? null,
    isPublic: made.isPublic ?? false,
    owner: made.owner,
    bot: made.bot,
    clientId: `Iv23li${randomBytes(7).toString('hex')}`,
    clientSecret: made.clientSecret ?? secret(),
    callbackUrls: made.callbackUrls,
    publicKey: createPublicKey(createPrivateKey(privateKey)),
    permissions: made.permissions,
    events: made.events,
    webhookUrl: made.webhookUrl,
    webhookSecret: made.webhookSecret ?? secret(),
    hookId: state.nextId(),
    createdAt: instance.now(),
  };
  state.apps.set(app.id, app);
  return { app, privateKey };
}

/** PKCS #1, as GitHub gives it. */
function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' });
}

/** Forty hexadecimal digits, as GitHub's are. */
function secret(): string {
  return randomBytes(20).toString('hex');
}
