// All live sessions of this relay. Promises that a revoked grant loses every session before the call returns, and that
// every deadline is looked at each second on both clocks, whatever became of the sessions' own timers.

import type { EndReason, Notice } from '../frames.ts';
import type { GrantClaims } from '../grant.ts';
import type { Figures } from './ledger.ts';
import type { Session } from './session.ts';
import type { Lease } from './standing.ts';

export interface Sessions {
  add(session: Session): void;
  remove(session: Session): void;
  /** The session that this run, with this key, under this grant, has here. */
  find(claims: GrantClaims, run: string): Session | undefined;
  countOf(gid: string): number;
  count(): number;
  /** Of all sessions since the start, also those that have ended. */
  carried(): Figures;
  /** Ends every session of the grant at once, and says how many. */
  cut(gid: string, reason: EndReason): number;
  /** The same for every session whose token was issued before this moment (seconds). */
  cutBefore(moment: number, reason: EndReason): number;
  endAll(reason: EndReason): void;
  tellAll(notice: Notice): void;
  sweep(lease: Lease): void;
  /** Those whose figures have changed since they were asked for last. */
  changedFigures(): (Figures & { readonly session: string })[];
}

export function createSessions(): Sessions {
  const byId = new Map<string, Session>();
  const byGrant = new Map<string, Set<Session>>();
  const reported = new WeakMap<Session, Figures>();
  let ended: Figures = { bytesUp: 0, bytesDown: 0, connections: 0 };

  return {
    add(session) {
      const { gid } = session.claims();
      byId.set(session.id, session);
      const siblings = byGrant.get(gid) ?? new Set();
      byGrant.set(gid, siblings.add(session));
    },
    remove(session) {
      const { gid } = session.claims();
      if (byId.delete(session.id)) ended = sum(ended, session.figures());
      const siblings = byGrant.get(gid);
      if (siblings?.delete(session) && siblings.size === 0) byGrant.delete(gid);
    },
    find({ gid, cnf }, run) {
      for (const session of byGrant.get(gid) ?? []) {
        // The key as well: knowing somebody's run is not being that run.
        if (session.run === run && session.claims().cnf.jkt === cnf.jkt) return session;
      }
      return undefined;
    },
    countOf: (gid) => byGrant.get(gid)?.size ?? 0,
    count: () => byId.size,
    carried: () => [...byId.values()].map((session) => session.figures()).reduce(sum, ended),
    cut: (gid, reason) => endThese([...(byGrant.get(gid) ?? [])], reason),
    cutBefore(moment, reason) {
      const old = byId.values().filter((session) => session.claims().iat < moment);
      return endThese([...old], reason);
    },
    endAll(reason) {
      for (const session of byId.values()) session.end(reason);
    },
    tellAll(notice) {
      for (const session of byId.values()) session.tell(notice);
    },
    sweep(lease) {
      for (const session of byId.values()) session.sweep(lease);
    },
    changedFigures() {
      return [...byId.values()].flatMap((session) => {
        const figures = session.figures();
        const before = reported.get(session);
        if (before && isSame(before, figures)) return [];
        reported.set(session, figures);
        return [Object.assign({ session: session.id }, figures)];
      });
    },
  };
}

function endThese(sessions: readonly Session[], reason: EndReason): number {
  for (const session of sessions) session.end(reason);
  return sessions.length;
}

function sum(one: Figures, other: Figures): Figures {
  return {
    bytesUp: one.bytesUp + other.bytesUp,
    bytesDown: one.bytesDown + other.bytesDown,
    connections: one.connections + other.connections,
  };
}

function isSame(one: Figures, other: Figures): boolean {
  return (
    one.bytesUp === other.bytesUp &&
    one.bytesDown === other.bytesDown &&
    one.connections === other.connections
  );
}
