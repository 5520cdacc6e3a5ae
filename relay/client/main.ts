#!/usr/bin/env node
// The program `sallyport`: reads the command line and the settings, runs the order, exits. The only exit of the client.

import { createInterface } from 'node:readline/promises';
import { readArguments, type ConnectOrder } from './arguments.ts';
import { readConfig } from './config.ts';
import { connect, failureOf } from './connect.ts';
import { openDisplay, type Display } from './display.ts';
import { exits, Failure } from './failure.ts';
import { helpText } from './help.ts';
import type { Ask } from './hosts.ts';
import { version } from './version.ts';

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const order = readArguments(argv);
  switch (order.kind) {
    case 'help':
      process.stdout.write(helpText());
      return exits.ended.status;
    case 'version':
      process.stdout.write(`${version}\n`);
      return exits.ended.status;
    case 'invalid': {
      const { message, next } = order;
      return tellFailure(display(false), new Failure('usage', { exit: 'usage', message, next }));
    }
    case 'connect':
      return run(order);
  }
}

async function run(order: ConnectOrder): Promise<number> {
  const reading = readConfig();
  if (reading.kind === 'invalid') {
    const faults = reading.faults.map(
      (fault) => ({ exit: 'config', message: fault, next: '' }) as const,
    );
    for (const fault of faults) tellFailure(display(order.json), new Failure('config', fault));
    return exits.config.status;
  }
  const { config } = reading;
  const screen = display(order.json, { colour: config.colour, live: order.command === undefined });
  const interrupt = new AbortController();
  // Once: whoever presses Ctrl-C a second time means it, and the system ends us.
  const stop = (): void => interrupt.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  const letGo = (): void => signals.forEach((signal) => process.off(signal, stop));
  const ask = terminalAsk(interrupt.signal);
  try {
    return await connect(order, {
      config,
      display: screen,
      ask,
      interrupt: interrupt.signal,
      letGo,
    });
  } catch (thrown) {
    return tellFailure(screen, failureOf(thrown, interrupt.signal));
  }
}

function tellFailure(screen: Display, failure: Failure): number {
  const { status } = exits[failure.exit];
  const { code, message, next } = failure;
  screen.tell({ event: 'failed', code, message, next, status });
  return status;
}

/** One question at the terminal, or nothing where either end of it is something else. */
function terminalAsk(signal: AbortSignal): Ask | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // readline reads Ctrl-C as a key, so no signal arrives while it is open.
    terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    try {
      return await terminal.question(question, { signal });
    } finally {
      terminal.close();
    }
  };
}

function display(json: boolean, { colour, live } = { colour: false, live: false }): Display {
  return openDisplay({
    json,
    live,
    colour,
    out: process.stdout,
    err: process.stderr,
    now: () => new Date(),
  });
}
