// How a run can end. Promises that every way out has one exit status, listed here and printed by --help, and
// that every failure carries a sentence for the person and what to do next. It prints nothing and exits nowhere.

/** Exit statuses: sysexits.h where one fits (64 to 78), our own above it, the shell's for commands and signals. */
export const exits = {
  ended: { status: 0, meaning: 'you ended the session' },
  usage: { status: 64, meaning: 'the command line is wrong' },
  unavailable: { status: 69, meaning: 'the host or every relay could not be reached' },
  internal: { status: 70, meaning: 'a fault of sallyport itself' },
  local: { status: 73, meaning: 'the local port or socket could not be opened' },
  protocol: { status: 76, meaning: 'the other side answered in a way that is not accepted' },
  refused: {
    status: 77,
    meaning: 'refused: not your grant, sign-in denied, or the host is not trusted',
  },
  config: { status: 78, meaning: 'a setting or the list of trusted hosts is wrong' },
  expired: { status: 80, meaning: 'the grant has ended' },
  revoked: { status: 81, meaning: 'the grant was revoked' },
  cut: {
    status: 82,
    meaning: 'the session ended before the grant did, for instance because it was idle',
  },
  notRunnable: { status: 126, meaning: '--exec: the command cannot be run' },
  notFound: { status: 127, meaning: '--exec: the command was not found' },
  interrupted: { status: 130, meaning: 'interrupted before the session began' },
} as const;

export type Exit = keyof typeof exits;

/**
 * A run that cannot go on. `message` says what happened and `next` what the person can do, each in whole sentences.
 * Both may hold text from the network: whoever prints them makes it visible first (visible.ts). `code` is stable and
 * appears in --json.
 */
export class Failure extends Error {
  readonly code: string;
  readonly exit: Exit;
  readonly next: string;

  constructor(code: string, told: { exit: Exit; message: string; next: string; cause?: unknown }) {
    super(told.message, told.cause === undefined ? undefined : { cause: told.cause });
    this.name = 'Failure';
    this.code = code;
    this.exit = told.exit;
    this.next = told.next;
  }
}

/** Whatever was thrown, as a Failure: a surprise becomes a fault of ours, told plainly and never swallowed. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure('internal', {
    exit: 'internal',
    message: `sallyport failed unexpectedly: ${message}.`,
    next: 'Run the line again; if it fails the same way, report it with this message.',
    cause: thrown,
  });
}
