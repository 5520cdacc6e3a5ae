// The audit record: one shape for everything that happens, success and refusal alike. Every field is always
// there, null where it does not apply, so that a missing field is a fault and never a habit. It never holds
// a token: a record that seems to is refused, because the log is kept for a year and shown to strangers.

import { canonicalJson, type Json } from './canonical.ts';

export type Actor =
  | { readonly kind: 'person'; readonly id: number; readonly login?: string }
  | { readonly kind: 'bot' }
  | { readonly kind: 'operator' }
  | { readonly kind: 'relay'; readonly name: string };

/**
 * Where it came from: an issue's comment, the text of the issue itself, a relay's event, the operator's socket, or the
 * bot by itself.
 */
export type Origin =
  | {
      readonly kind: 'comment';
      readonly repositoryId: number;
      readonly issue: number;
      readonly commentId: number;
    }
  | { readonly kind: 'issue'; readonly repositoryId: number; readonly issue: number }
  | { readonly kind: 'relay'; readonly name: string; readonly event: number }
  | { readonly kind: 'operator' }
  | { readonly kind: 'claim'; readonly address: string }
  | { readonly kind: 'bot' };

export const recordActions = [
  'request.open',
  'request.approve',
  /** An approval waits for its approver's sign-in; the next two are how it ends without counting. */
  'approval.wait',
  'approval.confirm',
  'approval.lapse',
  'request.grant',
  'request.deny',
  'request.cancel',
  'request.void',
  'request.lapse',
  'grant.start',
  'grant.claim',
  'grant.renew',
  'grant.extend',
  'grant.break-glass',
  'grant.review',
  'grant.review-overdue',
  'grant.revoke',
  'grant.expire',
  'session.start',
  'session.end',
  'relay.confirm',
  'relay.refuse',
  'relay.connect',
  'relay.lost',
  'relay.gap',
  'bot.restore',
  'policy.load',
  'catalog.load',
  'command.mistake',
  /** Somebody else changed a card; it was put back. */
  'card.change',
] as const;
export type RecordAction = (typeof recordActions)[number];

export interface AuditRecord {
  /** Consecutive from 0: the leaf's place in the log. */
  readonly seq: number;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly actor: Actor;
  readonly action: RecordAction;
  readonly resource: string | null;
  readonly grant: string | null;
  readonly request: string | null;
  readonly outcome: 'success' | 'refused' | 'failed';
  /** A code of reasons.ts or of the relay's tables; null for a success. */
  readonly reason: string | null;
  readonly requestDigest: string | null;
  readonly origin: Origin;
  readonly data: { readonly [key: string]: Json };
}

/** What the caller knows; the rest of the shape is null until it is said. */
export type RecordDraft = Pick<AuditRecord, 'at' | 'actor' | 'action' | 'outcome' | 'origin'> &
  Partial<Omit<AuditRecord, 'seq'>>;

/** Thrown instead of writing a secret down; it names the kind of secret, never the secret. */
export class SecretInRecord extends Error {
  readonly code = 'secret-in-record';

  /** The kind of secret. */
  readonly what: string;

  constructor(what: string) {
    super(`A record was refused because it holds what looks like ${what}`);
    this.name = 'SecretInRecord';
    this.what = what;
  }
}

/** Fills the shape. `seq` is given by the store, inside the transaction that appends. */
export function completeRecord(seq: number, draft: RecordDraft): AuditRecord {
  return {
    seq,
    at: draft.at,
    actor: draft.actor,
    action: draft.action,
    resource: draft.resource ?? null,
    grant: draft.grant ?? null,
    request: draft.request ?? null,
    outcome: draft.outcome,
    reason: draft.reason ?? null,
    requestDigest: draft.requestDigest ?? null,
    origin: draft.origin,
    data: draft.data ?? {},
  };
}

/** The record's bytes as the log keeps and hashes them. Throws SecretInRecord and NotCanonical. */
export function recordText(record: AuditRecord): string {
  const text = canonicalJson(record);
  const what = secretIn(text);
  if (what !== undefined) throw new SecretInRecord(what);
  return text;
}

/** The kind of secret that a text seems to hold; undefined when it holds none. */
export function secretIn(text: string): string | undefined {
  return secrets.find(([, pattern]) => pattern.test(text))?.[0];
}

// The shapes that a token or key of ours, of GitHub's, or of a provider has in text.
const secrets: readonly (readonly [string, RegExp])[] = [
  ['a signed token', /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/],
  ['a GitHub token', /gh[opsur]_[A-Za-z0-9._]{20,}|github_pat_\w{20,}/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
];
