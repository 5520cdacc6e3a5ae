// What every command of sallyportd is: words in, text out, an exit code at the end. The exit codes are the ones that
// sysexits.h has had for forty years where it has one, so that scripts and service managers know them.

import { parseArgs, type ParseArgsConfig } from 'node:util';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole of `--help`, ending without a newline. */
  readonly help: string;
  /** Resolves with the exit code. Throws UsageError for words that it does not understand. */
  run(words: readonly string[], terminal: Terminal): Promise<number>;
}

export const exitCodes = {
  done: 0,
  /** The command was understood and refused; the text says why. */
  refused: 1,
  /** Done, but not everybody has confirmed it. */
  unconfirmed: 2,
  /** EX_USAGE: the words were not understood. */
  usage: 64,
  /** EX_UNAVAILABLE: there is no running bot to ask. */
  noBot: 69,
  /** EX_CONFIG: settings or key files are wrong. */
  config: 78,
} as const;

/** Words that are no command of ours. `message` says which. */
export class UsageError extends Error {
  readonly code = 'usage';
}

/** `parseArgs`, with what it throws turned into a UsageError. */
export function readWords<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    // What follows is advice of how to pass something that begins with a dash, which nobody means here.
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. To ');
    throw new UsageError(said, { cause: error });
  }
}
