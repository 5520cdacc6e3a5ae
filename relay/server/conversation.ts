// One connection of the control channel, the relay's side, message by message: challenge, hello, snapshot, then both
// ways. Promises that nothing is believed that the pinned key did not sign, for this relay, in order; that a revocation
// is carried out before it is acknowledged and before anything is written to disk; and that events leave in order.

import {
  judgePosition,
  openBotMessage,
  sealRelayMessage,
  type BotMessage,
  type RelayMessage,
  type Revocation,
} from '../control.ts';
import type { RelayConfig } from './config.ts';
import type { RelayKey } from './key.ts';
import type { Log } from './log.ts';
import type { Memory } from './memory.ts';
import type { RelayMetrics } from './metrics.ts';
import type { Spool } from './spool.ts';
import type { Standing } from './standing.ts';

export interface ConversationDeps {
  readonly config: Pick<RelayConfig, 'name' | 'url' | 'bot'>;
  readonly key: RelayKey;
  readonly version: string;
  readonly standing: Standing;
  readonly memory: Memory;
  readonly spool: Spool;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  now(): Date;
  /** Ends every session of the grant at once and says how many. */
  cut(gid: string): number;
  /** The same for every session whose token was issued before this moment (seconds). */
  cutBefore(moment: number): number;
  /** The bot has told everything: the relay can admit. */
  caughtUp(): void;
}

export interface Conversation {
  receive(text: string): void;
  /** New events are on disk. */
  eventsReady(): void;
  /** The line is gone. */
  close(): void;
}

export interface Line {
  send(text: string): void;
  /** Hangs up. An alarm is for what an honest bot and an honest network do not do. */
  fail(why: string, kind: 'fault' | 'alarm'): void;
}

/** Events that may be under way without an answer. */
const eventWindow = 256;

/** When the bot says that it spoke, in seconds, and when that arrived here, by our own counting. */
interface When {
  readonly iat: number;
  readonly arrivedMs: number;
}

type Phase = 'challenge' | 'snapshot' | 'live';

export function openConversation(deps: ConversationDeps, line: Line): Conversation {
  const { config, standing, memory, spool } = deps;
  let phase: Phase = 'challenge';
  let isOver = false;
  let conn = '';
  let said = 0;
  let sentEvents = 0;
  let ackedEvents = 0;
  const inbound = inTurn(() => hangUp('a message could not be dealt with', 'fault'));
  const outbound = inTurn(() => hangUp('a message could not be signed', 'fault'));

  function hangUp(why: string, kind: 'fault' | 'alarm'): void {
    isOver = true;
    line.fail(why, kind);
  }

  async function hear(text: string, arrivedMs: number): Promise<void> {
    const verdict = await openBotMessage(text, { key: config.bot.controlKey, relay: config.name });
    // What was under way when the line was given up is not heard: the next connection tells it again.
    if (isOver) return undefined;
    if (verdict.kind === 'invalid') {
      return hangUp(`a message did not hold: ${verdict.reason}`, 'alarm');
    }
    const { position } = memory.state();
    const order = judgePosition(position, verdict, { first: phase === 'challenge' });
    if (order === 'replay') return hangUp('an old message was played again', 'alarm');
    if (order === 'gap') {
      // What is missing could have been a revocation.
      standing.distrust();
      return hangUp('a message is missing', 'alarm');
    }
    const { epoch, seq, iat } = verdict;
    if (epoch !== position?.epoch && !enter(epoch, position?.epoch)) {
      return hangUp('its epoch lies ahead of our clock', 'alarm');
    }
    act(verdict.message, { iat, arrivedMs });
    memory.keep({ position: { epoch, seq }, revoked: standing.revocations() });
  }

  /** Before anything of the new epoch is heard: what was given in the one before ends. */
  function enter(epoch: number, before: number | undefined): boolean {
    if (!standing.enter(epoch)) return false;
    const sessions = deps.cutBefore(epoch);
    if (before !== undefined) {
      deps.log.warn({ epoch, sessions }, 'the bot was restored; what it gave before has ended');
    }
    return true;
  }

  function act(message: BotMessage, when: When): void {
    if (phase === 'challenge' && message.type === 'challenge') {
      conn = message.nonce;
      phase = 'snapshot';
      return say({ type: 'hello', protocol: 1, version: deps.version, url: config.url });
    }
    if (phase === 'snapshot' && message.type === 'snapshot') return learn(message, when.iat);
    if (phase === 'live') return follow(message, when);
    hangUp(`${message.type} came when ${phase} was due`, 'fault');
  }

  function learn(snapshot: Extract<BotMessage, { type: 'snapshot' }>, iat: number): void {
    if (snapshot.issuer !== config.bot.url) {
      const why = `the bot calls itself ${snapshot.issuer}, relay.yml says ${config.bot.url}`;
      return hangUp(why, 'fault');
    }
    phase = 'live';
    // Revocations before the lease: nobody is admitted in between on what was revoked while we were away.
    // Each is confirmed like any other: the bot may have died with our first answer, or had none.
    for (const revocation of snapshot.revoked) {
      say({ type: 'revoke-ack', gid: revocation.gid, sessions: revoke(revocation) });
    }
    standing.setKeys(snapshot.keys);
    ackedEvents = snapshot.eventsAck;
    sentEvents = snapshot.eventsAck;
    acknowledge(snapshot.eventsAck);
    renewLease(snapshot.leaseSeconds, iat);
    deps.caughtUp();
    sendEvents();
  }

  function follow(message: BotMessage, { iat, arrivedMs }: When): void {
    switch (message.type) {
      case 'revoke': {
        const sessions = revoke(message);
        const seconds = (performance.now() - arrivedMs) / 1000;
        if (sessions > 0) deps.metrics.observe('sallyport_relay_cut_seconds', {}, seconds);
        deps.log.info({ grant: message.gid, sessions }, 'a grant was revoked');
        return say({ type: 'revoke-ack', gid: message.gid, sessions });
      }
      case 'lease':
        return renewLease(message.leaseSeconds, iat);
      case 'keys':
        return standing.setKeys(message.keys);
      case 'events-ack':
        ackedEvents = Math.max(ackedEvents, message.n);
        acknowledge(message.n);
        return sendEvents();
      default:
        return hangUp(`${message.type} came twice`, 'fault');
    }
  }

  function revoke(revocation: Revocation): number {
    standing.revoke(revocation);
    return deps.cut(revocation.gid);
  }

  function renewLease(leaseSeconds: number, iat: number): void {
    if (standing.renew({ iat, leaseSeconds })) return;
    const offsetSeconds = Math.round(deps.now().getTime() / 1000 - iat);
    deps.log.warn(
      { offsetSeconds },
      'our clock and the bot’s are too far apart; nobody is admitted',
    );
  }

  function acknowledge(n: number): void {
    if (spool.acknowledge(n)) return;
    deps.log.alarm({ n }, 'the bot has more events than we do: our record was lost');
  }

  function sendEvents(): void {
    if (phase !== 'live' || isOver) return;
    const room = eventWindow - (sentEvents - ackedEvents);
    for (const event of spool.pending(sentEvents, Math.max(0, room))) {
      sentEvents = event.n;
      say({ type: 'event', event });
    }
  }

  function say(message: RelayMessage): void {
    said += 1;
    const envelope = { relay: config.name, bot: config.bot.url, conn, seq: said, now: deps.now() };
    outbound(async () => line.send(await sealRelayMessage(message, envelope, deps.key.signer)));
  }

  return {
    receive(text) {
      const arrivedMs = performance.now();
      inbound(() => hear(text, arrivedMs));
    },
    eventsReady: sendEvents,
    close: () => void (isOver = true),
  };
}

/** Asynchronous steps one after another, in the order of the calls. */
function inTurn(failed: () => void): (step: () => Promise<void>) => void {
  let last: Promise<void> = Promise.resolve();
  return (step) => {
    last = last.then(step).catch(failed);
  };
}
