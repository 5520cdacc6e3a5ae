// Which data folder a command means: the one named by --data, or the one in the bot's own settings, so that an operator
// in the bot's container or service account names nothing at all.

import { readDataFolder } from '../config.ts';
import { readWords, UsageError, type Terminal } from './command.ts';

export const dataOption = { data: { type: 'string' } } as const;
export const dataHelp = `  --data FOLDER   the bot's data folder; left out, the one in bot.yml (or the file that
                  SALLYPORT_CONFIG names)`;

/** The folder, or undefined after the faults of the settings were told. */
export function findDataFolder(named: string | undefined, terminal: Terminal): string | undefined {
  if (named !== undefined) return named;
  const reading = readDataFolder();
  if (reading.kind === 'valid') return reading.dataFolder;
  terminal.err(`${reading.faults.join('\n')}\nOr name the bot's data folder: --data FOLDER`);
  return undefined;
}

/** The one place that a command names, and the data folder it means; undefined after what is wrong was told. */
export function readPlace(
  words: readonly string[],
  terminal: Terminal,
  ask: string,
): { readonly place: string; readonly folder: string } | undefined {
  const { positionals, values } = readWords({
    args: [...words],
    options: dataOption,
    allowPositionals: true,
  });
  const [place, ...more] = positionals;
  if (place === undefined) throw new UsageError(ask);
  if (more.length > 0) throw new UsageError(`There is one word too many: ${more[0]}`);
  const folder = findDataFolder(values.data, terminal);
  return folder === undefined ? undefined : { place, folder };
}
