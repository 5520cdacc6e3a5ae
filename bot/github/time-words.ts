// The words for when the time of a grant begins and ends: of what is asked for, what waits for its first claim, what runs
// and what is over.

import { formatDuration } from '../access/duration.ts';
import { expiresAt, type GrantTime } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { AccessRequest } from '../access/request.ts';
import type { Ending } from '../store/requests.ts';
import { plain, type Rendered, type Templates, type Values } from '../templates.ts';
import { formatTime } from './times.ts';

/** When the time begins of what is asked for. */
export function beginningOf({ extends: extended, useWithinMs }: AccessRequest): Rendered {
  if (extended !== null) return plain('');
  if (useWithinMs === undefined) return plain(', from the moment it is approved');
  const within = formatDuration(useWithinMs);
  return plain(`, from the first connection, within ${within} of the approval`);
}

/** How an active grant stands. */
export function standsUntil(grant: Grant): Rendered {
  const stands = grant.time.kind === 'running' ? 'granted until' : 'granted, to be used by';
  return { rendered: `${stands} ${formatTime(expiresAt(grant)).rendered}` };
}

/** The comment that tells the requester that it was given. */
export function grantedText(templates: Templates, time: GrantTime, about: Values): Rendered {
  if (time.kind === 'running') {
    const endsAt = formatTime(time.endsAt);
    return templates.markdown('comments/granted', { ...about, endsAt });
  }
  const duration = plain(formatDuration(time.durationMs));
  const useBy = formatTime(time.useBy);
  return templates.markdown('comments/granted-waiting', { ...about, duration, useBy });
}

/** From when to when an ended grant was there, used or not. */
export function spanOf(templates: Templates, grant: Grant, ending: Ending | null): Rendered {
  const { time, grantedAt } = grant;
  const endedAt = formatTime(ending?.at ?? expiresAt(grant));
  return time.kind === 'running'
    ? templates.markdown('comments/ran', { startsAt: formatTime(time.startsAt), endedAt })
    : templates.markdown('comments/unused', { grantedAt: formatTime(grantedAt), endedAt });
}

/** Why a grant ended that nobody ended. */
export function timeIsOver(time: GrantTime | undefined): Rendered {
  return plain(
    time?.kind === 'waiting' ? 'nobody connected in time, so it never began' : 'its time was over',
  );
}
