// `sallyportd relay init`: makes the relay's key once, and prints what the bot's configuration needs to know of it. It
// can be run again: a key that is there is kept.

import { dataFolderFaults } from '../data-folder.ts';
import { makeRelayKey, readRelayKey } from './key.ts';

export interface InitOptions {
  readonly dataFolder: string;
  out(text: string): void;
  err(text: string): void;
}

/** Resolves with the exit code. */
export async function initRelay({ dataFolder, out, err }: InitOptions): Promise<number> {
  const faults = dataFolderFaults(dataFolder);
  if (faults.length > 0) {
    err(faults.join('\n'));
    return configExit;
  }
  if ((await readRelayKey(dataFolder)).kind === 'missing') await makeRelayKey(dataFolder);
  const reading = await readRelayKey(dataFolder);
  if (reading.kind !== 'read') {
    err(reading.kind === 'unfit' ? reading.fault : `No key could be made in ${dataFolder}.`);
    return configExit;
  }
  out(
    [
      '# For bot.yml, with the name and the url of relay.yml in the place of <name> and <url>.',
      'relays:',
      '  - name: <name>',
      '    url: <url>',
      `    key: ${reading.key.pin}`,
    ].join('\n'),
  );
  return 0;
}

/** sysexits.h EX_CONFIG. */
const configExit = 78;
