// The relay's end of the control channel: dials out to the bot, so that the relay's network needs no hole for it, and
// dials again when the line is silent or breaks. What is said on it is conversation.ts.

import { WebSocket } from 'ws';
import { controlLimits, controlPath, controlProtocol, relayNameHeader } from '../control.ts';
import { openConversation, type ConversationDeps } from './conversation.ts';

export interface Control {
  /** The bot's address as last dialled, so that no grant leads a session to it. */
  botAddress(): string | undefined;
  close(): void;
}

/** The first pause before dialling again; it doubles up to the last one, each with chance in it. */
const firstPauseMs = 250;
const lastPauseMs = 5000;
/** The bot speaks every few seconds. Silence for this long means that the line is dead, whatever TCP says. */
const silenceMs = controlLimits.leaseEverySeconds * 3 * 1000;

export function openControl(deps: ConversationDeps): Control {
  let isClosed = false;
  let pauseMs = firstPauseMs;
  let botAddress: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  let current: WebSocket | undefined;

  function dial(): void {
    const socket = new WebSocket(addressOf(deps.config.bot.url), controlProtocol, {
      headers: { [relayNameHeader]: deps.config.name },
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: controlLimits.handshakeSeconds * 1000,
      maxPayload: controlLimits.maxMessageChars,
      maxFragments: 1,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      // A bot with a private authority is vouched for by that one alone.
      ...(deps.config.bot.caPem !== undefined && { ca: deps.config.bot.caPem }),
    });
    current = socket;
    converse(socket);
  }

  function converse(socket: WebSocket): void {
    let why = 'the bot hung up';
    const fail = (reason: string, kind: 'fault' | 'alarm'): void => {
      if (kind === 'alarm') deps.log.alarm({ why: reason }, 'control channel');
      why = reason;
      socket.terminate();
    };
    const send = (text: string): void => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    };
    const caughtUp = (): void => {
      pauseMs = firstPauseMs;
      deps.log.info({}, 'the bot has told everything');
      deps.caughtUp();
    };
    const conversation = openConversation({ ...deps, caughtUp }, { send, fail });
    const silence = setTimeout(() => fail('the bot is silent', 'fault'), silenceMs);
    deps.spool.onEvent(() => conversation.eventsReady());

    socket.on('upgrade', (response) => (botAddress = response.socket.remoteAddress));
    socket.on('message', (data: Buffer, isBinary) => {
      silence.refresh();
      if (isBinary) fail('the bot sent bytes', 'fault');
      else if (socket.readyState === socket.OPEN) conversation.receive(data.toString('utf8'));
    });
    socket.on('ping', () => silence.refresh());
    socket.on('error', (error) => (why = whyOf(error)));
    socket.on('close', () => {
      clearTimeout(silence);
      conversation.close();
      if (isClosed) return;
      deps.log.warn({ why }, 'the control channel is down');
      // Chance in the pause, so that a bot that restarts is not dialled by all its relays at one moment.
      retry = setTimeout(dial, pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, lastPauseMs);
    });
  }

  dial();
  return {
    botAddress: () => botAddress,
    close() {
      isClosed = true;
      clearTimeout(retry);
      current?.terminate();
    },
  };
}

/** Where nobody here vouches for the bot's certificate, with the setting that mends it. */
function whyOf(error: NodeJS.ErrnoException): string {
  const { message } = error;
  if (!unvouched.has(error.code ?? '')) return message;
  return `${message}: where the bot's certificate is of a private authority, bot.ca in relay.yml names that authority`;
}

/** As Node names what OpenSSL finds of a chain that ends at no authority it trusts. */
const unvouched = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function addressOf(origin: string): string {
  return `${origin.replace(/^https:/, 'wss:')}${controlPath}`;
}
