// What has to be so for the bot to be of use, as a list of named conditions. Only one of them makes it unready: the
// others fail while GitHub or a relay is down. A bot that is taken out of rotation for that is lost to its relays, which
// come in by the same door: their sessions would end, and it could no longer revoke. Everything here is known already;
// nobody is called.

import type { Condition } from '../../relay/metrics-server.ts';

interface Row {
  readonly counts: boolean;
  readonly limitSeconds?: number;
  readonly sentence: string;
}

export const conditionTable = {
  relays: {
    counts: false,
    sentence: 'Every relay of `bot.yml` is connected, so that what is granted can be used and cut.',
  },
  store: {
    counts: true,
    sentence: 'The database takes a write. Without it nothing is decided or kept.',
  },
  policy: {
    counts: false,
    limitSeconds: 900,
    sentence:
      'The policy was read, and was without fault, no longer ago than the limit; it is read every five minutes. While it cannot be read nothing is granted, and while it is faulty the last good one stays in force.',
  },
  catalog: {
    counts: false,
    limitSeconds: 300,
    sentence:
      'Every source of the catalog that `bot.yml` names, repository or Backstage, was read whole no longer ago than the limit; they are read every minute. While one cannot be read nothing ends for want of it. Nothing is granted once a Backstage has not answered for `max-age-seconds`; a repository that GitHub does not show the App any more counts for an hour.',
  },
  app: {
    counts: false,
    sentence:
      "GitHub took the App's key when it last answered. Otherwise look at `github.app-id`, the private key and the clock.",
  },
  inbox: {
    counts: false,
    limitSeconds: 300,
    sentence: 'No delivery has been waiting for longer than the limit.',
  },
} as const satisfies Readonly<Record<string, Row>>;

export type ConditionName = keyof typeof conditionTable;
export const conditionNames = Object.keys(conditionTable) as ConditionName[];

/** What is known when somebody asks. */
export interface Known {
  readonly now: Date;
  readonly relaysMissing: readonly string[];
  readonly isWritable: boolean;
  /** When the policy was last read and found good. */
  readonly policyReadAt: Date | undefined;
  /** When each source of the catalog was last read whole, by its name; undefined where it never was. */
  readonly catalogReadAt: ReadonlyMap<string, Date | undefined>;
  /** Undefined until GitHub has answered a call that the App's key signed. */
  readonly isAppAccepted: boolean | undefined;
  /** Undefined where that could not be read. */
  readonly oldestDeliverySeconds: number | undefined;
}

export type BotCondition = Condition & { readonly name: ConditionName };

export function conditionsOf(known: Known): BotCondition[] {
  const { now, relaysMissing } = known;
  const since = (at: Date | undefined) => at && (now.getTime() - at.getTime()) / 1000;
  return [
    state(
      'relays',
      relaysMissing.length === 0,
      relaysMissing.map((name) => `${name} is missing`),
    ),
    state('store', known.isWritable),
    within('policy', since(known.policyReadAt)),
    catalogCondition(known),
    state('app', known.isAppAccepted ?? false, known.isAppAccepted === undefined ? [silent] : []),
    within('inbox', known.oldestDeliverySeconds),
  ];
}

const silent = 'GitHub has not answered since the start';

function state(name: ConditionName, holds: boolean, found: readonly string[] = []): BotCondition {
  const { counts, sentence } = conditionTable[name];
  return { name, holds, counts, sentence, ...(found.length > 0 && { found: found.join(', ') }) };
}

/** Names the sources that were not read in time. */
function catalogCondition({ now, catalogReadAt }: Known): BotCondition {
  const { limitSeconds } = conditionTable.catalog;
  const late = Array.from(catalogReadAt).flatMap(([name, readAt]) => {
    if (!readAt) return [`${name} was not read since the start`];
    const isInTime = now.getTime() - readAt.getTime() <= limitSeconds * 1000;
    return isInTime ? [] : [`${name} was last read at ${readAt.toISOString()}`];
  });
  return { ...state('catalog', late.length === 0, late), limitSeconds };
}

function within(name: 'policy' | 'inbox', foundSeconds: number | undefined): BotCondition {
  const { counts, limitSeconds, sentence } = conditionTable[name];
  // Unknown is a no.
  if (foundSeconds === undefined) {
    return { name, holds: false, counts, sentence, limitSeconds, found: 'it is not known' };
  }
  const rounded = Math.round(foundSeconds);
  return {
    name,
    holds: foundSeconds <= limitSeconds,
    counts,
    sentence,
    limitSeconds,
    foundSeconds: rounded,
  };
}
