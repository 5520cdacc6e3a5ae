// When to ask the bot for a later token. Pure: times are arguments. A grant may outlast its token, and may be
// extended while the tunnel is up, so the question is put several times before the end and never after it.

/** How long before the token's end the bot is asked; the later ones are for an answer that failed or came too early. */
const leadsMs = [600_000, 300_000, 120_000, 60_000, 20_000];

export interface TokenTimes {
  /** On this machine's clock, milliseconds. */
  readonly receivedAtMs: number;
  readonly endsAtMs: number;
}

/** The two ends are rounded to whole seconds on their way here, each by itself. */
const roundingMs = 1000;

/** Whether the grant goes on after its token: then a later token is owed, until the grant is over as well. */
export function outlastsToken(
  token: { readonly endsAtMs: number; readonly grantEndsAtMs: number },
  nowMs: number,
): boolean {
  return token.grantEndsAtMs > token.endsAtMs + roundingMs && token.grantEndsAtMs > nowMs;
}

/** The moments to ask at, in order; those that a short token has behind it when it arrives are left out. */
export function renewalMoments(token: TokenTimes): number[] {
  const lifetimeMs = token.endsAtMs - token.receivedAtMs;
  return leadsMs
    .filter((leadMs) => leadMs < lifetimeMs * 0.9)
    .map((leadMs) => token.endsAtMs - leadMs);
}
