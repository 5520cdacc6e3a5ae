// `sallyport connect` from beginning to end, in the order things can go wrong: is the host trusted, is the local place
// free, who is the person, which relay takes us. Promises that every way out closes what was opened and is told once.

import type { ConnectOrder } from './arguments.ts';
import type { ClientConfig } from './config.ts';
import { discoverHost, type Host } from './discovery.ts';
import type { Display } from './display.ts';
import { closedByUs, statusOfEnding, type Ending } from './endings.ts';
import { addressFields } from './events.ts';
import { runCommand, variablesFor } from './exec.ts';
import { asFailure, Failure } from './failure.ts';
import { rememberHost, trustHost, type Ask } from './hosts.ts';
import { authorities } from './http.ts';
import { openListener, resetSocket, type Listener } from './listener.ts';
import { generateSessionKey, type SessionKey } from '../proof.ts';
import { openSession, type Session, type SessionEvents } from './session.ts';
import { signIn } from './sign-in.ts';
import { openTokenDesk, type ClaimedGrant, type TokenDesk } from './token.ts';
import { lineToPaste } from './wording.ts';

export interface ConnectDeps {
  readonly config: ClientConfig;
  readonly display: Display;
  /** Absent where there is no terminal. */
  readonly ask?: Ask | undefined;
  /** Aborted when the person wants to stop. */
  readonly interrupt: AbortSignal;
  /** Called when a command takes over: from then on signals are its business. */
  readonly letGo: () => void;
}

/** How long connections that are under way when the command ends may take to finish. */
const graceAfterCommandMs = 1000;
const tickMs = 1000;
/** The same complaint is not repeated within this time: other programs must not be able to flood the terminal. */
const quietMs = 10_000;

/** Answers the status to exit with. Throws a Failure when it never came to a session. */
export async function connect(order: ConnectOrder, deps: ConnectDeps): Promise<number> {
  const { display, interrupt } = deps;
  const ca = await trustedAuthorities(order, deps);
  let session: Session | undefined;
  const mayTell = complaints();
  const listener = await openListener(order.place, {
    connection: (socket) => (session ? session.carry(socket) : resetSocket(socket)),
    stranger(user) {
      if (mayTell('stranger'))
        display.tell({ event: 'stranger', ...(user !== undefined && { user }) });
    },
  });
  let ticker: NodeJS.Timeout | undefined;
  try {
    const key = await generateSessionKey();
    const { claimed, desk } = await claim(order, deps, { ca, key });
    const { opened, ready } = openWith({ claimed, desk, key, listener, deps, mayTell });
    session = opened;
    ticker = setInterval(() => {
      opened.tick();
      display.draw({ ...opened.state(), traffic: opened.totals() });
    }, tickMs);
    const first = await Promise.race([
      ready.then(() => 'ready' as const),
      opened.ended.then(() => 'ended' as const),
      whenAborted(interrupt).then(() => 'interrupted' as const),
    ]);
    if (first === 'interrupted') throw interrupted();
    return first === 'ready' && order.command !== undefined
      ? await withCommand(opened, { command: order.command, claimed, listener, deps })
      : await untilEnded(opened, deps);
  } finally {
    clearInterval(ticker);
    listener.close();
    await session?.close(0);
  }
}

/** Whom to believe about the host, once it is known that the person trusts it. */
async function trustedAuthorities(
  { origin }: ConnectOrder,
  { config, ask, interrupt }: ConnectDeps,
): Promise<readonly string[] | undefined> {
  const { hostsFile, extraCa } = config;
  const trust = await trustHost(hostsFile, origin, ask);
  if (trust.kind === 'known') return authorities(trust.host.ca, extraCa);
  const ca = authorities(undefined, extraCa);
  await discoverHost({ origin, ca, signal: interrupt });
  // The private authority is remembered only for a host that it does vouch for, and then nobody else may.
  const isPrivate =
    extraCa !== undefined &&
    (await discoverHost({ origin, ca: [extraCa], signal: interrupt }).then(
      () => true,
      () => false,
    ));
  await rememberHost(hostsFile, origin, isPrivate ? { ca: extraCa } : {});
  return ca;
}

async function claim(
  order: ConnectOrder,
  { config, display, interrupt: signal }: ConnectDeps,
  { ca, key }: { ca: readonly string[] | undefined; key: SessionKey },
): Promise<{ claimed: ClaimedGrant; desk: TokenDesk }> {
  const { origin, grant } = order;
  const host: Host = await discoverHost({ origin, ca, signal });
  const signedIn = await signIn({
    host,
    grant,
    jkt: key.jkt,
    browser: config.browser,
    signal,
    show: (page) => display.tell({ event: 'sign-in', host: new URL(origin).host, grant, ...page }),
  });
  const desk = openTokenDesk({ host, grant, key, ca, signal, nowMs: Date.now });
  const claimed = await desk.redeem(signedIn);
  const { grantee, resource, role, protocol, endsAt, issue } = claimed.grant;
  display.tell({ event: 'granted', grant, grantee, resource, role, protocol, endsAt, issue });
  return { claimed, desk };
}

interface Opening {
  readonly claimed: ClaimedGrant;
  readonly desk: TokenDesk;
  readonly key: SessionKey;
  readonly listener: Listener;
  readonly deps: ConnectDeps;
  readonly mayTell: (what: string) => boolean;
}

/** Opens the session and ties it to listener and display; `ready` resolves when a relay has taken us. */
function openWith(opening: Opening): { opened: Session; ready: Promise<void> } {
  const { claimed, desk, key, listener, deps, mayTell } = opening;
  const { display, config } = deps;
  let becomeReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const events: SessionEvents = {
    connected({ relay, session }) {
      listener.release();
      if (becomeReady === undefined) return display.tell({ event: 'reconnected', relay, session });
      const line = lineToPaste(claimed.grant.protocol, listener.address);
      const place = addressFields(listener.address);
      display.tell({
        event: 'ready',
        ...place,
        ...(line !== undefined && { line }),
        relay,
        session,
      });
      becomeReady();
      becomeReady = undefined;
    },
    away(why) {
      listener.hold();
      display.tell({ event: 'reconnecting', ...why });
    },
    expiring: (inSeconds) => display.tell({ event: 'expiring', inSeconds }),
    renewed: (endsAt) => display.tell({ event: 'renewed', endsAt }),
    renewalFailed: (why) => display.tell({ event: 'renewal-failed', ...why }),
    connectionFailed(message) {
      if (mayTell(message)) display.tell({ event: 'connection-failed', message });
    },
  };
  const settings = { claimed, key, extraCa: config.extraCa, renew: desk.renew, nowMs: Date.now };
  return { opened: openSession({ ...settings, events }), ready };
}

/** Waits for the session's own end or the person's wish, and tells which it was. */
async function untilEnded(session: Session, { display, interrupt }: ConnectDeps): Promise<number> {
  await Promise.race([session.ended, whenAborted(interrupt)]);
  if (interrupt.aborted) await session.close(0);
  return tellEnding(display, session, await session.ended);
}

/** The command's end is ours. A session that ends before it is told, and the command is left to notice by itself. */
async function withCommand(
  session: Session,
  run: {
    command: readonly [string, ...string[]];
    claimed: ClaimedGrant;
    listener: Listener;
    deps: ConnectDeps;
  },
): Promise<number> {
  const { config, display, letGo } = run.deps;
  letGo();
  void session.ended.then((ending) => {
    if (ending !== closedByUs) tellEnding(display, session, ending);
  });
  const variables = variablesFor(run.claimed.grant.protocol, run.listener.address);
  const environment = { ...config.environment, ...variables };
  const status = await runCommand({ line: run.command, environment });
  await session.close(graceAfterCommandMs);
  return status;
}

function tellEnding(display: Display, session: Session, ending: Ending): number {
  const { connections, bytesUp, bytesDown } = session.totals();
  const { reason, message, next } = ending;
  const status = statusOfEnding(ending);
  display.tell({ event: 'ended', reason, message, next, status, connections, bytesUp, bytesDown });
  return status;
}

/** Resolves, never rejects: what an interrupt means depends on how far we are. */
function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Whatever was thrown while the person interrupted is their interruption, not a fault. */
export function failureOf(thrown: unknown, interrupt: AbortSignal): Failure {
  return interrupt.aborted && !(thrown instanceof Failure) ? interrupted() : asFailure(thrown);
}

function interrupted(): Failure {
  return new Failure('interrupted', {
    exit: 'interrupted',
    message: 'Interrupted.',
    next: '',
  });
}

function complaints(): (what: string) => boolean {
  const told = new Map<string, number>();
  return (what) => {
    const now = Date.now();
    for (const [old, atMs] of told) if (now - atMs > quietMs) told.delete(old);
    if (told.has(what)) return false;
    told.set(what, now);
    return true;
  };
}
