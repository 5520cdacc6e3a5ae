// `sallyportd keys control`: prints what relay.yml pins, so that a relay believes this bot and nobody who merely ends
// its TLS. It reads the key files themselves: a relay can be set up before the bot has ever run.

import { dataFolderFaults } from '../../relay/data-folder.ts';
import { keysFolder } from '../data-folder.ts';
import { KeyFileError } from '../tokens/key-files.ts';
import { openKeys } from '../tokens/keys.ts';
import { type Command, exitCodes, readWords, type Terminal, UsageError } from './command.ts';
import { dataHelp, dataOption, findDataFolder } from './data-folder.ts';

export const keysCommand: Command = {
  summary: "print the bot's public keys",
  help: `Usage: sallyportd keys control [--data FOLDER]

Prints the line for relay.yml that pins this bot's control key. The keys are made when the
bot has none yet.

${dataHelp}`,
  async run(words, terminal) {
    const { positionals, values } = readWords({
      args: [...words],
      options: dataOption,
      allowPositionals: true,
    });
    if (positionals.length !== 1 || positionals[0] !== 'control') {
      throw new UsageError('Say which keys: sallyportd keys control');
    }
    const folder = findDataFolder(values.data, terminal);
    return folder === undefined ? exitCodes.config : printPin(folder, terminal);
  },
};

async function printPin(dataFolder: string, terminal: Terminal): Promise<number> {
  const faults = dataFolderFaults(dataFolder);
  if (faults.length > 0) {
    terminal.err(faults.join('\n'));
    return exitCodes.config;
  }
  try {
    const keys = await openKeys(keysFolder(dataFolder), new Date());
    terminal.out(`control-key: ${keys.controlPin()}`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    terminal.err(error.message);
    return exitCodes.config;
  }
}
