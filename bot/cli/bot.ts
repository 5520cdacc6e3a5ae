// `sallyportd bot`: runs the bot until it is told to stop.

import { type Command, readWords } from './command.ts';
import { programVersion } from './version.ts';

export const botCommand: Command = {
  summary: 'run the bot',
  help: `Usage: sallyportd bot

Runs the bot until SIGTERM or SIGINT. Its settings are in bot.yml, or in the file that
SALLYPORT_CONFIG names. Faults in them are listed, each with how to mend it, and nothing starts.
Where they name no GitHub App, an address is printed at the first start: it leads to the page that
creates one, and the bot then goes on by itself.`,
  async run(words) {
    readWords({ args: [...words], options: {} });
    const { runBot } = await import('../main.ts');
    return runBot({ version: programVersion() });
  },
};
