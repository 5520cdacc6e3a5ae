// `sallyportd backup`: copies what cannot be had again, while the bot runs. It reads the data folder itself and asks
// nobody, so that a backup can also be made when the bot does not start.

import { resolve } from 'node:path';
import { makeBackup } from '../backup.ts';
import type { Contents } from '../store/backup.ts';
import { type Command, exitCodes, type Terminal } from './command.ts';
import { dataHelp, readPlace } from './data-folder.ts';
import { orTellFault } from './fault.ts';

export const backupCommand: Command = {
  summary: 'copy the database, the control key and the App’s credentials',
  help: `Usage: sallyportd backup <new folder> [--data FOLDER]

Makes the folder, with the database as it is at one moment, the control key that the relays
have pinned, and the credentials of the GitHub App where the bot keeps them itself. The bot
may run meanwhile. Run it as the user the bot runs as.

Not in it: the keys that sign grants (a restored bot makes new ones), bot.yml and the files
it names. Keep those where you keep your other settings and secrets.

${dataHelp}

Exit codes: 0 done, 1 refused, 64 not understood, 78 settings are wrong.`,
  async run(words, terminal) {
    const named = readPlace(words, terminal, 'Name the new folder: sallyportd backup <folder>');
    if (named === undefined) return exitCodes.config;
    return orTellFault(terminal, 'No backup was made.', () =>
      backUp(named.folder, named.place, terminal),
    );
  },
};

async function backUp(dataFolder: string, to: string, terminal: Terminal): Promise<number> {
  const now = new Date();
  const backup = await makeBackup(dataFolder, { to: resolve(to), now });
  if (backup.kind === 'refused') {
    terminal.err(`${backup.why}\nNo backup was made.`);
    return exitCodes.refused;
  }
  terminal.out(
    `Backed up ${dataFolder} to ${to}, as it was at ${now.toISOString()}.\n` +
      `  sallyport.db: ${tellContents(backup.contents)}\n` +
      '  keys/control.pem: the control key that the relays have pinned\n' +
      (backup.hasApp ? '  github-app: the credentials of the GitHub App\n' : '') +
      'Not in it: the keys that sign grants, bot.yml and the files it names.\n' +
      'Keep it as you keep a key: it holds every reason that was given, and private keys.',
  );
  return exitCodes.done;
}

function tellContents({ requests, activeGrants, records }: Contents): string {
  return `requests ${requests}, live grants ${activeGrants}, audit records ${records}`;
}
