// The card of a grant: the line to paste while it is live, the sessions, a broken glass with its review, and in the end
// when and why it was over.

import { formatDuration } from '../access/duration.ts';
import { lengthOf } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Session } from '../store/grants.ts';
import { codeBlock, codeSpan, joined, plain, type Rendered, type Templates } from '../templates.ts';
import {
  approvalsOf,
  block,
  causeOf,
  cloudOf,
  line,
  sharedValues,
  signInOf,
  targetOf,
  type CardView,
} from './card-parts.ts';
import { foldedTable } from './length.ts';
import { showReview } from './phrases.ts';
import { spanOf } from './time-words.ts';
import { formatBytes, formatEnd, formatTime } from './times.ts';

/** A card has to stay within what GitHub lets a comment hold; the audit log has every session. */
const maxShownSessions = 50;

export function grantCard(templates: Templates, view: CardView, grant: Grant): Rendered {
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
