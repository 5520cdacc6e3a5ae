// `sallyportd restore`: puts a backup in the place of a lost data folder. It starts nothing: the next start of the bot
// ends what the backup still calls open, and the operator is told so before.

import { resolve } from 'node:path';
import { restoreBackup } from '../restore.ts';
import { type Command, exitCodes, type Terminal } from './command.ts';
import { dataHelp, readPlace } from './data-folder.ts';
import { orTellFault } from './fault.ts';

export const restoreCommand: Command = {
  summary: 'put a backup in the place of a lost data folder',
  help: `Usage: sallyportd restore <backup> [--data FOLDER]

The backup is a folder that sallyportd backup has made, a copy of a data folder, or a single
database, such as the copy that an upgrade keeps. It is not changed.

No bot may run on the data folder, and there must be no database in it. Run it as the user
the bot runs as, and only when no other bot of this installation runs anywhere.

At its next start the bot opens a new epoch: every grant and request of the backup ends,
relays cut every session and take no token of before, and a command that was commented
before has to be said again.

${dataHelp}

Exit codes: 0 done, 1 refused, 64 not understood, 78 settings are wrong.`,
  async run(words, terminal) {
    const named = readPlace(words, terminal, 'Name the backup: sallyportd restore <backup>');
    if (named === undefined) return exitCodes.config;
    return orTellFault(terminal, 'Nothing was restored.', () =>
      restore(named.place, named.folder, terminal),
    );
  },
};

async function restore(from: string, dataFolder: string, terminal: Terminal): Promise<number> {
  const restored = await restoreBackup(resolve(from), { dataFolder, now: new Date() });
  if (restored.kind === 'refused') {
    terminal.err(`${restored.why}\nNothing was restored.`);
    return exitCodes.refused;
  }
  const { contents, madeAt, hasControlKey, hasApp } = restored;
  terminal.out(
    `Restored ${dataFolder} from ${from}, made ${madeAt ?? 'at a time it does not say'}.\n` +
      `When the bot starts, what is open in the backup ends (live grants ${contents.activeGrants}, waiting requests ${contents.pendingRequests}),\n` +
      'relays cut every session of before, and commands of before have to be said again.\n' +
      'Make sure that no other bot of this installation runs. Then start it.',
  );
  if (!hasControlKey) {
    terminal.err(
      'There is no control key, neither in the backup nor in the data folder. The bot makes a new one, and no relay\n' +
        'believes it before relay.yml pins it: sallyportd keys control prints the line.',
    );
  }
  if (!hasApp) {
    terminal.err(
      'There are no credentials of a GitHub App in the data folder. Unless bot.yml names those of the App, put its folder\n' +
        'github-app there before you start: the bot would offer to create a second App.',
    );
  }
  return exitCodes.done;
}
