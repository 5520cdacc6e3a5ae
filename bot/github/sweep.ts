// Judges everything that is open again when the ground may have moved under it: at once after GitHub told of a change to
// the policy, the catalog, a team or a membership, and every few minutes because a webhook can be lost. A request that
// would not be made any more is void, a grant that would not be given any more is revoked, and the card of a request that
// waits follows what it needs by now. Each follows from what was found several times; a GitHub that does not answer, or
// does not let the App look, changes nothing.

import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { isCertain, knowsApprovals } from '../access/certainty.ts';
import type { Facts } from '../access/eligibility.ts';
import { startTrail, type Refused } from '../access/explain.ts';
import type { Grant } from '../access/lifecycle.ts';
import { judgePending, stillMissing, tellWhenGranted } from '../access/pending.ts';
import { stillEligible } from '../access/standing.ts';
import { standingTold, toldOf, type Needs } from '../access/told.ts';
import { Overtaken } from '../ledger/ledger.ts';
import { followNeeds } from '../ledger/requests.ts';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow } from '../observe/trail.ts';
import { byBot } from '../revoke.ts';
import { activeGrants } from '../store/grants.ts';
import { pendingRequests, type StoredRequest } from '../store/requests.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';
import { askedOnce } from './census.ts';
import { aboutGrant, type CommandParts } from './commands/command.ts';
import { voidRequest } from './commands/void.ts';
import type { Coverage } from './coverage.ts';
import { gatherFacts, type Concerned } from './facts.ts';

/** How often the rules are looked at for a change that nobody told of. */
const lookEveryMs = 60_000;
/** How often everything is judged although nothing is known to have changed. */
const judgeEveryMs = 5 * 60_000;
/** What is found is looked at again after each of these, and counts only when it was found every time. */
const doubtMs = [300, 700];
/** So many failures in a row, and no success between them: GitHub is away, and the next sweep asks again. */
const maxFailures = 5;
/** Between two sweeps because of a team: many can change one, and each sweep asks GitHub about everybody. */
const gapMs = 30_000;

export interface SweepParts extends Pick<
  CommandParts,
  'store' | 'accounts' | 'rules' | 'census' | 'now' | 'ledger' | 'revoker'
> {
  readonly coverage: Pick<Coverage, 'as'>;
  readonly log: Logger;
  readonly metrics: BotMetrics;
}

export interface Sweep extends AsyncDisposable {
  /** Says that what decisions rest on may have changed. `soon`: by somebody who could have it changed all the time. */
  hurry(how?: 'now' | 'soon'): void;
}

type Open =
  | { readonly kind: 'request'; readonly stored: StoredRequest }
  | { readonly kind: 'grant'; readonly grant: Grant };

/** Something open that is not as it was. */
type Finding =
  | { readonly kind: 'ends'; readonly open: Open; readonly refused: Refused }
  /** It waits, and not for what its card says. */
  | {
      readonly kind: 'needs';
      readonly open: Extract<Open, { kind: 'request' }>;
      readonly needs: Needs;
    };

export function startSweep(parts: SweepParts): Sweep {
  const { rules, log, metrics, now } = parts;
  const never = Number.POSITIVE_INFINITY;
  let judged = { revision: '', at: Number.NEGATIVE_INFINITY };
  // The moments, in ms since 1970: of the next look, of a sweep that was asked for, and of one because of a team.
  let lookAt = Number.NEGATIVE_INFINITY;
  let hurriedFor = Number.NEGATIVE_INFINITY;
  let soonFor = never;
  let lastSoonAt = Number.NEGATIVE_INFINITY;
  const nextAt = () => Math.min(lookAt, hurriedFor, soonFor);

  async function step(): Promise<Step> {
    const at = now().getTime();
    if (nextAt() <= at) {
      lookAt = at + lookEveryMs;
      await tryLook();
    }
    return { kind: 'idle', at: new Date(nextAt()) };
  }

  async function tryLook(): Promise<void> {
    const count = (outcome: 'done' | 'failed') =>
      metrics.add('sallyport_bot_errands_total', { errand: 'judgeAgain', outcome });
    try {
      await follow({}, look);
      count('done');
    } catch (error) {
      log.error({ err: error }, 'what is open was not judged again');
      // With the next look, and not at once: GitHub is not helped by being asked all the time.
      hurriedFor = lookAt;
      soonFor = never;
      count('failed');
    }
  }

  async function look(): Promise<void> {
    // A Backstage tells of no change, and what was read of it half a minute ago would be looked at a minute from now.
    rules.doubt();
    const { policyRevision: revision } = await rules.current();
    const at = now().getTime();
    const isHurried = Math.min(hurriedFor, soonFor) <= at;
    if (!isHurried && revision === judged.revision && at - judged.at < judgeEveryMs) return;
    if (soonFor <= at) lastSoonAt = at;
    hurriedFor = never;
    soonFor = never;
    judged = { revision, at };
    await judgeAll(parts);
  }

  const worker: Worker = startWorker({
    step,
    now,
    onFault(error) {
      log.error({ err: error }, 'the sweep stopped short');
      metrics.add('sallyport_bot_worker_faults_total', { worker: 'sweep' });
    },
  });
  return {
    hurry(how = 'now') {
      const at = now().getTime();
      if (how === 'now') hurriedFor = Math.min(hurriedFor, at);
      else soonFor = Math.min(soonFor, Math.max(at, lastSoonAt + gapMs));
      worker.wake();
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

async function judgeAll(parts: SweepParts): Promise<void> {
  const { queries } = parts.store;
  const grants = await activeGrants(queries);
  const requests = await pendingRequests(queries);
  const first = await findingsAmong(parts, [
    ...grants.map((grant) => ({ kind: 'grant', grant }) as const),
    ...requests.map((stored) => ({ kind: 'request', stored }) as const),
  ]);
  let { findings } = first;
  for (const ms of doubtMs) {
    if (findings.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, ms));
    parts.rules.doubt();
    ({ findings } = await findingsAmong(
      parts,
      findings.map(({ open }) => open),
    ));
  }
  await Promise.all(findings.map((found) => actOnFinding(parts, found)));
  if (!first.isWhole) throw new Error('GitHub did not answer, and some of it was not looked at');
}

/** One that cannot be judged keeps nobody from judging the others. */
async function findingsAmong(
  parts: SweepParts,
  open: readonly Open[],
): Promise<{ findings: Finding[]; isWhole: boolean }> {
  const asked = { ...parts, census: askedOnce(parts.census) };
  const findings: Finding[] = [];
  let failures = 0;
  for (const each of open) {
    try {
      const found = await judge(asked, each);
      if (found) findings.push(found);
      failures = 0;
    } catch (error) {
      failures += 1;
      parts.log.warn({ err: error, ...idsOf(each) }, 'something open was not judged again');
      if (failures >= maxFailures) return { findings, isWhole: false };
    }
  }
  return { findings, isWhole: true };
}

function judge(parts: SweepParts, open: Open): Promise<Finding | undefined> {
  return open.kind === 'grant' ? judgeGrant(parts, open) : judgeRequest(parts, open);
}

async function judgeGrant(
  parts: SweepParts,
  open: Extract<Open, { kind: 'grant' }>,
): Promise<Finding | undefined> {
  const { grant } = open;
  const facts = await factsAt(parts, grant.issue, aboutGrant(grant));
  const standing = stillEligible(grant, facts);
  const { namespace } = grant;
  const isEnd = standing.kind === 'refused' && isCertain(standing.reason, { namespace, facts });
  return isEnd ? { kind: 'ends', open, refused: standing } : undefined;
}

async function judgeRequest(
  parts: SweepParts,
  open: Extract<Open, { kind: 'request' }>,
): Promise<Finding | undefined> {
  const { request, approvals, ...shown } = open.stored;
  const { resource, namespace } = request;
  const approvers = approvals.map(({ approver }) => approver.id);
  const about = { ids: [request.requester.id, ...approvers], resource };
  const facts = await factsAt(parts, request.issue, about);
  const trail = startTrail();
  const pending = judgePending(request, facts, trail);
  if (pending.kind === 'voided' && isCertain(pending.reason, { namespace, facts })) {
    return { kind: 'ends', open, refused: { ...pending, kind: 'refused' } };
  }
  if (pending.kind !== 'pending' || !knowsApprovals(approvals, facts)) return undefined;
  tellWhenGranted(request, pending, facts, trail);
  const missing = stillMissing(open.stored, pending, facts);
  const needs = { missing, told: toldOf(trail.steps) };
  const said = { missing: shown.missing, told: standingTold(shown.told, facts.now) };
  return isDeepStrictEqual(needs, said) ? undefined : { kind: 'needs', open, needs };
}

async function factsAt(
  parts: SweepParts,
  issue: Grant['issue'],
  about: Omit<Concerned, 'present' | 'owner'>,
): Promise<Facts> {
  const { github, owner } = await parts.coverage.as(issue);
  return gatherFacts(parts, github, { present: [], owner, mayOnlyEnd: true, ...about });
}

async function actOnFinding({ ledger, revoker, log }: SweepParts, found: Finding): Promise<void> {
  const { open } = found;
  if (found.kind === 'needs') {
    log.info(idsOf(open), 'its card follows what it needs by now');
    return followNeeds(ledger, found.open.stored, found.needs);
  }
  const { reason, derivation } = found.refused;
  log.info({ ...idsOf(open), reason: reason.code }, 'it would not be given any more');
  if (open.kind === 'grant') {
    const why = { reason: reason.code, refusal: reason, derivation };
    await revoker.revoke(open.grant, { ...byBot, ...why });
    return;
  }
  try {
    const { request } = open.stored;
    await voidRequest(ledger, undefined, { request, reason, derivation });
  } catch (error) {
    // Somebody decided it meanwhile; if that was a yes, the next sweep judges what came of it.
    if (!(error instanceof Overtaken)) throw error;
  }
}

function idsOf(open: Open): { grant?: string; request: string } {
  return open.kind === 'grant'
    ? { grant: open.grant.id, request: open.grant.requestId }
    : { request: open.stored.request.id };
}
