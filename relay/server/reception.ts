// Where admission meets the world: gathers the facts, opens the session, has its start on disk before anybody hears of
// it, and records its end. Also what a live session asks of the relay: another connection, a later token.

import type { GrantClaims } from '../grant.ts';
import { tunnelPath } from '../frames.ts';
import type { TunnelRefusalCode } from '../refusals.ts';
import { judgeAdmission, refusalOfEnd } from './admission.ts';
import type { Clock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import type { Dial } from './dial.ts';
import type { GateVerdict } from './gate.ts';
import type { Log } from './log.ts';
import type { RelayMetrics } from './metrics.ts';
import { isSameButForTimes, judgeRenewal } from './renewal.ts';
import { openSession, type Session, type SessionDeps } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Spool } from './spool.ts';
import type { Standing } from './standing.ts';
import { judgeTarget, type TargetVerdict } from './targets.ts';
import type { UpgradeDeps } from './upgrade.ts';

export interface ReceptionDeps {
  readonly config: RelayConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  readonly standing: Standing;
  readonly sessions: Sessions;
  readonly spool: Spool;
  readonly dial: Dial;
}

export interface Reception extends Pick<UpgradeDeps, 'admit' | 'bindNonce' | 'refused'> {
  /** From now on nobody new is admitted. */
  drain(): void;
  isDraining(): boolean;
  /** The record can take another event. */
  canRecord(): boolean;
  /** Connections that are open or being dialled, of all sessions. */
  connections(): number;
}

type Proven = Extract<GateVerdict, { kind: 'proven' }> & { readonly address: string };

/** Refusals that say something about a person or a thief. The others say something about the relay. */
const worthRecording: ReadonlySet<TunnelRefusalCode> = new Set([
  'invalid_dpop_proof',
  'grant_revoked',
  'not_this_relay',
  'target_not_allowed',
  'too_many_sessions',
] as const);

export function createReception(deps: ReceptionDeps): Reception {
  const { config, clock, log, metrics, standing, sessions, spool } = deps;
  const { limits } = config;
  const nonces = new WeakMap<Session, string>();
  const renewing = new WeakSet<Session>();
  const starts = new WeakMap<Session, Promise<unknown>>();
  let isDraining = false;
  let connections = 0;

  async function admit(proven: Proven): ReturnType<UpgradeDeps['admit']> {
    const { claims, run } = proven;
    const known = sessions.find(claims, run);
    const admission = judgeAdmission(claims, factsOf(claims, known));
    if (admission.kind === 'refused') return admission;
    return known ? resume(known, claims) : start(proven);
  }

  function factsOf(claims: GrantClaims, known: Session | undefined) {
    const itself = known === undefined ? 0 : 1;
    return {
      isDraining,
      target: targetOf(claims),
      isRevoked: standing.isRevoked(claims),
      lease: standing.lease(),
      continues: known !== undefined,
      sessionsOfGrant: sessions.countOf(claims.gid) - itself,
      sessionsInAll: sessions.count() - itself,
      maxSessions: limits.maxSessions,
      canRecord: canRecord(),
    };
  }

  function canRecord(): boolean {
    return !spool.isBroken() && spool.pendingCount() < limits.maxPendingEvents;
  }

  function targetOf(claims: GrantClaims): TargetVerdict | { readonly kind: 'other-namespace' } {
    const rules = config.namespaces.get(claims.ns);
    return rules ? judgeTarget(rules, claims.target) : { kind: 'other-namespace' };
  }

  async function resume(session: Session, claims: GrantClaims): ReturnType<UpgradeDeps['admit']> {
    // A run that asks twice at once must not get past the disk by being its own predecessor.
    await starts.get(session);
    const current = session.claims();
    if (!isSameButForTimes(claims, current)) return { kind: 'refused', code: 'invalid_token' };
    if (!session.isOver() && claims.exp > current.exp) session.extend(claims);
    return admitted(session);
  }

  /** Looks again at what may have changed while the start was written. */
  function admitted(session: Session): Awaited<ReturnType<UpgradeDeps['admit']>> {
    // It has no tunnel yet, so it would not hear that the relay drains, and be cut without a word.
    if (isDraining) session.end('shutdown');
    const reason = session.endReason();
    if (reason === undefined) return { kind: 'admitted', session };
    return { kind: 'refused', code: refusalOfEnd(reason) };
  }

  async function start({ claims, run, address }: Proven): ReturnType<UpgradeDeps['admit']> {
    // Listed before its start is written, so that it counts against the limits and a revocation finds it.
    const session = openSession({ claims, run }, sessionDeps);
    sessions.add(session);
    const { gid, jti, sub } = claims;
    const written = spool
      .append({ type: 'session.start', session: session.id, gid, jti, sub, run, address })
      .catch((error: unknown) => {
        session.end('error');
        throw error;
      });
    starts.set(
      session,
      written.catch(() => undefined),
    );
    await written;
    const { target } = claims;
    log.info({ session: session.id, grant: gid, sub, target, address }, 'session started');
    return admitted(session);
  }

  const sessionDeps: SessionDeps = {
    clock,
    limits,
    mayOpen(claims) {
      if (standing.isRevoked(claims)) return { kind: 'no', refusal: 'revoked' };
      if (standing.lease().kind !== 'fresh') return { kind: 'no', refusal: 'stale' };
      if (connections >= limits.maxConnections) return { kind: 'no', refusal: 'too-many' };
      const { kind } = targetOf(claims);
      const mayDial = kind === 'literal' || kind === 'resolve';
      return mayDial ? { kind: 'yes' } : { kind: 'no', refusal: 'not-allowed' };
    },
    async dial(claims, signal) {
      const verdict = targetOf(claims);
      if (verdict.kind === 'literal' || verdict.kind === 'resolve')
        return deps.dial(verdict, signal);
      return { kind: 'refused', address: claims.target, why: 'not-allowed' };
    },
    failed(session, dialling) {
      const grant = session.claims().gid;
      log.warn({ session: session.id, grant, ...dialling }, 'a connection was not made');
      const reason = dialling.kind === 'refused' ? 'not-allowed' : dialling.why;
      metrics.add('sallyport_relay_dial_failures_total', { reason });
    },
    counted: (difference) => (connections += difference),
    renew(session, frame) {
      // One at a time: each costs two signatures, and an honest client sends one an hour.
      if (renewing.has(session)) return session.tell({ kind: 'renewal-refused', reason: 'busy' });
      renewing.add(session);
      void renew(session, frame).finally(() => renewing.delete(session));
    },
    ended(session, { reason, fault }) {
      sessions.remove(session);
      const { gid } = session.claims();
      const figures = session.figures();
      log.info({ session: session.id, grant: gid, reason, fault, ...figures }, 'session ended');
      metrics.add('sallyport_relay_sessions_ended_total', { reason });
      const end = { type: 'session.end', session: session.id, gid, reason, ...figures } as const;
      // Lost to the disk, it is inferred from the start when the relay starts again.
      spool
        .append(end)
        .catch((error: unknown) => log.alarm({ err: error }, 'an end was not recorded'));
    },
  };

  async function renew(
    session: Session,
    frame: { readonly token: string; readonly proof: string },
  ): Promise<void> {
    const renewal = await judgeRenewal(frame, {
      keys: standing.keys(),
      issuer: config.bot.url,
      audience: config.url,
      now: new Date(clock.wall()),
      current: session.claims(),
      url: `${config.url}${tunnelPath}`,
      nonce: nonces.get(session) ?? '',
    });
    if (session.isOver()) return;
    if (renewal.kind === 'refused') {
      const grant = session.claims().gid;
      log.warn({ session: session.id, grant, reason: renewal.reason }, 'a later token was refused');
      return session.tell({ kind: 'renewal-refused', reason: renewal.reason });
    }
    session.extend(renewal.claims);
    session.tell({ kind: 'renewed', exp: renewal.claims.exp });
  }

  return {
    admit,
    bindNonce: (session, nonce) => void nonces.set(session, nonce),
    refused({ code, found, claims, address }) {
      // Every client is asked for the nonce once; that is no refusal.
      if (code === 'use_dpop_nonce') return;
      log.info({ code, found, grant: claims?.gid, sub: claims?.sub, address }, 'refused');
      metrics.add('sallyport_relay_refusals_total', { code });
      if (claims === undefined || !worthRecording.has(code)) return;
      if (spool.isBroken() || spool.pendingCount() >= limits.maxPendingEvents / 2) return;
      const { gid, sub } = claims;
      const reason = `${code}: ${found}`;
      spool
        .append({ type: 'refused', gid, sub, reason, address })
        .catch((error: unknown) => log.alarm({ err: error }, 'a refusal was not recorded'));
    },
    drain: () => void (isDraining = true),
    isDraining: () => isDraining,
    canRecord,
    connections: () => connections,
  };
}
