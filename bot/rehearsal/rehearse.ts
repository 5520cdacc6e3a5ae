// Plays one case: asks, approves, and says what was decided, by the very functions that decide on an issue. What only
// an issue has is given as on a quiet one: the comment stands, the card is as it was shown, nothing else is open.

import { decideBreakGlass } from '../access/break-glass.ts';
import type { Confirmation } from '../access/confirm.ts';
import { decideConnect } from '../access/connect.ts';
import { decideApprove } from '../access/decide.ts';
import { userOfId, type Facts } from '../access/eligibility.ts';
import type { Derivation } from '../access/explain.ts';
import { lengthOf } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Missing, Refusal } from '../access/reasons.ts';
import type { AccessRequest, Approval, IssueRef, Person } from '../access/request.ts';

export interface Scene {
  readonly verb: 'connect' | 'break-glass';
  readonly by: Person;
  readonly resource: string;
  readonly role?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly approvers: readonly Person[];
  /** The policy's own repository, and the one on whose issue it is asked: `owner/name`. */
  readonly home: string;
  readonly place: string;
}

export type Outcome =
  | {
      readonly kind: 'open';
      readonly durationMs: number;
      readonly missing: readonly Missing[];
    }
  | {
      readonly kind: 'granted';
      readonly durationMs: number;
      /** By when it has to be used, where its first claim begins its time; ISO 8601. */
      readonly useBy?: string;
    }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** One person's command, and how it was decided. */
interface Act {
  readonly by: string;
  readonly verb: Scene['verb'] | 'approve';
  readonly derivation: Derivation;
}

export interface Rehearsal {
  /** What came of it in the end; an approval that is refused ends it. */
  readonly outcome: Outcome;
  readonly acts: readonly Act[];
}

const firstCommentId = 1;
const grantId = `g_${'a'.repeat(26)}`;

export function rehearse(scene: Scene, facts: Facts): Rehearsal {
  return scene.verb === 'connect' ? rehearseConnect(scene, facts) : rehearseGlass(scene, facts);
}

function rehearseConnect(scene: Scene, facts: Facts): Rehearsal {
  const byHand = { viaEmail: false, writtenAt: facts.now.toISOString() };
  const decision = decideConnect({ ...openingOf(scene), ...byHand }, facts);
  const { derivation } = decision;
  const acts: Act[] = [{ by: scene.by.login, verb: 'connect', derivation }];
  if (decision.kind === 'refused') return { outcome: decision, acts };
  const { durationMs } = decision.request;
  let outcome: Outcome =
    decision.kind === 'open'
      ? { kind: 'open', durationMs, missing: decision.missing }
      : grantedBy(decision.grant);
  const approvals: Approval[] = [];
  for (const approver of scene.approvers) {
    // Whoever approves what was granted meanwhile is told so.
    const state = outcome.kind === 'granted' ? 'granted' : 'pending';
    const request: AccessRequest = { ...decision.request, state };
    const given = decideApprove(approveQuestion(request, { approvals, approver, facts }), facts);
    acts.push({ by: approver.login, verb: 'approve', derivation: given.derivation });
    if (given.kind === 'refused' || given.kind === 'voided') {
      return { outcome: { kind: 'refused', reason: given.reason }, acts };
    }
    // It waits for a sign-in that the bot cannot know for theirs.
    if (given.kind === 'unconfirmed') continue;
    approvals.push(given.approval);
    outcome =
      given.kind === 'counted'
        ? { kind: 'open', durationMs, missing: given.missing }
        : grantedBy(given.grant);
  }
  return { outcome, acts };
}

function rehearseGlass(scene: Scene, facts: Facts): Rehearsal {
  const { home } = scene;
  const writtenAt = facts.now.toISOString();
  const decision = decideBreakGlass({ ...openingOf(scene), home, writtenAt, open: [] }, facts);
  const { derivation } = decision;
  const acts: Act[] = [{ by: scene.by.login, verb: 'break-glass', derivation }];
  if (decision.kind === 'refused') return { outcome: decision, acts };
  return { outcome: grantedBy(decision.grant), acts };
}

function openingOf({ by, resource, role, durationMs, place }: Scene) {
  return {
    requester: by,
    requestId: 'r1',
    grantId,
    issue: issueIn(place),
    commentId: firstCommentId,
    commentNodeId: `IC_${firstCommentId}`,
    command: {
      resource,
      ...(role !== undefined && { role }),
      ...(durationMs !== undefined && { durationMs }),
      reason: 'To see what the policy says.',
    },
  };
}

function approveQuestion(
  request: AccessRequest,
  {
    approvals,
    approver,
    facts,
  }: { approvals: readonly Approval[]; approver: Person; facts: Facts },
) {
  const confirmation = signedIn(request, approver, facts);
  return {
    request,
    approvals,
    approver,
    commentId: firstCommentId + approvals.length + 1,
    asking: { kind: 'stands' },
    shownDigest: request.digest,
    grantId,
    ...(confirmation && { confirmation }),
  } as const;
}

/**
 * Where the policy has approvers sign in, whoever is said to approve has done so, as it demands; but for those whom the
 * catalog does not tie to the identity provider.
 */
function signedIn(
  { digest, lapsesAt, signIn }: AccessRequest,
  { id: personId }: Person,
  facts: Facts,
): Confirmation | undefined {
  const identified = userOfId(personId, facts);
  if (identified.kind !== 'user' || identified.user.subject === null) return undefined;
  const { subject } = identified.user;
  const proof = { authTime: facts.now, acr: signIn?.acr ?? [] };
  return { digest, until: lapsesAt, personId, issuer: 'the provider', subject, proof };
}

function issueIn(place: string): IssueRef {
  const [owner = '', repo = ''] = place.split('/');
  const url = `https://github.invalid/${place}/issues/1`;
  return { installationId: 1, repositoryId: 1, owner, repo, number: 1, nodeId: 'I_1', url };
}

function grantedBy(grant: Grant): Outcome {
  const { time } = grant;
  return {
    kind: 'granted',
    durationMs: lengthOf(grant),
    ...(time.kind === 'waiting' && { useBy: time.useBy }),
  };
}
