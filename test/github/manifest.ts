// A GitHub App's manifest as GitHub reads it (docs.github.com, "Registering a GitHub App from a manifest"): what
// it may hold, what is refused with GitHub's words, and the App and the code that come of it. One thing is
// left out: github.com refuses webhook addresses that it cannot reach, and here everything is on loopback.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { registerApp } from './app-registration.ts';
import { events, type EventName } from './events.ts';
import type { Instance } from './instance.ts';
import { findAccount, same, type Account, type PermissionName } from './state.ts';

/** All three steps of the flow have to be done within this time. */
const codeLifetimeMs = 3_600_000;
const maxNameChars = 34;

const address = z.url({ protocol: /^https?$/ });

// What GitHub does not know it ignores; what it knows has to fit.
const manifestSchema = z.object({
  name: z.string().optional(),
  url: address,
  hook_attributes: z.object({ url: address, active: z.boolean().default(true) }).optional(),
  redirect_url: address,
  callback_urls: z.array(address).max(10).default([]),
  description: z.string().optional(),
  public: z.boolean().default(false),
  default_events: z.array(z.string()).default([]),
  default_permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).default({}),
});

export type Manifest = z.output<typeof manifestSchema>;

export type ManifestReading =
  | { readonly kind: 'read'; readonly manifest: Manifest }
  | { readonly kind: 'faulty'; readonly faults: readonly string[] };

export function readManifest(text: string): ManifestReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'faulty', faults: ['The manifest is not JSON'] };
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { kind: 'faulty', faults };
  }
  const unsupported = unsupportedEvents(result.data);
  return unsupported.length === 0
    ? { kind: 'read', manifest: result.data }
    : { kind: 'faulty', faults: [`Default events unsupported: ${unsupported.join(', ')}`] };
}

/** An event is only given to whoever may read what it is about. */
const demandedBy: Readonly<Partial<Record<EventName, PermissionName>>> = {
  issue_comment: 'issues',
  issues: 'issues',
  member: 'members',
  membership: 'members',
  organization: 'members',
  push: 'contents',
  team: 'members',
};

function unsupportedEvents({ default_events, default_permissions }: Manifest): string[] {
  return default_events.filter((event) => {
    if (!Object.hasOwn(events, event)) return true;
    const demanded = demandedBy[event as EventName];
    return demanded !== undefined && !(demanded in default_permissions);
  });
}

export type Registration =
  | { readonly kind: 'registered'; readonly code: string }
  | { readonly kind: 'refused'; readonly fault: string };

/** Makes the App under the name that was chosen. The code is worth its keys, once. */
export function registerFromManifest(
  instance: Instance,
  { manifest, name, owner }: { manifest: Manifest; name: string; owner: Account },
): Registration {
  const { state } = instance;
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  if (slug === '') return { kind: 'refused', fault: "Name can't be blank" };
  if (name.length > maxNameChars) {
    return { kind: 'refused', fault: `Name is too long (maximum is ${maxNameChars} characters)` };
  }
  const isTaken = state.apps.values().some((one) => same(one.slug, slug));
  if (isTaken || findAccount(state, slug)) {
    return { kind: 'refused', fault: 'Name has already been taken' };
  }
  const bot = botAccount(instance, slug, name);
  const { hook_attributes: hook } = manifest;
  const { app, privateKey } = registerApp(instance, {
    slug,
    name,
    owner,
    bot,
    description: manifest.description,
    homepageUrl: manifest.url,
    isPublic: manifest.public,
    permissions: { ...manifest.default_permissions, metadata: 'read' },
    events: manifest.default_events,
    webhookUrl: hook?.active === true ? hook.url : null,
    callbackUrls: manifest.callback_urls,
  });
  const code = randomBytes(20).toString('hex');
  const expiresAtMs = instance.now().getTime() + codeLifetimeMs;
  state.manifestCodes.set(code, { app, privateKey, expiresAtMs });
  return { kind: 'registered', code };
}

function botAccount(instance: Instance, slug: string, name: string): Account {
  const { state } = instance;
  const made = { id: state.nextId(), login: `${slug}[bot]`, type: 'Bot', name } as const;
  const bot: Account = { ...made, createdAt: instance.now(), keys: [] };
  state.accounts.set(bot.id, bot);
  return bot;
}
