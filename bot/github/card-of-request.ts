// The card of what is asked for: while it waits, what whoever decides has to know; then how it ended, and for more time,
// until when the grant lasts by now.

import { durationArgument, formatDuration } from '../access/duration.ts';
import { expiresAt } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { AccessRequest } from '../access/request.ts';
import {
  address,
  codeSpan,
  joined,
  plain,
  type Rendered,
  type Templates,
  type Values,
} from '../templates.ts';
import {
  block,
  causeOf,
  cloudOf,
  sharedValues,
  signInOf,
  targetOf,
  type CardView,
  type Waits,
} from './card-parts.ts';
import { neededOf } from './phrases.ts';
import { beginningOf } from './time-words.ts';
import { formatTime } from './times.ts';

export function requestCard(templates: Templates, view: CardView): Rendered {
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
  if (request.state === 'pending') return pendingCard(templates, view, shared);
  const canExtend = request.extends !== null && grant?.state === 'active';
  return templates.markdown('comments/card-closed', {
    ...shared,
    ended: plain(request.state),
    cause: causeOf(view),
    again: templates.markdown(`comments/${canExtend ? 'again-extend' : 'again'}`, {}),
  });
}

/** What whoever decides has to know. */
function pendingCard(templates: Templates, view: CardView, shared: Values): Rendered {
  const { request, grant } = view;
  return templates.markdown('comments/card-pending', {
    ...shared,
    from: beginningOf(request),
    id: plain(request.id),
    less: plain(durationArgument(halfOf(request.durationMs))),
    cloud: cloudOf(templates, request),
    target: targetOf(request),
    signIn: signInOf(templates, request),
    missing: neededOf(templates, view.missing, view.isFirst ? 'told' : 'shown'),
    told: toldTo(templates, view),
    waiting: waitingOf(templates, view.waiting),
    confirm: confirmOf(templates, request),
    extends: extendsOf(templates, view),
    lapsesAt: formatTime(lapseOf(request, grant)),
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

/** An example of less time, in whole minutes where there are any. */
function halfOf(durationMs: number): number {
  const unitMs = durationMs < 2 * 60_000 ? 1000 : 60_000;
  return Math.max(unitMs, Math.floor(durationMs / 2 / unitMs) * unitMs);
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

/** What it rests on beside the approvals, in the words in which `/why` says it; of the role its row does. */
function toldTo(templates: Templates, { told, phrases }: CardView): Rendered {
  const steps = told.filter(({ rule }) => rule !== 'role-is-recorded');
  if (steps.length === 0) return plain('');
  const said = joined(steps.map(phrases.rule), ' ');
  return block(templates.markdown('comments/card-told', { said }));
}

/** That an approval takes more than its comment. */
function confirmOf(templates: Templates, { confirm }: AccessRequest): Rendered {
  if (confirm === undefined) return plain('');
  return { rendered: ` ${templates.markdown('comments/card-confirm', {}).rendered}` };
}
