// What the steps of a claim share: their dependencies, the tables between them, and the two ways to answer a browser, a
// page or a way back to the terminal. It decides nothing about who may have what.

import type { Context } from 'hono';
import type { AuthorizationRequest, ClaimErrorCode } from '../../relay/claim.ts';
import { claimErrors } from '../../relay/claim.ts';
import type { Confirmation } from '../access/confirm.ts';
import type { Refusal } from '../access/reasons.ts';
import type { Person } from '../access/request.ts';
import type { SignInDemand } from '../access/sign-in.ts';
import type { Confirmable, ConfirmEnd } from '../github/confirming.ts';
import type { BotMetrics } from '../observe/metrics.ts';
import type { Oidc } from '../identity/oidc.ts';
import type { Page } from '../page.ts';
import { clientAddress } from './client-address.ts';
import type { MintDeps } from './mint.ts';
import type { Pages } from './pages.ts';
import { createRate, type Rate } from './rate.ts';
import { sparingly, type ClaimRefusal, type ConfirmRefusal } from './refusals.ts';
import { openCodes, openSignIns, type Codes, type SignIns } from './sign-ins.ts';
import type { StandingDeps } from './standing.ts';

/** What a confirmation asks of the rest of the bot. */
interface ConfirmDeps {
  /** What is confirmed under this name, whoever asks. */
  confirmable(id: string): Promise<Confirmable | undefined>;
  /** What the policy demands of a sign-in for this namespace today. */
  demandIn(namespace: string): Promise<SignInDemand>;
  /** Takes the decision. Rejects where GitHub did not answer. */
  confirm(id: string, by: Omit<Confirmation, 'digest' | 'until'>): Promise<ConfirmEnd>;
  /** A refusal in plain words. */
  words(reason: Refusal): string;
}

export interface ClaimDeps extends StandingDeps, MintDeps, ConfirmDeps {
  readonly oidc: Oidc;
  readonly pages: Pages;
  readonly metrics: BotMetrics;
  /** True where a proxy on this machine ends TLS for the bot: then X-Forwarded-For names the client. */
  readonly behindProxy: boolean;
  /**
   * Who the provider's subject is at GitHub, or undefined when nobody is known by it. `too-old`: the catalog that says so
   * is too old to give anything by.
   */
  personBySubject(issuer: string, subject: string): Promise<Person | 'too-old' | undefined>;
  recordRefusal(refusal: ClaimRefusal): Promise<void>;
  recordConfirmRefusal(refusal: ConfirmRefusal): Promise<void>;
  /** Told of every surprise, which the person only sees as `server_error`. */
  report(error: unknown): void;
}

export interface Desk {
  readonly deps: ClaimDeps;
  readonly signIns: SignIns;
  readonly codes: Codes;
  readonly rate: Rate;
  address(context: Context): string;
}

export function openDesk(deps: ClaimDeps): Desk {
  const record = sparingly<ClaimRefusal>((refusal) => deps.recordRefusal(refusal));
  return {
    deps: {
      ...deps,
      recordRefusal(refusal) {
        // Also those that are too many to be recorded.
        deps.metrics.add('sallyport_bot_claims_total', { outcome: refusal.reason });
        return record(refusal);
      },
      recordConfirmRefusal: sparingly<ConfirmRefusal>((refusal) =>
        deps.recordConfirmRefusal(refusal),
      ),
    },
    signIns: openSignIns(),
    codes: openCodes(),
    rate: createRate(),
    address: (context) => clientAddress(context, deps.behindProxy),
  };
}

export function show(
  context: Context,
  status: 200 | 400 | 403 | 413 | 429 | 500 | 503,
  page: Page,
): Response {
  return context.html(page.html, status, { ...page.headers });
}

/** Sends the browser to the waiting terminal with a code or an error (RFC 6749 §4.1.2, RFC 9207). */
export function sendBack(
  context: Context,
  desk: Desk,
  {
    request,
    answer,
  }: {
    request: AuthorizationRequest;
    answer:
      | { code: string }
      | {
          error: ClaimErrorCode;
          /** In place of the words of relay/claim.ts. */ description?: string;
        };
  },
): Response {
  const url = new URL(request.redirect_uri);
  if ('code' in answer) {
    url.searchParams.set('code', answer.code);
  } else {
    url.searchParams.set('error', answer.error);
    url.searchParams.set(
      'error_description',
      answer.description ?? claimErrors[answer.error].cause,
    );
  }
  url.searchParams.set('state', request.state);
  url.searchParams.set('iss', desk.deps.origin);
  context.header('cache-control', 'no-store');
  // The code must not travel on in a Referer header.
  context.header('referrer-policy', 'no-referrer');
  return context.redirect(url.href, 303);
}
