// What answers for a key of the policy where no case can ask: whether words act at all, whether what was given stands,
// and what the relay makes of the limits of a grant that was given by that policy. All of it by the functions that do
// so in the product; there is no network and no waiting, and the clock is moved by hand.

import assert from 'node:assert/strict';
import { readCommand } from '../../../../bot/access/command.ts';
import type { Facts } from '../../../../bot/access/eligibility.ts';
import { judgeSignIn } from '../../../../bot/access/sign-in.ts';
import { stillEligible } from '../../../../bot/access/standing.ts';
import { whyIgnored } from '../../../../bot/github/acceptance.ts';
import type { Frame } from '../../../../relay/frames.ts';
import { judgeAdmission } from '../../../../relay/server/admission.ts';
import { limitTable, type Limits } from '../../../../relay/server/limits.ts';
import { openSession } from '../../../../relay/server/session.ts';
import type { WireEvents } from '../../../../relay/server/wire.ts';
import { grantClaims } from '../../../relay/signing.ts';
import { approve, factsOf, grantedTo, issue, opened, people } from '../world.ts';

const startMs = Date.parse('2026-03-02T09:00:00.000Z');
const fresh = { kind: 'fresh' } as const;
const limits = Object.fromEntries(
  Object.entries(limitTable).map(([name, row]) => [name, row.default]),
) as unknown as Limits;

/** What becomes of a `/connect` that was said like this. */
export function said(how: { readonly isPublic?: boolean; readonly viaEmail?: boolean }) {
  return ({ policy }: Facts): string => {
    const { installationId, repositoryId, number } = issue;
    const told = {
      id: 4001,
      nodeId: 'IC_4001',
      authorId: 501,
      installationId,
      repositoryId,
      issueNumber: number,
    };
    const body = '/connect payments-db';
    const unedited = { edited: false, editor: null, editedByOther: false };
    const quiet = { viaEmail: false, isPublic: false, isOnPullRequest: false, isLocked: false };
    const place = { issue, owner: { id: 1, login: 'acme', isPerson: false } };
    const written = { id: 4001, author: people.dana, body, createdAt: '' };
    const now = { ...written, ...unedited, ...quiet, ...place, ...how };
    return whyIgnored({ now, told, reading: readCommand(body), policy }) ?? 'acts';
  };
}

export function grantOfBefore(facts: Facts): string {
  return outcomeOf(stillEligible(grantedTo(people.dana, factsOf()), facts));
}

export function approvedAfter(ms: number) {
  return (facts: Facts): string => {
    const now = new Date(facts.now.getTime() + ms);
    const request = opened(facts);
    return outcomeOf(approve({ ...facts, now }, { request, by: people.omar }));
  };
}

/** What becomes of a first claim so long after the approval. */
export function claimedAfter(ms: number) {
  return (facts: Facts): string => {
    const grant = grantedTo(people.dana, facts);
    return outcomeOf(stillEligible(grant, { ...facts, now: new Date(facts.now.getTime() + ms) }));
  };
}

/** What becomes of an approval by this. */
export function approvedBy(what: 'comment' | 'sign-in') {
  return (facts: Facts): string => {
    const request = opened(facts);
    const { digest, lapsesAt: until } = request;
    const by = { personId: people.omar.id, issuer: 'https://id.acme.dev', subject: '00u-omar' };
    const proof = { authTime: facts.now, acr: [] };
    const confirmation = what === 'sign-in' ? { digest, until, ...by, proof } : undefined;
    const gesture = { request, by: people.omar, ...(confirmation && { confirmation }) };
    return outcomeOf(approve(facts, gesture));
  };
}

/** What becomes of a claim by somebody who signed in so long ago, and like this. */
export function claimedBy({ agoMs = 0, acr = [] }: { agoMs?: number; acr?: readonly string[] }) {
  return (facts: Facts): string => {
    const standing = stillEligible(grantedTo(people.dana, facts), facts);
    assert.ok(standing.kind === 'eligible');
    const proof = { authTime: new Date(facts.now.getTime() - agoMs), acr };
    const verdict = judgeSignIn(standing.identity, proof, facts.now);
    return verdict.kind === 'met' ? 'met' : verdict.lacks.join(', ');
  };
}

function outcomeOf(decision: {
  readonly kind: string;
  readonly reason?: { code: string };
}): string {
  return decision.reason?.code ?? decision.kind;
}

/** What becomes of one more session, beside so many. */
export function anotherSession(facts: Facts, beside: number): string {
  const admission = judgeAdmission(claimsUnder(facts), {
    isDraining: false,
    target: { kind: 'literal', target: { host: 'payments-db.internal', port: 5432 } },
    isRevoked: false,
    lease: fresh,
    continues: false,
    sessionsOfGrant: beside,
    sessionsInAll: beside,
    maxSessions: limits.maxSessions,
    canRecord: true,
  });
  return admission.kind === 'refused' ? admission.code : admission.kind;
}

/** What a session is answered that dials once more, beside so many connections. */
export function anotherConnection(facts: Facts, beside: number): string {
  const { session, events, sent } = sessionUnder(facts);
  for (let stream = 1; stream <= beside + 1; stream += 1) {
    events.frame({ kind: 'open', stream, credit: 1 });
  }
  session.end('shutdown');
  const refused = sent.find((frame) => frame.kind === 'reset');
  return refused?.kind === 'reset' ? refused.text : 'dialled';
}

/** Why a session has ended after so long without a byte, and so long without a word of the bot. */
export function sessionAfter(facts: Facts, { idleMs = 0, lostMs = 0 }): string {
  const { session, clock } = sessionUnder(facts);
  clock.nowMs += idleMs;
  session.sweep(lostMs > 0 ? { kind: 'lost', lostMs } : fresh);
  const reason = session.endReason();
  session.end('shutdown');
  return reason ?? 'goes on';
}

function claimsUnder(facts: Facts) {
  const standing = stillEligible(grantedTo(people.dana, facts), facts);
  assert.ok(standing.kind === 'eligible');
  const { limits: lim } = standing;
  return grantClaims(startMs, { lim, exp: startMs / 1000 + 7 * 86_400 });
}

function sessionUnder(facts: Facts) {
  const clock = { nowMs: startMs };
  const sent: Frame[] = [];
  const session = openSession(
    { claims: claimsUnder(facts), run: 'run' },
    {
      clock: { wall: () => clock.nowMs, monotonic: () => clock.nowMs },
      limits,
      mayOpen: () => ({ kind: 'yes' }),
      dial: () => new Promise(() => {}),
      failed: () => assert.fail('nothing was dialled to its end'),
      renew: () => assert.fail('nobody asked for a later token'),
      counted: () => {},
      ended: () => {},
    },
  );
  let events: WireEvents | undefined;
  session.attach((given) => {
    events = given;
    return { send: (frame) => void sent.push(frame), isFull: () => false, cut: () => {} };
  });
  assert.ok(events);
  return { session, events, sent, clock };
}
