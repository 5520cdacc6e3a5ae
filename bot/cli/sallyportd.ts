#!/usr/bin/env node
// sallyportd: the operator's program. Finds the command, runs it, and is the one place that ends the process.
// A command's code is loaded only when it runs, so that `revoke` needs neither the relay nor GitHub's libraries.

import { type Command, exitCodes, type Terminal, UsageError } from './command.ts';
import { programVersion } from './version.ts';

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  bot: async () => (await import('./bot.ts')).botCommand,
  relay: async () => (await import('./relay.ts')).relayCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  policy: async () => (await import('./policy.ts')).policyCommand,
  grants: async () => (await import('./grants.ts')).grantsCommand,
  revoke: async () => (await import('./revoke.ts')).revokeCommand,
  backup: async () => (await import('./backup.ts')).backupCommand,
  restore: async () => (await import('./restore.ts')).restoreCommand,
};

async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const list = await commandList();
    if (name !== undefined) terminal.out(list);
    else terminal.err(list);
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  if (name === '--version' || name === '-V') {
    terminal.out(programVersion());
    return exitCodes.done;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    terminal.err(`sallyportd has no command ${JSON.stringify(name)}.\n\n${await commandList()}`);
    return exitCodes.usage;
  }
  return runCommand(await load(), rest, terminal);
}

async function runCommand(command: Command, words: readonly string[], terminal: Terminal) {
  if (words.includes('--help') || words.includes('-h')) {
    terminal.out(command.help);
    return exitCodes.done;
  }
  try {
    return await command.run(words, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`${error.message}\n\n${command.help}`);
    return exitCodes.usage;
  }
}

async function commandList(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(
      async ([name, load]) => `  ${name.padEnd(8)} ${(await load()).summary}`,
    ),
  );
  return `Usage: sallyportd <command>
       sallyportd --version | --help

${lines.join('\n')}

sallyportd <command> --help tells more.`;
}

// Whoever reads may have enough after a few lines: `| head` is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
});
