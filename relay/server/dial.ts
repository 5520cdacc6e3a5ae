// Opens one TCP connection to a target that targets.ts allows. A name is resolved once, every answer is judged, and the
// address that was judged is the address that is dialled: there is no second look-up for an attacker to answer. A
// look-up cannot be called back and holds one of the few threads that the disk needs too, so a name has one under way
// at a time.

import { lookup as systemLookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { judgeAddresses, type Target, type TargetVerdict } from './targets.ts';

export type Dialling =
  | { readonly kind: 'connected'; readonly socket: Socket }
  /** The name led to an address that may not be dialled. */
  | { readonly kind: 'refused'; readonly address: string; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'cancelled' };

/** All addresses of a name. */
type Lookup = (host: string) => Promise<readonly string[]>;

export interface DialOptions {
  readonly timeoutMs: number;
  /** Addresses of this relay and of the bot. */
  isOurs(address: string): boolean;
  readonly lookup?: Lookup;
}

export type Dial = (
  verdict: Exclude<TargetVerdict, { kind: 'not-allowed' }>,
  signal: AbortSignal,
) => Promise<Dialling>;

/**
 * The function never rejects. One that is cancelled settles when its look-up has come to an end or the time is over:
 * until then it is not free.
 */
export function createDial({ timeoutMs, isOurs, lookup = lookUp }: DialOptions): Dial {
  const lookUpShared = shared(lookup);
  return async (verdict, cancelled) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const { target } = verdict;
    try {
      const addresses = await resolve(target, lookUpShared, timeout);
      cancelled.throwIfAborted();
      if (verdict.kind === 'resolve') {
        const judged = judgeAddresses(verdict, addresses, isOurs);
        if (judged.kind === 'refused') return judged;
      }
      const signal = AbortSignal.any([cancelled, timeout]);
      return { kind: 'connected', socket: await connectAny(addresses, target.port, signal) };
    } catch (error) {
      if (cancelled.aborted) return { kind: 'cancelled' };
      return { kind: 'unreachable', why: timeout.aborted ? 'ETIMEDOUT' : codeOf(error) };
    }
  };
}

async function resolve(
  { host }: Target,
  lookup: Lookup,
  timeout: AbortSignal,
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const addresses = await Promise.race([lookup(host), rejectionOf(timeout)]);
  if (addresses.length === 0) throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
  return addresses;
}

/** Whoever asks for a name that is being looked up waits for the same answer. */
function shared(lookup: Lookup): Lookup {
  const underWay = new Map<string, Promise<readonly string[]>>();
  return (host) => {
    const known = underWay.get(host);
    if (known !== undefined) return known;
    const answer = lookup(host).finally(() => underWay.delete(host));
    underWay.set(host, answer);
    return answer;
  };
}

async function lookUp(host: string): Promise<string[]> {
  const answers = await systemLookup(host, { all: true, order: 'verbatim' });
  return answers.map(({ address }) => address);
}

/** In the order of the answers: the first that takes the connection. */
async function connectAny(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown;
  for (const host of addresses) {
    try {
      return await connectOne(host, port, signal);
    } catch (error) {
      failure = error;
      if (signal.aborted) break;
    }
  }
  throw failure;
}

function connectOne(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // allowHalfOpen: protocols use shutdown(SHUT_WR); without it Node would close the other direction too.
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      // `reject` stays on as the error handler of the moments until the pipe has its own; by now it does nothing.
      resolve(socket);
    });
  });
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown';
}
