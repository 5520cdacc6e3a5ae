// Whether an App that came back from GitHub is the one that was asked for, with keys that can be used: pure. An App
// that may do more than it needs, or that belongs to somebody else, is refused like one without a key.

import type { AppOwner, CreatedApp } from '../github/registration.ts';
import { privateKeyFault, webhookSecretFault } from './credentials.ts';
import type { AppDescription } from './manifest.ts';

/** Each has its words in templates/setup.yml. */
export const unfitReasons = [
  'private-key',
  'webhook-secret',
  'permissions',
  'events',
  'owner',
  'address',
] as const;
export type UnfitReason = (typeof unfitReasons)[number];

export interface Wanted {
  readonly description: AppDescription;
  readonly owner: AppOwner;
  /** The origin of GitHub's website. */
  readonly site: string;
}

/** What is wrong with it; nothing when it is fit. */
export function judgeApp(app: CreatedApp, { description, owner, site }: Wanted): UnfitReason[] {
  const { default_permissions, default_events } = description;
  const isOwners =
    owner.kind === 'personal' || app.owner.toLowerCase() === owner.login.toLowerCase();
  const isWrong: Readonly<Record<UnfitReason, boolean>> = {
    'private-key': privateKeyFault(app.privateKey) !== undefined,
    'webhook-secret': webhookSecretFault(app.webhookSecret ?? '') !== undefined,
    permissions: listOf(app.permissions) !== listOf(default_permissions),
    events: asked(app.events) !== asked(default_events),
    owner: !isOwners,
    // It becomes a link on our page.
    address: new URL(app.url).origin !== site,
  };
  return unfitReasons.filter((reason) => isWrong[reason]);
}

/** Of checks GitHub tells each App that may write them, whether or not it says so among its events. */
function asked(events: readonly string[]): string {
  return events
    .filter((event) => event !== 'check_run' && event !== 'check_suite')
    .toSorted()
    .join();
}

/** To read metadata comes with everything else, named or not. */
function listOf(permissions: Readonly<Record<string, string>>): string {
  return Object.entries({ metadata: 'read', ...permissions })
    .map(([name, level]) => `${name}: ${level}`)
    .toSorted()
    .join();
}
