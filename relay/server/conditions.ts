// What has to be so for a session to be admitted here, as a list of named conditions. All of them count: a relay that
// admits nobody loses nothing by being passed over for another, and its live sessions go on as they are.

import type { Condition } from '../metrics-server.ts';
import type { Lease } from './standing.ts';

export const conditionTable = {
  admitting: { sentence: 'It is not about to stop.', otherwise: 'draining' },
  spool: {
    sentence: 'Events are written to disk, and fewer than `max-pending-events` wait for the bot.',
    otherwise: 'events cannot be written',
  },
  lease: {
    sentence:
      'The bot was heard no longer ago than its lease, so that no revocation can have been missed.',
    otherwise: 'the bot was not heard',
  },
  keys: {
    sentence: 'The bot has told the keys that sign grants.',
    otherwise: 'the bot has told no keys',
  },
} as const satisfies Readonly<Record<string, { sentence: string; otherwise: string }>>;

type ConditionName = keyof typeof conditionTable;
export const conditionNames = Object.keys(conditionTable) as ConditionName[];

export interface Known {
  readonly isDraining: boolean;
  readonly canRecord: boolean;
  readonly lease: Lease;
  readonly leaseSeconds: number;
  /** Since the bot was heard; infinite when it never was. */
  readonly heardSeconds: number;
  readonly keys: number;
}

export type RelayCondition = Condition & { readonly name: ConditionName };

export function conditionsOf(known: Known): RelayCondition[] {
  const heard = Number.isFinite(known.heardSeconds)
    ? { foundSeconds: Math.round(known.heardSeconds) }
    : {};
  return [
    state('admitting', !known.isDraining),
    state('spool', known.canRecord),
    {
      ...state('lease', known.lease.kind === 'fresh'),
      limitSeconds: known.leaseSeconds,
      ...heard,
    },
    state('keys', known.keys > 0),
  ];
}

/** The first thing that is not so, in a few words; undefined when a session would be admitted. */
export function unreadyBecause(conditions: readonly RelayCondition[]): string | undefined {
  const failing = conditions.find(({ holds }) => !holds);
  return failing && conditionTable[failing.name].otherwise;
}

function state(name: ConditionName, holds: boolean): RelayCondition {
  const { sentence, otherwise } = conditionTable[name];
  return { name, holds, counts: true, sentence, ...(!holds && { found: otherwise }) };
}
