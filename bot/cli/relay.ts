// `sallyportd relay` runs a relay, `sallyportd relay init` makes its key. The one file of the bot's side that starts
// relay/server; a relay's machine needs nothing of the bot but this program.

import { type Command, readWords, type Terminal, UsageError } from './command.ts';
import { programVersion } from './version.ts';

export const relayCommand: Command = {
  summary: 'run a relay, or make its key',
  help: `Usage: sallyportd relay [--config FILE]
       sallyportd relay init --data FOLDER

Runs a relay until SIGTERM or SIGINT, which lets its sessions finish. Faults in its settings
are listed, each with how to mend it, and nothing starts.

  --config FILE   the relay's settings; left out, relay.yml

relay init makes the relay's key in its data folder, keeps one that is there, and prints what
bot.yml has to say of the relay.

  --data FOLDER   the folder that relay.yml names as data`,
  async run(words, terminal) {
    const { positionals, values } = readWords({
      args: [...words],
      options: { config: { type: 'string' }, data: { type: 'string' } },
      allowPositionals: true,
    });
    const [action, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`There is one word too many: ${more[0]}`);
    if (action === undefined) return run(values.config, terminal);
    if (action !== 'init') throw new UsageError(`relay has no action ${JSON.stringify(action)}.`);
    if (values.data === undefined) throw new UsageError('Name the data folder: --data FOLDER');
    return init(values.data, terminal);
  },
};

async function run(configPath: string | undefined, terminal: Terminal): Promise<number> {
  const { runRelay } = await import('../../relay/server/main.ts');
  return runRelay({
    ...(configPath !== undefined && { configPath }),
    version: programVersion(),
    err: (text) => terminal.err(text),
  });
}

async function init(dataFolder: string, terminal: Terminal): Promise<number> {
  const { initRelay } = await import('../../relay/server/init.ts');
  return initRelay({
    dataFolder,
    out: (text) => terminal.out(text),
    err: (text) => terminal.err(text),
  });
}
