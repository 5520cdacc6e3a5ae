// How a session ends, in the client's own words, and whether it is worth dialling again. Every end reason and every
// refusal of the relay has exactly one row. Pure.

import type { EndReason } from '../frames.ts';
import { tunnelRefusals } from '../refusals.ts';
import { exits, type Exit } from './failure.ts';

export interface Ending {
  readonly reason: string;
  readonly exit: Exit;
  readonly message: string;
  readonly next: string;
}

/** What an ended notice, or a refusal when connecting, asks of us: stop, or try (also elsewhere) again. */
export type Verdict =
  | { readonly kind: 'final'; readonly ending: Ending }
  | { readonly kind: 'again'; readonly code: string; readonly message: string };

/** What a judgement needs to know of the grant. */
export interface GrantFacts {
  /** Where the person asks again. */
  readonly issue: string;
  /** The grant goes on after its token: a relay knows the token only, and calls both ends "expired". */
  readonly outlastsToken: boolean;
}

export function judgeEnd(reason: EndReason, { issue, outlastsToken }: GrantFacts): Verdict {
  if (reason === 'expired' && outlastsToken) return { kind: 'final', ending: notRenewed };
  const ending = endings[reason];
  return 'exit' in ending
    ? { kind: 'final', ending: { reason, ...ending, next: ending.next.replace('{issue}', issue) } }
    : { kind: 'again', code: reason, message: ending.again };
}

/** The run ended because the person, or the command of --exec, was done. */
export const closedByUs: Ending = {
  reason: 'closed',
  exit: 'ended',
  message: 'Session closed.',
  next: '',
};

/** The grant stands, but no later token was to be had before the last one ended. */
const notRenewed: Ending = {
  reason: 'not-renewed',
  exit: 'cut',
  message: 'The grant still lasts, but its token has ended and could not be renewed.',
  next: 'Run the line again to sign in anew.',
};

const endings: Readonly<
  Record<EndReason, { exit: Exit; message: string; next: string } | { again: string }>
> = {
  closed: {
    exit: 'cut',
    message: 'The relay closed the session.',
    next: 'Run the line again while the grant lasts.',
  },
  expired: {
    exit: 'expired',
    message: 'The grant has ended.',
    next: 'For more time, comment /connect again: {issue}',
  },
  revoked: {
    exit: 'revoked',
    message: 'The grant was revoked.',
    next: 'Who revoked it, and why: {issue}',
  },
  idle: {
    exit: 'cut',
    message: 'Nothing moved for so long that the relay ended the session.',
    next: 'Run the line again while the grant lasts.',
  },
  // The grant stands and the relay, or another one, may take us back: these are for the connecting loop.
  'control-lost': { again: 'The relay has lost its bot.' },
  'relay-restart': { again: 'The relay restarts.' },
  shutdown: { again: 'The relay shuts down.' },
  error: { again: 'The relay failed.' },
  lost: { again: 'The relay was lost.' },
};

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** Known codes are told in the words of relay/refusals.ts; an unknown one in the relay's own, and it is final. */
export function judgeRefusal(refusal: Refusal, grant: GrantFacts): Verdict {
  if (refusal.code === 'grant_expired') return judgeEnd('expired', grant);
  if (refusal.code === 'grant_revoked') return judgeEnd('revoked', grant);
  const known = Object.hasOwn(tunnelRefusals, refusal.code)
    ? tunnelRefusals[refusal.code as keyof typeof tunnelRefusals]
    : refusal;
  const { message, next } = known;
  if (passing.has(refusal.code)) return { kind: 'again', code: refusal.code, message };
  // Without a code of ours it was not a relay of ours that answered.
  const exit = refusal.code.startsWith('http_') ? 'protocol' : 'refused';
  return { kind: 'final', ending: { reason: refusal.code, exit, message, next } };
}

/** Refusals that another relay, or the same one later, may not repeat. */
const passing: ReadonlySet<string> = new Set([
  'draining',
  'control_stale',
  'too_many_sockets',
  'not_this_relay',
  'server_error',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
]);

/** The status to exit with. */
export function statusOfEnding(ending: Ending): number {
  return exits[ending.exit].status;
}
