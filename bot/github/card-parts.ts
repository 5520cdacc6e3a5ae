// What a card is made of, and the rows and parts that the card of a request and that of a grant have alike.

import type { Grant } from '../access/lifecycle.ts';
import type { AccessRequest, Approval } from '../access/request.ts';
import type { Needs } from '../access/told.ts';
import type { Session } from '../store/grants.ts';
import type { Ending } from '../store/requests.ts';
import type { Review } from '../store/reviews.ts';
import type { WaitingApproval } from '../store/waiting.ts';
import { codeSpan, joined, plain, type Rendered, type Templates } from '../templates.ts';
import type { Phrases } from './phrases.ts';
import { demandWords } from './sign-in-words.ts';
import { timeIsOver } from './time-words.ts';
import { formatTime } from './times.ts';

export interface CardView extends Needs {
  /** It was not written before: whoever is asked is told by it, once. */
  readonly isFirst: boolean;
  readonly request: AccessRequest;
  readonly approvals: readonly Approval[];
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
  readonly phrases: Pick<Phrases, 'refusal' | 'rule'>;
}

/** An approval that does not count yet, with the address where its approver signs in. */
export interface Waits extends Pick<WaitingApproval, 'approver' | 'until'> {
  readonly link: string;
}

export function sharedValues(templates: Templates, view: CardView) {
  const { request, approvals } = view;
  return {
    resource: codeSpan(request.resource),
    // Whoever asked knows it, and is told by a comment what becomes of it.
    requester: codeSpan(request.requester.login),
    role: roleOf(templates, view),
    reason: request.reason === '' ? plain('none given') : codeSpan(request.reason),
    request: codeSpan(request.id),
    digest: codeSpan(request.digest),
    approvals: approvalsOf(templates, approvals),
  };
}

/** The role, and whether it is only a word to the relay, as it was found when this was decided last. */
function roleOf(templates: Templates, { request, told }: CardView): Rendered {
  const role = codeSpan(request.role);
  const isRecorded = told.some(({ rule }) => rule === 'role-is-recorded');
  return isRecorded ? templates.markdown('comments/card-role', { role }) : role;
}

/** The row that says what is demanded of the sign-in, where something is. */
export function signInOf(templates: Templates, { signIn }: AccessRequest): Rendered {
  const words = signIn ? demandWords(templates, signIn) : [];
  if (words.length === 0) return plain('');
  const demand = { rendered: words.join(', ') };
  return { rendered: `\n${templates.markdown('comments/card-sign-in', { demand }).rendered}` };
}

export function targetOf(request: AccessRequest): Rendered {
  return codeSpan(`${request.target} (${request.protocol})`);
}

/** The row of the cloud role behind the role, where there is one. */
export function cloudOf(templates: Templates, { iam }: AccessRequest): Rendered {
  if (iam === undefined) return plain('');
  return line(templates.markdown('comments/card-cloud', { iam: codeSpan(iam) }));
}

export function approvalsOf(
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

export function causeOf({ ending, phrases, grant }: CardView): Rendered {
  if (!ending) return timeIsOver(grant?.time);
  const { by, reason, refusal } = ending;
  const why = refusal ? phrases.refusal(refusal) : codeSpan(reason);
  return { rendered: `by ${codeSpan(by).rendered}${reason === '' ? '' : `: ${why.rendered}`}` };
}

/** A row of a table that is there or not. */
export function line(row: Rendered): Rendered {
  return { rendered: `${row.rendered}\n` };
}

/** A part that stands on its own in the card, with the blank line after it. */
export function block(part: Rendered): Rendered {
  return { rendered: `${part.rendered}\n\n` };
}
