// How many commands of one person are acted on. GitHub counts what the bot writes: without a limit of our own, whoever
// comments `/help` a few hundred times would keep everybody's approvals from being shown for an hour.

import type { Reading } from '../access/command.ts';
import { countCommands } from '../store/commands.ts';
import type { Queries } from '../store/store.ts';
import { isWithdrawal } from './acceptance.ts';

const windowMs = 10 * 60_000;
/** Commands of one person that are acted on in any ten minutes. */
export const maxCommands = 30;
/** The same for what takes something back, which has to work for longer. */
const maxWithdrawals = 60;

/** `last`: this one is answered with the limit itself. `silent`: it is not answered any more. */
export async function rateOf(
  queries: Queries,
  command: { readonly authorId: number; readonly reading: Reading; readonly now: Date },
): Promise<'within' | 'last' | 'silent'> {
  const since = new Date(command.now.getTime() - windowMs).toISOString();
  const count = await countCommands(queries, { authorId: command.authorId, since });
  if (isWithdrawal(command.reading)) return count < maxWithdrawals ? 'within' : 'silent';
  if (count < maxCommands) return 'within';
  return count === maxCommands ? 'last' : 'silent';
}
