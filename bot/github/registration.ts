// How GitHub makes an App of a manifest (docs.github.com, "Registering a GitHub App from a manifest"): the page that
// the manifest is posted to, and the exchange of the code that comes back for the App with its keys. It asks and tells;
// whether the App is one to use is judged in setup/.

import type { Logger } from 'pino';
import { z } from 'zod';
import { asNobody } from './app.ts';

/** Whom the new App will belong to. */
export type AppOwner =
  | { readonly kind: 'organization'; readonly login: string }
  /** Whoever presses the button at GitHub. */
  | { readonly kind: 'personal' };

/** Where the form with the manifest is posted. `state` comes back with the code. */
export function newAppUrl(site: string, owner: AppOwner, state: string): string {
  const path = owner.kind === 'personal' ? '' : `/organizations/${owner.login}`;
  const url = new URL(`${path}/settings/apps/new`, site);
  url.searchParams.set('state', state);
  return url.href;
}

/** Where the Apps of an account are listed, and deleted. */
export function appsUrl(site: string, owner: AppOwner): string {
  const path = owner.kind === 'personal' ? '' : `/organizations/${owner.login}`;
  return new URL(`${path}/settings/apps`, site).href;
}

/** A new App as GitHub describes it. Its client secret is not among it: the bot signs nobody in with GitHub. */
export interface CreatedApp {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly url: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly privateKey: string;
  /** GitHub makes one only for a webhook that is active. */
  readonly webhookSecret: string | null;
}

export type Conversion =
  | { readonly kind: 'created'; readonly app: CreatedApp }
  /** Used, expired, or never given out: GitHub does not say which. */
  | { readonly kind: 'code-refused' }
  | { readonly kind: 'refused'; readonly status: number }
  /** Nobody answered, or somebody who cannot at the moment. The code may still be good. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'not-understood' };

/** Exchanges a code. It works once, and within an hour; GitHub asks for nothing else, so whoever has it has the App. */
export async function convertCode(apiUrl: string, code: string, log: Logger): Promise<Conversion> {
  try {
    const { data } = await asNobody(apiUrl, log).rest.apps.createFromManifest({ code });
    const reading = createdApp.safeParse(data);
    if (!reading.success) return { kind: 'not-understood' };
    return { kind: 'created', app: reading.data };
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    // octokit tells a failed connection as 500, and has no `response` then.
    const answered = (error as { response?: unknown }).response !== undefined;
    if (!answered || status === undefined) return { kind: 'unreachable', detail: `${message}` };
    if (status === 404) return { kind: 'code-refused' };
    const mayPass = status >= 500 || status === 429 || status === 403;
    if (mayPass) return { kind: 'unreachable', detail: `it answered with ${status}` };
    return { kind: 'refused', status };
  }
}

const createdApp = z
  .object({
    id: z.int().positive(),
    name: z.string().min(1),
    owner: z.object({ login: z.string() }),
    // Written anew: what was sent may hold what drives a terminal.
    html_url: z.url({ protocol: /^https$/ }).transform((text) => new URL(text).href),
    permissions: z.record(z.string(), z.string()),
    events: z.array(z.string()),
    pem: z.string(),
    webhook_secret: z.string().nullable(),
  })
  .transform(
    ({
      html_url: url,
      pem: privateKey,
      webhook_secret: webhookSecret,
      owner,
      ...app
    }): CreatedApp => ({
      ...app,
      owner: owner.login,
      url,
      privateKey,
      webhookSecret,
    }),
  );
