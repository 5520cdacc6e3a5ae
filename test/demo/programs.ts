// The product's own programs, started as in production: `sallyportd bot` and `sallyportd relay` with
// the settings in templates/ as they stand, and the names in those filled in by the environment.
import { readFile } from 'node:fs/promises';
import {
  startProcess,
  type Line,
  type Program,
  type RunningProcess,
} from '../support/processes.ts';
import { home } from './seed.ts';

/** Values for the names that templates/bot.yml and templates/relay.yml ask of the environment. */
export type Environment = Readonly<Record<string, string>>;

const sallyportd = `${home}bot/cli/sallyportd.ts`;

/** Starts the bot and waits until it says that it is ready. */
export async function startBot(known: Environment, onLine: OnLine): Promise<RunningProcess> {
  const settings = `${home}templates/bot.yml`;
  const env = { ...(await asked(settings, known)), SALLYPORT_CONFIG: settings };
  return startReady({ ...program('the bot', ['bot']), env, onLine });
}

/** Starts the relay and waits until it listens and has heard from the bot. */
export async function startRelay(known: Environment, onLine: OnLine): Promise<RunningProcess> {
  const settings = `${home}templates/relay.yml`;
  const env = await asked(settings, known);
  return startReady({ ...program('the relay', ['relay', '--config', settings]), env, onLine });
}

type OnLine = (line: Line) => void;

// A program gets the names its own settings ask for and no others: the relay must do without the bot's.
async function asked(settings: string, known: Environment): Promise<Environment> {
  const text = (await readFile(settings, 'utf8')).replaceAll(/(?:^|\s)#.*$/gm, ''); // no comments
  const names = text.matchAll(/\$\{([A-Z][A-Z\d_]*)\}/g);
  return Object.fromEntries(
    [...names].map(([, name = '']) => {
      const value = known[name];
      if (value === undefined)
        throw new Error(`${settings} asks for ${name}, which the demo lacks`);
      return [name, value];
    }),
  );
}

/** The bot's control key, as an operator copies it from `sallyportd keys control`. */
export function makeBotKeys(dataFolder: string): Promise<string> {
  return runForLine(
    program('sallyportd keys', ['keys', 'control', '--data', dataFolder]),
    /control-key: (\S+)/,
  );
}

/** The relay's public key, as an operator copies it from `sallyportd relay init`. */
export function makeRelayKey(dataFolder: string): Promise<string> {
  return runForLine(
    program('sallyportd relay init', ['relay', 'init', '--data', dataFolder]),
    /\bkey: (\S+)/,
  );
}

function program(name: string, words: readonly string[]): Program {
  return { name, command: process.execPath, args: [sallyportd, ...words] };
}

async function startReady(program: Program): Promise<RunningProcess> {
  const running = await startProcess(program);
  await running.line((text) => (/"msg":"[^"]*\bready\b/.test(text) ? text : undefined));
  return running;
}

async function runForLine(program: Program, pattern: RegExp): Promise<string> {
  await using running = await startProcess(program);
  const found = await running.line((text) => pattern.exec(text)?.[1]);
  return found; // only now may it be ended
}
