// What the relay measures: one table, from which the registry, the reference (templates/metrics.md) and its test are
// made. What is counted elsewhere anyway, bytes above all, is read when somebody asks: the way of a byte pays nothing
// for being measured. No label holds a grant, a person or an address.

import { endReasons } from '../frames.ts';
import { openMetrics, type MetricTable, type Metrics } from '../metrics.ts';
import { tunnelRefusals, type TunnelRefusalCode } from '../refusals.ts';
import { conditionNames } from './conditions.ts';

export const relayMetrics = {
  sallyport_relay_condition: {
    type: 'gauge',
    labels: { condition: conditionNames },
    sentence: 'Whether a condition of readiness holds: 1 or 0. See /readyz.',
  },
  sallyport_relay_lease_age_seconds: {
    type: 'gauge',
    sentence: 'How long ago the bot was heard; `+Inf` when it never was.',
  },
  sallyport_relay_sessions_open: { type: 'gauge', sentence: 'Live sessions.' },
  sallyport_relay_sessions_ended_total: {
    type: 'counter',
    labels: { reason: endReasons },
    sentence: 'Sessions that have ended, by why.',
  },
  sallyport_relay_connections_open: {
    type: 'gauge',
    sentence: 'Connections of all sessions, those included that are being dialled.',
  },
  sallyport_relay_bytes_total: {
    type: 'counter',
    labels: { direction: ['up', 'down'] },
    sentence: 'Bytes carried: `up` from clients to services, `down` back.',
  },
  sallyport_relay_dial_failures_total: {
    type: 'counter',
    labels: {
      reason: [
        'not-allowed',
        'ECONNREFUSED',
        'ECONNRESET',
        'EHOSTUNREACH',
        'ENETUNREACH',
        'ENOTFOUND',
        'EAI_AGAIN',
        'ETIMEDOUT',
        'other',
      ],
    },
    sentence:
      'Connections to services that were not made; `not-allowed` is an address outside of the allow-list.',
  },
  sallyport_relay_refusals_total: {
    type: 'counter',
    labels: { code: refusalCodes() },
    sentence: 'Tunnels that were not opened, by code (templates/errors.md).',
  },
  sallyport_relay_spool_events: {
    type: 'gauge',
    sentence: 'Events on disk that the bot has not acknowledged.',
  },
  sallyport_relay_cut_seconds: {
    type: 'histogram',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    sentence: "From the arrival of a revocation to the cut of the grant's last session here.",
  },
} as const satisfies MetricTable;

export type RelayMetrics = Metrics<typeof relayMetrics>;

export function openRelayMetrics(): RelayMetrics {
  return openMetrics(relayMetrics);
}

/** Every client is asked for the nonce once; that is no refusal. */
function refusalCodes(): Exclude<TunnelRefusalCode, 'use_dpop_nonce'>[] {
  const codes = Object.keys(tunnelRefusals) as TunnelRefusalCode[];
  return codes.filter((code) => code !== 'use_dpop_nonce');
}
