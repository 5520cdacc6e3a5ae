// Every limit of the relay: its name (with the unit in it), its default, its bounds and a sentence. The settings take
// them under `limits:` with hyphens (`max-sessions`), and the reference is written from this table.

export interface LimitRow {
  readonly default: number;
  readonly least: number;
  readonly most: number;
  readonly sentence: string;
}

export type Limits = { readonly [Name in keyof typeof limitTable]: number };

export const limitTable = {
  maxUnprovenSockets: {
    default: 256,
    least: 1,
    most: 65_536,
    sentence: 'Sockets at one time, from everywhere, that have not shown a grant yet.',
  },
  maxUnprovenSocketsPerAddress: {
    default: 16,
    least: 1,
    most: 65_536,
    sentence: 'The same from one address; for IPv6, from one /64.',
  },
  tlsHandshakeMs: {
    default: 5000,
    least: 100,
    most: 60_000,
    sentence: 'A TLS handshake that takes longer is cut.',
  },
  headersMs: {
    default: 5000,
    least: 100,
    most: 60_000,
    sentence: 'Request headers that take longer to arrive are cut.',
  },
  admissionMs: {
    default: 10_000,
    least: 100,
    most: 60_000,
    sentence: 'From the first packet to the open tunnel; a socket that takes longer is cut.',
  },
  maxHeaderBytes: {
    default: 12_288,
    least: 8192,
    most: 65_536,
    sentence: 'All request headers together; a grant token and a proof fit well.',
  },
  maxSessions: {
    default: 10_000,
    least: 1,
    most: 1_000_000,
    sentence: 'Sessions at one time, of all grants.',
  },
  maxConnections: {
    default: 20_000,
    least: 1,
    most: 1_000_000,
    sentence:
      'Connections at one time, of all sessions: each may hold a window of bytes in each direction.',
  },
  maxSessionBufferBytes: {
    default: 1_048_576,
    least: 65_536,
    most: 67_108_864,
    sentence:
      'Bytes that wait for one client; above it the relay stops reading from the services behind.',
  },
  dialMs: {
    default: 10_000,
    least: 100,
    most: 120_000,
    sentence: 'Looking up and dialling a target together take no longer.',
  },
  pingSeconds: {
    default: 20,
    least: 1,
    most: 300,
    sentence: 'A client is asked this often whether it is still there.',
  },
  maxMissedPings: {
    default: 2,
    least: 1,
    most: 10,
    sentence: 'After so many pings without a sign of life its tunnel is cut.',
  },
  reconnectSeconds: {
    default: 30,
    least: 0,
    most: 600,
    sentence: 'A session whose tunnel broke waits this long for its client to come back.',
  },
  leaseSeconds: {
    default: 30,
    least: 1,
    most: 30,
    sentence: 'The bot was heard at most this long ago, or nobody is admitted.',
  },
  drainSeconds: {
    default: 30,
    least: 0,
    most: 3600,
    sentence: 'On SIGTERM sessions may go on this long before they are cut.',
  },
  checkpointSeconds: {
    default: 30,
    least: 1,
    most: 600,
    sentence: 'The bytes of live sessions are written down this often, in case the relay dies.',
  },
  maxPendingEvents: {
    default: 100_000,
    least: 100,
    most: 10_000_000,
    sentence: 'Events the bot has not acknowledged; above it nobody is admitted.',
  },
  sweepMs: {
    default: 1000,
    least: 10,
    most: 5000,
    sentence: 'Deadlines of live sessions are looked at this often, besides their own timers.',
  },
} as const satisfies Readonly<Record<string, LimitRow>>;

export const defaultLimits: Limits = mapLimits((row) => row.default);

/** How a limit is called in relay.yml: `maxSessions` is `max-sessions`. */
export function settingName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function mapLimits(value: (row: LimitRow, name: string) => number): Limits {
  const entries = Object.entries(limitTable).map(([name, row]) => [name, value(row, name)]);
  // The names are those of the table, so nothing is missing and nothing is new.
  return Object.fromEntries(entries) as Limits;
}
