// The card of a request: one comment, brought up to date in place, that shows what is asked, how it stands and what
// happened. A pure function of what the store and the catalog say; what it shows to approvers is what they approve.

import { durationArgument, formatDuration } from '../access/duration.ts';
import { expiresAt, lengthOf } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Missing } from '../access/reasons.ts';
import type { AccessRequest, Approval } from '../access/request.ts';
import type { Session } from '../store/grants.ts';
import type { Thread } from '../store/outbox.ts';
import type { Ending } from '../store/requests.ts';
import type { Review } from '../store/reviews.ts';
import type { WaitingApproval } from '../store/waiting.ts';
import {
  address,
  codeBlock,
  codeSpan,
  joined,
  plain,
  type Rendered,
  type Templates,
} from '../templates.ts';
import { foldedTable } from './length.ts';
import { neededOf, showReview, type Phrases } from './phrases.ts';
import { demandWords } from './sign-in-words.ts';
import { beginningOf, spanOf, timeIsOver } from './time-words.ts';
import { formatBytes, formatEnd, formatTime } from './times.ts';

export interface CardView {
  /** It was not written before: whoever is asked is told by it, once. */
  readonly isFirst: boolean;
  readonly request: AccessRequest;
  readonly approvals: readonly Approval[];
  /** What is still needed before it is granted; empty when nothing is. */
  readonly missing: readonly Missing[];
  readonly ending: Ending | null;
  /** The grant of the request; for more time, the grant that it extends. */
  readonly grant: Grant | null;
  /** The review that a broken glass demands. */
  readonly review: Review | null;
  readonly sessions: readonly Session[];
  /** Approvals that wait for their approver's sign-in. */
  readonly waiting: readonly Waits[];
  /** Relays that have confirmed a revocation. */
  readonly cutBy: readonly string[];
  /** The line to paste, without the grant's name being a secret. */
  readonly command: string;
  readonly phrases: Pick<Phrases, 'refusal'>;
}

/** An approval that does not count yet, with the address where its approver signs in. */
interface Waits extends Pick<WaitingApproval, 'approver' | 'until'> {
  readonly link: string;
}

/** A card has to stay within what GitHub lets a comment hold; the audit log has every session. */
const maxShownSessions = 50;

/** The card's Markdown, its marker first. */
export function renderCard(templates: Templates, view: CardView): string {
  const { request, grant } = view;
  const isOfGrant = grant !== null && request.extends === null;
  const body = isOfGrant ? grantCard(templates, view, grant) : requestCard(templates, view);
  return `${markerOf(cardKey(request.id))}\n${body.rendered}`;
}

/** Where a card is read: in its thread, by the name that the repository has now. */
export function cardAddress(
  { issue, cardCommentId }: { issue: { url: string }; cardCommentId: number | null },
  { owner, repo, number }: Pick<Thread, 'owner' | 'repo' | 'number'>,
): Rendered {
  const path = `/${owner}/${repo}/issues/${number}#issuecomment-${cardCommentId ?? ''}`;
  return address(new URL(path, issue.url).href);
}

export function cardKey(requestId: string): string {
  return `${requestId}:card`;
}

/** What marks a comment as the one for `key`; invisible on GitHub. */
export function markerOf(key: string): string {
  return `<!-- sallyport:${plain(key).rendered} -->`;
}

function requestCard(templates: Templates, view: CardView): Rendered {
  const { request, grant } = view;
  const duration = formatDuration(request.durationMs);
  const shared = {
    ...sharedValues(templates, view),
    what: plain(request.extends === null ? 'Access to' : 'More time for'),
    duration: plain(request.extends === null ? duration : `${duration} more`),
  };
  if (request.state === 'granted' && grant) {
    if (grant.state === 'active') {
      const endsAt = formatTime(expiresAt(grant));
      return templates.markdown('comments/card-extended', { ...shared, endsAt });
    }
    const ended = plain(grant.state);
    return templates.markdown('comments/card-extended-ended', { ...shared, ended });
  }
  if (request.state === 'pending') {
    return templates.markdown('comments/card-pending', {
      ...shared,
      from: beginningOf(request),
      id: plain(request.id),
      less: plain(durationArgument(halfOf(request.durationMs))),
      cloud: cloudOf(templates, request),
      target: targetOf(request),
      signIn: signInOf(templates, request),
      missing: neededOf(templates, view.missing, view.isFirst ? 'told' : 'shown'),
      waiting: waitingOf(templates, view.waiting),
      confirm: confirmOf(templates, request),
      extends: extendsOf(templates, view),
      lapsesAt: formatTime(lapseOf(request, grant)),
    });
  }
  const canExtend = request.extends !== null && grant?.state === 'active';
  return templates.markdown('comments/card-closed', {
    ...shared,
    ended: plain(request.state),
    cause: causeOf(view),
    again: templates.markdown(`comments/${canExtend ? 'again-extend' : 'again'}`, {}),
  });
}

/** The rows that say which grant would last until when. */
function extendsOf(templates: Templates, { request, grant }: CardView): Rendered {
  if (request.extends === null || !grant) return plain('');
  const endsAt = expiresAt(grant);
  const later = new Date(Date.parse(endsAt) + request.durationMs).toISOString();
  const rows = templates.markdown('comments/card-extends', {
    grant: codeSpan(grant.requestId),
    endsAt: formatTime(endsAt),
    later: formatTime(later),
  });
  return { rendered: `\n${rows.rendered}` };
}

/** A request for more time does not outlast the grant. */
export function lapseOf(request: AccessRequest, grant: Grant | null): string {
  const { lapsesAt } = request;
  if (request.extends === null || !grant) return lapsesAt;
  const endsAt = expiresAt(grant);
  return endsAt > lapsesAt ? lapsesAt : endsAt;
}

function grantCard(templates: Templates, view: CardView, grant: Grant): Rendered {
  if (grant.state === 'active') return activeCard(templates, view, grant);
  return templates.markdown('comments/card-ended', {
    ...givenValues(templates, view, grant),
    ...usedValues(templates, view),
    ended: plain(grant.state),
    time: spanOf(templates, grant, view.ending),
    cause: causeOf(view),
    cut: cutOf(templates, grant, view.cutBy),
  });
}

function activeCard(templates: Templates, view: CardView, grant: Grant): Rendered {
  const { time } = grant;
  const shared = {
    ...givenValues(templates, view, grant),
    duration: plain(formatDuration(lengthOf(grant))),
    signIn: signInOf(templates, view.request),
    command: codeBlock(view.command),
  };
  if (time.kind === 'waiting') {
    const { useBy, endsBy } = time;
    const moments = { useBy: formatTime(useBy), endsBy: formatTime(endsBy) };
    return templates.markdown('comments/card-waiting', { ...shared, ...moments });
  }
  return templates.markdown('comments/card-granted', {
    ...shared,
    ...usedValues(templates, view),
    startsAt: formatTime(time.startsAt),
    endsAt: formatTime(time.endsAt),
    more: mayBeExtended(grant) ? moreTime(templates) : plain(''),
  });
}

function givenValues(templates: Templates, view: CardView, grant: Grant) {
  return {
    ...sharedValues(templates, view),
    cloud: cloudOf(templates, view.request),
    target: targetOf(view.request),
    approvals: approvalsOf(templates, view.approvals, grant.autoApprovedFor),
  };
}

/** What there is once its time has begun. */
function usedValues(templates: Templates, view: CardView) {
  return { glass: glassOf(templates, view), sessions: sessionsOf(templates, view.sessions) };
}

/** An example of less time, in whole minutes where there are any. */
function halfOf(durationMs: number): number {
  const unitMs = durationMs < 2 * 60_000 ? 1000 : 60_000;
  return Math.max(unitMs, Math.floor(durationMs / 2 / unitMs) * unitMs);
}

/** What nobody approved is asked for anew. */
function mayBeExtended({ reviewBy, autoApprovedFor }: Grant): boolean {
  return reviewBy === null && autoApprovedFor === undefined;
}

function moreTime(templates: Templates): Rendered {
  return { rendered: `${templates.markdown('comments/more-time', {}).rendered} ` };
}

/** Whether nobody approved it, and what has become of the review. */
function glassOf(templates: Templates, { request, review }: CardView): Rendered {
  if (!review) return plain('');
  if (!review.done) {
    const due = formatTime(review.dueAt);
    return block(templates.markdown('comments/glass', { id: plain(request.id), due }));
  }
  return block(templates.markdown('comments/glass-reviewed', showReview(review.done)));
}

function sharedValues(templates: Templates, { request, approvals }: CardView) {
  return {
    resource: codeSpan(request.resource),
    // Whoever asked knows it, and is told by a comment what becomes of it.
    requester: codeSpan(request.requester.login),
    role: codeSpan(request.role),
    reason: request.reason === '' ? plain('none given') : codeSpan(request.reason),
    request: codeSpan(request.id),
    digest: codeSpan(request.digest),
    approvals: approvalsOf(templates, approvals),
  };
}

/** Whose sign-in is waited for. */
function waitingOf(templates: Templates, waiting: readonly Waits[]): Rendered {
  const parts = waiting.map(({ approver, until, link }) =>
    block(
      templates.markdown('comments/card-unconfirmed', {
        approver: codeSpan(approver.login),
        until: formatTime(until),
        link: address(link),
      }),
    ),
  );
  return joined(parts, '');
}

/** That an approval takes more than its comment. */
function confirmOf(templates: Templates, { confirm }: AccessRequest): Rendered {
  if (confirm === undefined) return plain('');
  return { rendered: ` ${templates.markdown('comments/card-confirm', {}).rendered}` };
}

/** The row that says what is demanded of the sign-in, where something is. */
function signInOf(templates: Templates, { signIn }: AccessRequest): Rendered {
  const words = signIn ? demandWords(templates, signIn) : [];
  if (words.length === 0) return plain('');
  const demand = { rendered: words.join(', ') };
  return { rendered: `\n${templates.markdown('comments/card-sign-in', { demand }).rendered}` };
}

function targetOf(request: AccessRequest): Rendered {
  return codeSpan(`${request.target} (${request.protocol})`);
}

/** The row of the cloud role behind the role, where there is one. */
function cloudOf(templates: Templates, { iam }: AccessRequest): Rendered {
  if (iam === undefined) return plain('');
  return line(templates.markdown('comments/card-cloud', { iam: codeSpan(iam) }));
}

function approvalsOf(
  templates: Templates,
  approvals: readonly Approval[],
  autoApprovedFor?: string,
): Rendered {
  if (autoApprovedFor !== undefined) {
    const via = codeSpan(autoApprovedFor);
    return block(templates.markdown('comments/auto-approved', { via }));
  }
  if (approvals.length === 0) return plain('');
  const list = approvals.map(({ approver, via, at, confirmedBy }) =>
    templates.markdown(`comments/${confirmedBy ? 'approval-confirmed' : 'approval'}`, {
      approver: codeSpan(approver.login),
      via: codeSpan(via),
      at: formatTime(at),
    }),
  );
  return block(templates.markdown('comments/approvals', { list: joined(list, '; ') }));
}

function sessionsOf(templates: Templates, sessions: readonly Session[]): Rendered {
  if (sessions.length === 0) return plain('');
  const hidden = Math.max(sessions.length - maxShownSessions, 0);
  const rows = sessions.slice(hidden).map((session) => {
    const ended = session.endedAt !== null; // what was carried is known at the end
    return templates.markdown('comments/session', {
      start: formatTime(session.startedAt),
      end: session.endedAt === null ? plain('open') : formatEnd(session.startedAt, session.endedAt),
      up: ended ? formatBytes(session.bytesUp) : plain('–'),
      down: ended ? formatBytes(session.bytesDown) : plain('–'),
      connections: plain(ended ? String(session.connections) : '–'),
      why: session.endReason === null ? plain('') : codeSpan(session.endReason),
    });
  });
  const earlier = hidden === 0 ? '' : `, the last ${maxShownSessions} of ${sessions.length}`;
  const table = templates.markdown('comments/sessions', {
    earlier: plain(earlier),
    rows: joined(rows, '\n'),
  });
  const summary = plain(`Sessions: ${sessions.length}`);
  return block(foldedTable(templates, { table, rows: rows.length, summary }));
}

/** Which relays have cut a revoked grant. An expired one they cut by their own clocks. */
function cutOf(templates: Templates, grant: Grant, cutBy: readonly string[]): Rendered {
  if (grant.state !== 'revoked') return plain('');
  const missing = grant.relays.filter((relay) => !cutBy.includes(relay));
  const [name, relays] = missing.length > 0 ? ['unconfirmed', missing] : ['confirmed', cutBy];
  const row = templates.markdown(`comments/${name}`, {
    relays: joined(relays.map(codeSpan), ', '),
  });
  return line(row);
}

/** A row of a table that is there or not. */
function line(row: Rendered): Rendered {
  return { rendered: `${row.rendered}\n` };
}

/** A part that stands on its own in the card, with the blank line after it. */
function block(part: Rendered): Rendered {
  return { rendered: `${part.rendered}\n\n` };
}

function causeOf({ ending, phrases, grant }: CardView): Rendered {
  if (!ending) return timeIsOver(grant?.time);
  const { by, reason, refusal } = ending;
  const why = refusal ? phrases.refusal(refusal) : codeSpan(reason);
  return { rendered: `by ${codeSpan(by).rendered}${reason === '' ? '' : `: ${why.rendered}`}` };
}
