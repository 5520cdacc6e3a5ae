// The control channel between bot and relay: every message, sealed and opened on one page. Each is a compact JWS. The
// bot signs with its control key, which relay.yml pins, and numbers what it says by (epoch, seq), which only grows; the
// relay signs with its own key and names the challenge of the connection. Whoever ends the TLS in between can stop the
// channel, but neither write, change, repeat nor drop a message unnoticed. Pure: sockets and memory are elsewhere.

import type { JWK } from 'jose';
import { readBotMessage, readRelayMessage } from './control-messages.ts';
import type { BotMessage, RelayMessage } from './control-messages.ts';
import type { Signer } from './grant.ts';
import { hasExactMembers, isRecord, isSignedBy, readCompact, signCompact } from './jws.ts';
import { signatureAlgorithm, type CompactFault, type JsonRecord } from './jws.ts';

export type { BotMessage, RelayEvent, RelayEventBody, RelayMessage } from './control-messages.ts';
export type { Revocation } from './control-messages.ts';

export const controlPath = '/relays/control';
export const controlProtocol = 'sallyport-control.v1';
/**
 * The relay's name in its Upgrade request, so that the challenge can be sealed for it. A hint; the hello's signature
 * proves it.
 */
export const relayNameHeader = 'sallyport-relay';

export const controlLimits = {
  /** The largest message, both ways: a snapshot with ten thousand revocations fits. */
  maxMessageChars: 4 * 1024 * 1024,
  /** A challenge that is not answered by a hello, or a hello without a snapshot, ends after this long. */
  handshakeSeconds: 10,
  /** The bot sends a lease this often. */
  leaseEverySeconds: 5,
  /** A lease is good for this long: the relay admits nobody on an older one. */
  leaseSeconds: 30,
  /** A relay whose clock is off the bot's by more admits nobody. */
  maxClockOffsetSeconds: 5,
} as const;

/** Where the bot stands in what it has said. */
export interface Position {
  /**
   * 1 at first. A bot restored from a backup opens a later one: the moment (seconds since 1970) from which what it gives
   * counts again. What was given before, it may not know of, and nobody could take it back.
   */
  readonly epoch: number;
  readonly seq: number;
}

type ControlFault = CompactFault | 'header' | 'signature' | 'claims' | 'message';

export type BotVerdict =
  | ({ readonly kind: 'valid'; readonly iat: number; readonly message: BotMessage } & Position)
  | { readonly kind: 'invalid'; readonly reason: ControlFault };

export type RelayVerdict =
  | { readonly kind: 'valid'; readonly seq: number; readonly message: RelayMessage }
  | { readonly kind: 'invalid'; readonly reason: ControlFault };

/** bot → relay. `relay` is the name of the one it is meant for. */
export function sealBotMessage(
  message: BotMessage,
  envelope: Position & { readonly relay: string; readonly now: Date },
  signer: Signer,
): Promise<string> {
  const { relay, epoch, seq, now } = envelope;
  const payload = { aud: relay, epoch, seq, iat: now.getTime() / 1000, msg: message };
  return signCompact({ typ: botType, kid: signer.kid }, payload, (data) => signer.sign(data));
}

/** Checked with the pinned key alone; its number still has to be judged by {@link judgePosition}. Never throws. */
export async function openBotMessage(
  text: string,
  expected: { readonly key: JWK; readonly relay: string },
): Promise<BotVerdict> {
  const opened = await open(text, { key: expected.key, typ: botType });
  if (opened.kind === 'invalid') return opened;
  const { aud, epoch, seq, iat, msg } = opened.payload;
  if (aud !== expected.relay || !isNumber(epoch) || !isNumber(seq) || !isMoment(iat)) {
    return { kind: 'invalid', reason: 'claims' };
  }
  const message = readBotMessage(msg);
  if (message === undefined) return { kind: 'invalid', reason: 'message' };
  return { kind: 'valid', epoch, seq, iat, message };
}

/** relay → bot. `conn` is the nonce of this connection's challenge; `seq` counts from 1 within it. */
export function sealRelayMessage(
  message: RelayMessage,
  envelope: RelayEnvelope & { readonly seq: number; readonly now: Date },
  signer: Signer,
): Promise<string> {
  const { relay, bot, conn, seq, now } = envelope;
  const payload = { iss: relay, aud: bot, conn, seq, iat: now.getTime() / 1000, msg: message };
  return signCompact({ typ: relayType, kid: signer.kid }, payload, (data) => signer.sign(data));
}

/** `bot` is the bot's https origin. */
export interface RelayEnvelope {
  readonly relay: string;
  readonly bot: string;
  readonly conn: string;
}

/** Checked with the key that the bot's configuration names for this relay. The caller checks that `seq` is the next. */
export async function openRelayMessage(
  text: string,
  expected: RelayEnvelope & { readonly key: JWK },
): Promise<RelayVerdict> {
  const opened = await open(text, { key: expected.key, typ: relayType });
  if (opened.kind === 'invalid') return opened;
  const { iss, aud, conn, seq, iat, msg } = opened.payload;
  const isOurs = iss === expected.relay && aud === expected.bot && conn === expected.conn;
  if (!isOurs || !isNumber(seq) || !isMoment(iat)) return { kind: 'invalid', reason: 'claims' };
  const message = readRelayMessage(msg);
  if (message === undefined) return { kind: 'invalid', reason: 'message' };
  return { kind: 'valid', seq, message };
}

/**
 * Whether a message of the bot comes next. Between connections numbers may be left out (the bot reserves them in
 * blocks), so the first of a connection only has to be higher; within one, a missing number is a missing message.
 */
export function judgePosition(
  last: Position | undefined,
  next: Position,
  { first }: { readonly first: boolean },
): 'next' | 'replay' | 'gap' {
  if (last === undefined) return 'next';
  const isHigher = next.epoch > last.epoch || (next.epoch === last.epoch && next.seq > last.seq);
  if (!isHigher) return 'replay';
  if (first) return 'next';
  return next.epoch === last.epoch && next.seq === last.seq + 1 ? 'next' : 'gap';
}

// One kind of token per direction (RFC 8725 §3.11): neither can be taken for the other, nor for a grant.
const botType = 'sallyport-control+jwt';
const relayType = 'sallyport-relay+jwt';

async function open(
  text: string,
  { key, typ }: { readonly key: JWK; readonly typ: string },
): Promise<{ kind: 'opened'; payload: JsonRecord } | { kind: 'invalid'; reason: ControlFault }> {
  const reading = readCompact(text, controlLimits.maxMessageChars);
  if (reading.kind === 'unreadable') return { kind: 'invalid', reason: reading.reason };
  const { header, payload } = reading;
  const isOurKind =
    hasExactMembers(header, ['alg', 'typ', 'kid']) &&
    header['typ'] === typ &&
    header['alg'] === signatureAlgorithm;
  if (!isOurKind) return { kind: 'invalid', reason: 'header' };
  // The key is pinned: `kid` is a label for people who read along, and chooses nothing.
  if (!(await isSignedBy(text, key))) return { kind: 'invalid', reason: 'signature' };
  return isRecord(payload) ? { kind: 'opened', payload } : { kind: 'invalid', reason: 'claims' };
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800;
}
