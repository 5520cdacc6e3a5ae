// What becomes of a request: opened, approved, granted. How it ends without a grant is in closing.ts.

import type { Json } from '../access/canonical.ts';
import type { Derivation } from '../access/explain.ts';
import {
  moveRequest,
  type Grant,
  type RequestEvent,
  type RunningGrant,
} from '../access/lifecycle.ts';
import type { RecordDraft } from '../access/record.ts';
import type { Missing } from '../access/reasons.ts';
import type { AccessRequest, Approval } from '../access/request.ts';
import { toldOf, type Needs } from '../access/told.ts';
import { addGrant, moveEnd } from '../store/grants.ts';
import {
  addApproval,
  addRequest,
  moveStoredRequest,
  nextRequestNumber,
  readRequest,
  setNeeds,
  type Ending,
  type StoredRequest,
} from '../store/requests.ts';
import {
  aboutRequest,
  actorOf,
  commit,
  numberOf,
  originOf,
  Overtaken,
  recorded,
  recordedTime,
  settleCommand,
  threadOf,
  type CommandSource,
  type Entry,
  type Ledger,
} from './ledger.ts';
import { showState } from './showing.ts';

/** A request with what was decided about it. */
interface Judged {
  readonly request: AccessRequest;
  /** Empty when nothing is. */
  readonly missing: readonly Missing[];
  readonly derivation: Derivation;
}

/** Opens a request and shows its card. Throws Overtaken when its number has been taken in the meantime. */
export async function openRequest(
  ledger: Ledger,
  source: CommandSource,
  opened: Judged,
): Promise<void> {
  const { request, derivation } = opened;
  await commit(ledger, async (entry) => {
    await keepNew(entry, opened);
    await recordOpening(entry, source, { request, derivation });
    await showState(entry, request);
    await settleCommand(entry, source, { outcome: 'opened', reaction: 'rocket' });
  });
}

/** Keeps a request together with the grant that the policy itself gives. Throws Overtaken as openRequest does. */
export async function openGranted(
  ledger: Ledger,
  source: CommandSource,
  opened: { request: AccessRequest; grant: Grant; derivation: Derivation },
): Promise<void> {
  const { request, grant, derivation } = opened;
  await commit(ledger, async (entry) => {
    await keepNew(entry, { ...opened, missing: [] });
    await addGrant(entry.queries, numberOf(request.id), grant);
    await recordOpening(entry, source, { request, derivation });
    await entry.record(grantRecord(source, request, grant));
    // Whoever asked is here and waits: the card, which is new, tells them.
    await showState(entry, request);
    await settleCommand(entry, source, { outcome: 'granted', reaction: 'rocket' });
  });
}

async function recordOpening(
  entry: Entry,
  source: CommandSource,
  { request, derivation }: { request: AccessRequest; derivation: Derivation },
): Promise<void> {
  await entry.record({
    ...aboutRequest(request),
    actor: actorOf(source.author),
    action: 'request.open',
    outcome: 'success',
    origin: originOf(source),
    data: { asked: askedOf(request), derivation: recorded(derivation) },
  });
}

/** Keeps a request under the number that it was decided with. Throws Overtaken when that has been taken. */
export async function keepNew(
  { queries }: Entry,
  { request, missing, derivation }: Judged,
): Promise<void> {
  const number = await nextRequestNumber(queries);
  if (number !== numberOf(request.id)) throw new Overtaken(`request ${request.id} exists`);
  await addRequest(queries, number, { request, missing, told: toldOf(derivation) });
}

/** Keeps an approval that does not suffice yet. Throws Overtaken when the request is no longer pending. */
export async function countApproval(
  ledger: Ledger,
  source: CommandSource,
  counted: Judged & { approval: Approval },
): Promise<void> {
  await commit(ledger, async (entry) => {
    await requirePending(entry, counted.request);
    await keepApproval(entry, source, counted);
    await showState(entry, counted.request);
    await settleCommand(entry, source, { outcome: 'approved', reaction: 'rocket' });
  });
}

/** Keeps and shows what a request needs by now. Does nothing when it was decided about since it was judged. */
export async function followNeeds(
  ledger: Ledger,
  { number, request, approvals }: StoredRequest,
  needs: Needs,
): Promise<void> {
  await commit(ledger, async (entry) => {
    const now = await readRequest(entry.queries, number);
    if (now?.request.state !== 'pending' || now.approvals.length !== approvals.length) return;
    await setNeeds(entry.queries, number, needs);
    await showState(entry, request);
  });
}

/** Keeps the last approval needed, and the later end it brings about. Throws Overtaken when the grant has ended. */
export async function extendGrant(
  ledger: Ledger,
  source: CommandSource,
  extended: {
    request: AccessRequest;
    approval: Approval;
    /** The end that was decided on. */
    from: string;
    grant: RunningGrant;
    derivation: Derivation;
  },
): Promise<void> {
  const { request, from, grant } = extended;
  const { endsAt } = grant.time;
  await commit(ledger, async (entry) => {
    await keepApproval(entry, source, { ...extended, missing: [] });
    await moveOn(entry, request, { event: 'grant' });
    if (!(await moveEnd(entry.queries, grant.id, { from, to: endsAt }))) {
      throw new Overtaken(`grant ${grant.id} no longer ends at ${from}`);
    }
    await entry.record({
      ...aboutRequest(request),
      grant: grant.id,
      actor: { kind: 'bot' },
      action: 'grant.extend',
      outcome: 'success',
      origin: originOf(source),
      data: { from, endsAt },
    });
    await showState(entry, request);
    await showState(entry, { id: grant.requestId, issue: grant.issue });
    await entry.post(threadOf(request.issue), `${request.id}:extended`, {
      kind: 'comment',
      telling: { about: 'extended', request: numberOf(request.id) },
    });
    await settleCommand(entry, source, { outcome: 'extended', reaction: 'rocket' });
  });
}

/** Keeps the last approval needed, and the grant it brings about. */
export async function grantRequest(
  ledger: Ledger,
  source: CommandSource,
  granted: { request: AccessRequest; approval: Approval; grant: Grant; derivation: Derivation },
): Promise<void> {
  const { request, grant } = granted;
  await commit(ledger, async (entry) => {
    await keepApproval(entry, source, { ...granted, missing: [] });
    await moveOn(entry, request, { event: 'grant' });
    await addGrant(entry.queries, numberOf(request.id), grant);
    await entry.record(grantRecord(source, request, grant));
    await showState(entry, request);
    await entry.post(threadOf(request.issue), `${request.id}:granted`, {
      kind: 'comment',
      telling: { about: 'granted', request: numberOf(request.id) },
    });
    await settleCommand(entry, source, { outcome: 'granted', reaction: 'rocket' });
  });
}

function grantRecord(
  source: CommandSource,
  request: AccessRequest,
  grant: Grant,
): Omit<RecordDraft, 'at'> {
  return {
    ...aboutRequest(request),
    grant: grant.id,
    actor: { kind: 'bot' },
    action: 'request.grant',
    outcome: 'success',
    origin: originOf(source),
    data: {
      grantee: grant.grantee.id,
      role: grant.role,
      ...(grant.iam !== undefined && { iam: grant.iam }),
      target: grant.target,
      relays: [...grant.relays],
      ...recordedTime(grant),
      approvals: grant.approvals.map(({ approver, via, confirmedBy }) => ({
        approver: approver.id,
        via,
        ...(confirmedBy && { confirmedBy: 'sign-in' }),
      })),
      ...(grant.autoApprovedFor !== undefined && { autoApprovedFor: grant.autoApprovedFor }),
      policy: grant.policyRevision,
    },
  };
}

async function keepApproval(
  entry: Entry,
  source: CommandSource,
  { request, approval, missing, derivation }: Judged & { approval: Approval },
): Promise<void> {
  const number = numberOf(request.id);
  await addApproval(entry.queries, number, approval);
  await setNeeds(entry.queries, number, { missing, told: toldOf(derivation) });
  await entry.record({
    ...aboutRequest(request),
    actor: actorOf(source.author),
    action: 'request.approve',
    outcome: 'success',
    origin: originOf(source),
    data: {
      via: approval.via,
      durationMs: approval.durationMs,
      ...(approval.confirmedBy && {
        // The approver signed in over it.
        confirmation: source.confirmation ?? null,
        confirmedBy: { ...approval.confirmedBy, acr: [...approval.confirmedBy.acr] },
      }),
      derivation: recorded(derivation),
    },
  });
}

async function requirePending(entry: Entry, { id }: AccessRequest): Promise<void> {
  const now = await readRequest(entry.queries, numberOf(id));
  if (now?.request.state === 'pending') return;
  throw new Overtaken(`request ${id} is ${now?.request.state ?? 'gone'}`);
}

/** Moves a pending request. Throws Overtaken when it no longer is. */
export async function moveOn(
  entry: Entry,
  request: AccessRequest,
  { event, ending }: { event: RequestEvent; ending?: Ending },
): Promise<AccessRequest['state']> {
  const moved = moveRequest('pending', event);
  if (moved.kind === 'refused') throw new Overtaken(`a pending request cannot ${event}`);
  const done = await moveStoredRequest(entry.queries, numberOf(request.id), {
    from: 'pending',
    to: moved.state,
    ...(ending && { ending }),
  });
  if (!done) await requirePending(entry, request);
  return moved.state;
}

export function askedOf(request: AccessRequest): { [key: string]: Json } {
  const { requester, namespace, target, protocol, role, iam, durationMs, reason } = request;
  const { entityHash, ruleHash, policyRevision, createdAt, lapsesAt } = request;
  return {
    requester: requester.id,
    namespace,
    target,
    protocol,
    role,
    ...(iam !== undefined && { iam }),
    durationMs,
    reason,
    entityHash,
    ruleHash,
    policy: policyRevision,
    createdAt,
    lapsesAt,
    extends: request.extends,
    ...(request.useWithinMs !== undefined && { useWithinMs: request.useWithinMs }),
  };
}
