// What the person or the calling program sees. The convention of this client:
//
//   standard error    for people, always: sign-in, address, the line to paste, warnings, how it ended
//   standard output   for programs, only: JSON Lines with --json, the command's own output with --exec, else empty
//
// Messages are sentences; a failure has a second line that says what to do next. A live line with the time left is
// drawn on a terminal only, and never over a command. Every text from the network goes through `visible`.

import { visible } from './visible.ts';
import type { ClientEvent } from './events.ts';
import { describeBytes, describeDuration, describeMoment } from './wording.ts';

/** The part of a stream that the display writes to. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

interface Traffic {
  readonly open: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface Display {
  tell(event: ClientEvent): void;
  /** Redraws the live line. `leftMs` until the grant's end; `connected` is false while the relay is away. */
  draw(state: { leftMs: number; connected: boolean; traffic: Traffic }): void;
}

export interface DisplaySettings {
  readonly json: boolean;
  readonly out: Screen;
  readonly err: Screen;
  readonly colour: boolean;
  /** False when a command of --exec has the terminal. */
  readonly live: boolean;
  readonly now: () => Date;
}

export function openDisplay(settings: DisplaySettings): Display {
  return settings.json ? jsonDisplay(settings) : humanDisplay(settings);
}

/** One event, one line. Failures are told on standard error as well, for whoever reads a log of a script. */
function jsonDisplay({ out, err }: DisplaySettings): Display {
  return {
    tell(event) {
      out.write(`${printableJson(event)}\n`);
      if (event.event === 'failed') err.write(failureText(event.message, event.next));
    },
    draw() {},
  };
}

/** JSON.stringify leaves bidirectional overrides and C1 controls as they are; `\uXXXX` means the same to a program. */
function printableJson(event: ClientEvent): string {
  return JSON.stringify(event).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function humanDisplay({ err, colour, live, now }: DisplaySettings): Display {
  const isTerminal = err.isTTY === true;
  const bold = (text: string): string =>
    isTerminal && colour ? `\u001b[1m${text}\u001b[22m` : text;
  let drawn = false;

  function wipe(): void {
    if (drawn) err.write('\r\u001b[K');
    drawn = false;
  }

  return {
    tell(event) {
      wipe();
      err.write(sentenceFor(event, { now: now(), bold, live }));
    },
    draw({ leftMs, connected, traffic }) {
      if (!isTerminal || !live) return;
      const line = [
        connected ? `${describeDuration(leftMs)} left` : 'reconnecting',
        `${traffic.open} ${traffic.open === 1 ? 'connection' : 'connections'}`,
        `${describeBytes(traffic.bytesUp)} sent`,
        `${describeBytes(traffic.bytesDown)} received`,
        'Ctrl-C ends',
      ].join(' · ');
      // A line that wraps could not be wiped again, so it stays one short of the width.
      err.write(`\r\u001b[K${line.slice(0, Math.max((err.columns ?? 80) - 1, 1))}`);
      drawn = true;
    },
  };
}

interface Voice {
  readonly now: Date;
  readonly live: boolean;
  bold(text: string): string;
}

function sentenceFor(event: ClientEvent, voice: Voice): string {
  const { now, bold } = voice;
  switch (event.event) {
    case 'sign-in':
      return signInText(event, bold);
    case 'granted':
      return (
        `\n${bold(visible(event.resource))} as ${visible(event.role)}, for ${visible(event.grantee)}\n` +
        `until ${describeMoment(event.endsAt, now)} · ${visible(event.issue)}\n`
      );
    case 'ready':
      return readyText(event, voice);
    case 'reconnecting':
      return `${visible(event.message)} Trying again; the local address stays.\n`;
    case 'reconnected':
      return 'Connected again.\n';
    case 'expiring':
      return `${describeDuration(event.inSeconds * 1000)} left. To ask for more: /extend <duration> on the issue.\n`;
    case 'renewed':
      return `The grant now lasts until ${describeMoment(event.endsAt, now)}.\n`;
    case 'renewal-failed':
      return `More time could not be fetched: ${visible(event.message)}\n`;
    case 'stranger':
      return event.user === undefined
        ? 'A program whose user could not be told tried the local port and was refused.\n'
        : `A program of another user (uid ${event.user}) tried the local port and was refused.\n`;
    case 'connection-failed':
      return `A connection failed: ${visible(event.message)}\n`;
    case 'ended':
      return (
        `\n${visible(event.message)} ${event.connections} ${event.connections === 1 ? 'connection' : 'connections'}, ` +
        `${describeBytes(event.bytesUp)} sent, ${describeBytes(event.bytesDown)} received.\n` +
        (event.next === '' ? '' : `${visible(event.next)}\n`)
      );
    case 'failed':
      return failureText(event.message, event.next);
  }
}

function signInText(
  event: Extract<ClientEvent, { event: 'sign-in' }>,
  bold: (text: string) => string,
): string {
  const way = event.opened
    ? 'A page opens in your browser; if none does, open this link on this machine:'
    : 'Open this link in a browser on this machine:';
  return (
    `\nSign in to ${bold(visible(event.host))}.\n${way}\n\n  ${event.url}\n\n` +
    `Approve there only if the page shows ${bold(event.fingerprint)}.\n`
  );
}

function readyText(event: Extract<ClientEvent, { event: 'ready' }>, { bold, live }: Voice): string {
  const address = event.socket ?? `${event.host}:${event.port}`;
  // A command of --exec has the address already.
  const paste = event.line === undefined || !live ? '' : `paste    ${bold(event.line)}\n`;
  return `\naddress  ${bold(visible(address))}\n${paste}\n`;
}

function failureText(message: string, next: string): string {
  return `sallyport: ${visible(message)}\n${next === '' ? '' : `           ${visible(next)}\n`}`;
}
