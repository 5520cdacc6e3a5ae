// The product's own programs, started as in production: `sallyportd bot` and `sallyportd relay` with
// the settings in templates/, and the names in those filled in by the environment.
import { readFile, writeFile } from 'node:fs/promises';
import { startProcess, type Program, type RunningProcess } from '../support/processes.ts';
import type { Ground } from './ground.ts';
import { home } from './seed.ts';

/** Values for the names that templates/bot.yml and templates/relay.yml ask of the environment. */
export type Environment = Readonly<Record<string, string>>;

const sallyportd = `${home}bot/cli/sallyportd.ts`;

/** Starts the bot and waits until it says that it is ready. */
export async function startBot(
  known: Environment,
  ground: Ground,
  change: Change = asItIs,
): Promise<RunningProcess> {
  const { settings, env } = await fillIn('bot.yml', known, ground, change);
  const onLine = ground.logTo('bot');
  const running = { ...program('the bot', ['bot']), onLine };
  return startReady({ ...running, env: { ...env, SALLYPORT_CONFIG: settings } });
}

/** Starts the relay and waits until it listens and has heard from the bot. */
export async function startRelay(known: Environment, ground: Ground): Promise<RunningProcess> {
  const { settings, env } = await fillIn('relay.yml', known, ground);
  const onLine = ground.logTo('relay');
  return startReady({ ...program('the relay', ['relay', '--config', settings]), env, onLine });
}

/** As an operator does it who copies the template: the file, and the names that it asks for. */
async function fillIn(
  name: string,
  known: Environment,
  { folder }: Ground,
  change: Change = asItIs,
) {
  const template = await readFile(`${home}templates/${name}`, 'utf8');
  const text = change(takeIn(template, Object.keys(known)));
  const settings = folder.at(name);
  await writeFile(settings, text);
  return { settings, env: asked(text, known) };
}

/** What is made of the settings of the template. */
export type Change = (settings: string) => string;
const asItIs: Change = (settings) => settings;

/** The bot's settings without the pace that github.com asks for, and without a limit on anybody's commands. */
export function withoutLimits(settings: string): string {
  const names = ['writes-per-minute', 'texts-per-hour', 'commands-per-10-minutes'];
  const limits = `limits: { ${names.map((name) => `${name}: 100000`).join(', ')} }`;
  return settings.replace(/^github:\n/m, `github:\n  ${limits}\n`);
}

/** The template with each of its optional lines that asks for one of these names. */
export function takeIn(template: string, names: readonly string[]): string {
  const optional = /^( *)# (?=[^#\n]*\$\{(\w+)\})/gm;
  return template.replaceAll(optional, (mark, indent: string, name: string) =>
    names.includes(name) ? indent : mark,
  );
}

// A program gets the names its own settings ask for and no others: the relay must do without the bot's.
function asked(settings: string, known: Environment): Environment {
  const text = settings.replaceAll(/(?:^|\s)#.*$/gm, ''); // no comments
  const names = text.matchAll(/\$\{([A-Z][A-Z\d_]*)\}/g);
  return Object.fromEntries(
    [...names].map(([, name = '']) => {
      const value = known[name];
      if (value === undefined)
        throw new Error(`the settings ask for ${name}, which the demo lacks`);
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
