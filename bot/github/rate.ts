// How many commands of one person are acted on. GitHub counts what the bot writes: without a limit of our own, whoever
// comments `/help` a few hundred times would keep everybody's approvals from being shown for an hour.

import type { Reading } from '../access/command.ts';
import { countCommands } from '../store/commands.ts';
import type { Queries } from '../store/store.ts';
import { isWithdrawal } from './acceptance.ts';

const windowMs = 10 * 60_000;
/** What takes something back has to work for longer. */
const withdrawalFactor = 2;

/** `last`: this one is answered with the limit itself. `silent`: it is not answered any more. */
export async function rateOf(
  queries: Queries,
  command: {
    readonly authorId: number;
    readonly reading: Reading;
    readonly now: Date;
    /** `github.limits.commands-per-10-minutes` of bot.yml. */
    readonly max: number;
  },
): Promise<'within' | 'last' | 'silent'> {
  const { authorId, reading, now, max } = command;
  const since = new Date(now.getTime() - windowMs).toISOString();
  const count = await countCommands(queries, { authorId, since });
  if (isWithdrawal(reading)) return count < max * withdrawalFactor ? 'within' : 'silent';
  if (count < max) return 'within';
  return count === max ? 'last' : 'silent';
}
