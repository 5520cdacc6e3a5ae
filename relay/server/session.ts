// One session: one run of the client under one grant, across reconnects. Promises that it ends at its deadline on
// either clock, that ending cuts both ends at once, that it ends once, and that every byte it carried is in its
// figures. What may be admitted is decided before (admission.ts); when all sessions are looked at, beside
// (sessions.ts).

import { randomBytes } from 'node:crypto';
import type { EndReason, Frame, Notice } from '../frames.ts';
import type { GrantClaims } from '../grant.ts';
import { deadlineAt, maxTimerMs, type Clock } from './clock.ts';
import type { Figures } from './ledger.ts';
import type { Limits } from './limits.ts';
import type { Lease } from './standing.ts';
import { openStreams, type OpenRefusal, type Streams, type StreamsHost } from './streams.ts';
import type { Wire, WireEvents } from './wire.ts';

export interface Session {
  readonly id: string;
  readonly run: string;
  /** Of the newest token. */
  claims(): GrantClaims;
  figures(): Figures;
  isOver(): boolean;
  /** Why it is over, once it is. */
  endReason(): EndReason | undefined;
  /**
   * The client's WebSocket. It replaces its predecessor, whose streams are reset. Returns what to do with its events.
   */
  attach(open: (events: WireEvents) => Wire): void;
  /** A later token for the same grant and key. */
  extend(claims: GrantClaims): void;
  tell(notice: Notice): void;
  /** Looks at every deadline. Called each second, besides the session's own timer. */
  sweep(lease: Lease): void;
  end(reason: EndReason): void;
}

export interface SessionDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Whether the relay as a whole lets another connection be dialled now. */
  mayOpen(
    claims: GrantClaims,
  ): { readonly kind: 'yes' } | { readonly kind: 'no'; readonly refusal: OpenRefusal };
  readonly dial: (claims: GrantClaims, signal: AbortSignal) => ReturnType<StreamsHost['dial']>;
  failed(session: Session, ...failure: Parameters<StreamsHost['failed']>): void;
  /** TOKEN: the answer goes out as a notice. */
  renew(session: Session, frame: { readonly token: string; readonly proof: string }): void;
  /** A place more or less that is taken, for the relay's own limit of connections. */
  counted(difference: 1 | -1): void;
  /** Once. */
  ended(session: Session, ending: { readonly reason: EndReason; readonly fault?: string }): void;
}

/** The client hears of the end this long before. */
const warningsSeconds = [300, 60] as const;

export function openSession(
  start: { readonly claims: GrantClaims; readonly run: string },
  deps: SessionDeps,
): Session {
  const { clock, limits } = deps;
  const figures = { bytesUp: 0, bytesDown: 0, connections: 0 };
  let claims = start.claims;
  let deadline = deadlineAt(claims.exp * 1000, clock);
  let warnings = warningsAhead();
  let timer: NodeJS.Timeout | undefined;
  let lastByteMs = clock.monotonic();
  let current: { readonly wire: Wire; readonly streams: Streams } | undefined;
  let awaySinceMs: number | undefined = clock.monotonic();
  let isOver = false;
  let endReason: EndReason | undefined;

  const session: Session = {
    id: randomBytes(16).toString('base64url'),
    run: start.run,
    claims: () => claims,
    figures: () => ({ ...figures }),
    isOver: () => isOver,
    endReason: () => endReason,
    attach,
    extend(later) {
      claims = later;
      deadline = deadlineAt(claims.exp * 1000, clock);
      warnings = warningsAhead();
      watchDeadline();
    },
    tell: (notice) => current?.wire.send({ kind: 'notice', notice }),
    sweep,
    end,
  };
  watchDeadline();
  return session;

  function attach(open: (events: WireEvents) => Wire): void {
    current?.streams.destroy();
    current?.wire.cut();
    const streams = openStreams(
      streamsHost({ send: (frame) => wire.send(frame), isFull: () => wire.isFull() }),
    );
    const wire: Wire = open({
      frame(frame) {
        if (!take(frame, streams))
          end('error', `${frame.kind} was against the rules of the tunnel`);
      },
      drained: () => streams.resume(),
      gone(ending) {
        streams.destroy();
        current = undefined;
        awaySinceMs = clock.monotonic();
        // A client that was merely lost may come back; sweep() sees to one that does not.
        if (ending.kind === 'goodbye') end('closed');
        else if (ending.kind === 'broke-rules') end('error', ending.fault);
      },
    });
    current = { wire, streams };
    awaySinceMs = undefined;
    wire.send({ kind: 'notice', notice: { kind: 'ready', session: session.id, exp: claims.exp } });
  }

  function take(frame: Frame, streams: Streams): boolean {
    if (frame.kind === 'notice') return false;
    if (frame.kind !== 'token') return streams.receive(frame);
    deps.renew(session, frame);
    return true;
  }

  function streamsHost(line: Pick<StreamsHost, 'send' | 'isFull'>): StreamsHost {
    return {
      ...line,
      moved(bytes) {
        lastByteMs = clock.monotonic();
        if ('up' in bytes) figures.bytesUp += bytes.up;
        else figures.bytesDown += bytes.down;
      },
      mayOpen() {
        if (isOver || deadline.remainingMs() === 0) return { kind: 'no', refusal: 'over' };
        const count = current?.streams.count() ?? 0;
        if (count >= claims.lim.connections) return { kind: 'no', refusal: 'too-many' };
        return deps.mayOpen(claims);
      },
      dial: (signal) => deps.dial(claims, signal),
      opened: () => deps.counted(1),
      closed: () => deps.counted(-1),
      connected: () => (figures.connections += 1),
      failed: (dialling) => deps.failed(session, dialling),
    };
  }

  function sweep(lease: Lease): void {
    const now = clock.monotonic();
    if (isOver) return;
    if (deadline.remainingMs() === 0) return end('expired');
    const graceMs = claims.lim.graceSeconds * 1000;
    if (lease.kind === 'never' || (lease.kind === 'lost' && lease.lostMs > graceMs)) {
      return end('control-lost');
    }
    if (now - lastByteMs >= claims.lim.idleSeconds * 1000) return end('idle');
    if (awaySinceMs !== undefined && now - awaySinceMs >= limits.reconnectSeconds * 1000) {
      return end('closed');
    }
    warn();
  }

  function warn(): void {
    const [next] = warnings;
    if (next === undefined || deadline.remainingMs() > next * 1000) return;
    warnings = warnings.slice(1);
    session.tell({ kind: 'expiring', inSeconds: Math.round(deadline.remainingMs() / 1000) });
  }

  /** Warnings that still lie ahead: a grant of two minutes does not begin with one. */
  function warningsAhead(): readonly number[] {
    return warningsSeconds.filter((seconds) => deadline.remainingMs() > seconds * 1000);
  }

  function watchDeadline(): void {
    clearTimeout(timer);
    if (isOver) return;
    const remainingMs = deadline.remainingMs();
    if (remainingMs === 0) return end('expired');
    // A timer can be early by a fraction, or be clamped: it looks again rather than believe that it is time.
    timer = setTimeout(watchDeadline, Math.min(Math.ceil(remainingMs), maxTimerMs));
  }

  function end(reason: EndReason, fault?: string): void {
    if (isOver) return;
    isOver = true;
    endReason = reason;
    clearTimeout(timer);
    // The connections first: from here no byte moves, whatever becomes of the last word.
    current?.streams.destroy();
    current?.wire.cut({ kind: 'notice', notice: { kind: 'ended', reason } });
    current = undefined;
    deps.ended(session, { reason, ...(fault !== undefined && { fault }) });
  }
}
