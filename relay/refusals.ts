// What a relay answers when it does not open a tunnel: one table of codes, each with its HTTP status, a sentence for
// the person and what to do next. The words are vague on purpose where a stranger could learn something; the relay's
// own record says exactly what was found.

export type TunnelRefusalCode = keyof typeof tunnelRefusals;

/** The body of a refusal, as JSON. */
export interface TunnelRefusal {
  readonly error: TunnelRefusalCode;
  readonly message: string;
  readonly next: string;
}

export const tunnelRefusals = {
  bad_request: {
    status: 400,
    message: 'This is not a request for a tunnel.',
    next: 'Use the line from the issue; if it stays so, update sallyport.',
  },
  use_dpop_nonce: {
    // RFC 9449 §9: the answer carries DPoP-Nonce, and the client signs once more with it.
    status: 401,
    message: "The proof has to name this relay's nonce.",
    next: 'Sign again with the nonce in the DPoP-Nonce header.',
  },
  invalid_dpop_proof: {
    status: 401,
    message: 'The proof that came with the grant token does not hold.',
    next: 'Run the line again.',
  },
  invalid_token: {
    status: 401,
    message: 'The relay does not take this grant token.',
    next: 'Run the line again; if it stays so, ask whoever runs the relay whether it has heard from the bot.',
  },
  grant_expired: {
    status: 403,
    message: 'The grant has ended.',
    next: 'Ask for access again on the issue.',
  },
  grant_revoked: {
    status: 403,
    message: 'The grant was revoked.',
    next: 'The issue says by whom and why.',
  },
  not_this_relay: {
    status: 403,
    message: 'The grant is not for this relay.',
    next: 'Tell the platform team: policy and relay disagree about who serves this resource.',
  },
  target_not_allowed: {
    status: 403,
    message: 'This relay may not dial the target of the grant.',
    next: "Tell the platform team: the target is missing from the relay's allow-list.",
  },
  browser_refused: {
    status: 403,
    message: 'Browsers cannot open tunnels.',
    next: 'Run the line in a terminal.',
  },
  too_many_sessions: {
    status: 429,
    message: 'The grant has as many sessions as it allows.',
    next: 'End one of them, then run the line again.',
  },
  too_many_sockets: {
    status: 429,
    message: 'The relay has as many sessions as it takes.',
    next: 'Try again in a minute; if it stays so, tell the platform team.',
  },
  control_stale: {
    status: 503,
    message: 'The relay has lost the bot and opens nothing new until it is back.',
    next: 'Try again in a minute; if it stays so, tell the platform team.',
  },
  draining: {
    status: 503,
    message: 'This relay is going away.',
    next: 'Connect to another relay, or try again in a minute.',
  },
  server_error: {
    status: 500,
    message: 'The relay could not open the session.',
    next: 'Try again in a minute; if it stays so, tell the platform team.',
  },
} as const satisfies Readonly<Record<string, { status: number; message: string; next: string }>>;

/** What a refusal says to the client. */
export function refusalBody(code: TunnelRefusalCode): TunnelRefusal {
  const { message, next } = tunnelRefusals[code];
  return { error: code, message, next };
}
