// How a command that works on files tells what it could not do: the sentence of whoever found the fault, or what the
// disk said, and what has become of the command.

import { StartFault } from '../start-fault.ts';
import { exitCodes, type Terminal } from './command.ts';

/** Runs `work`; a fault that the operator can mend is told with `outcome`, and anything else goes on up. */
export async function orTellFault(
  terminal: Terminal,
  outcome: string,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StartFault) && !isOfTheDisk(error)) throw error;
    terminal.err(`${error.message}\n${outcome}`);
    return exitCodes.refused;
  }
}

/** No leave, no room, no such folder: what the operating system says when a file cannot be had. */
function isOfTheDisk(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
