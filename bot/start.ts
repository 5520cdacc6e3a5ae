// Opens the bot's rooms in the order they lean on each other and closes them in the reverse. Settings, clock and log
// are arguments, so that a whole bot can be started inside a test exactly as it runs in production.

import { Hono } from 'hono';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { controlPath } from '../relay/control.ts';
import { dataFolderFaults } from '../relay/data-folder.ts';
import { stillEligible } from './access/standing.ts';
import type { Config } from './config.ts';
import { openBackstage } from './backstage/room.ts';
import { databasePath, keysFolder } from './data-folder.ts';
import { watchDeadlines } from './deadlines.ts';
import { openFileVersions } from './file-versions.ts';
import { findConfirmable } from './github/confirming.ts';
import { openPhrases } from './github/phrases.ts';
import { openGitHub, type GitHubRoom } from './github/room.ts';
import { readFirstRules } from './first-rules.ts';
import { serve } from './http.ts';
import { openOidc } from './identity/oidc.ts';
import { recordClaimRefusal, recordToken } from './ledger/claims.ts';
import { recordConfirmation } from './ledger/grants.ts';
import { recordConfirmRefusal } from './ledger/waiting.ts';
import { openEpoch } from './ledger/epoch.ts';
import type { Ledger } from './ledger/ledger.ts';
import { recordRelayEvents } from './ledger/relays.ts';
import { openBotMetrics, type BotMetrics } from './observe/metrics.ts';
import { tellCommitted } from './observe/records.ts';
import { follow } from './observe/trail.ts';
import { openWatch } from './observe/watch.ts';
import { operate } from './operate.ts';
import { openOperator, type OperatorDeps } from './operator.ts';
import { findPeople } from './people.ts';
import { openRelayChannel, type ChannelReport, type RelayChannel } from './relays/channel.ts';
import type { RevocationOutcome } from './relays/revocations.ts';
import { createRevoker } from './revoke.ts';
import { StartFault } from './start-fault.ts';
import type { Epoch } from './store/epochs.ts';
import { liveRevocations, readGrant } from './store/grants.ts';
import { eventsRecorded, reserveSequence } from './store/relays.ts';
import { openStore, type Store } from './store/store.ts';
import { mountClaim } from './tokens/claim.ts';
import type { ClaimDeps } from './tokens/desk.ts';
import { openKeys, type Keys } from './tokens/keys.ts';
import { openPages } from './tokens/pages.ts';

export interface BotParts {
  readonly config: Config;
  readonly log: Logger;
  now(): Date;
}

export interface Bot extends AsyncDisposable {
  readonly port: number;
  /** Where metrics are served, if they are. */
  readonly metricsPort: number | undefined;
}

const templatesFolder = join(import.meta.dirname, '..', 'templates');

/**
 * Starts the bot; it serves when the promise resolves. Rejects, with everything closed again, when a room cannot open.
 */
export async function startBot(parts: BotParts): Promise<Bot> {
  const { config, log, now } = parts;
  const metrics = openBotMetrics();
  await using closing = new AsyncDisposableStack();
  makeDataFolder(config.dataFolder);
  const desk = await openDesk(parts);
  closing.defer(() => desk.close());
  const keys = await openKeys(keysFolder(config.dataFolder), now());
  const store = closing.use(await openStore(databasePath(config.dataFolder), { now }));
  const queued = new Set<() => void>();
  const ledger: Ledger = {
    store,
    now,
    postingsQueued: () => queued.forEach((wake) => wake()),
    committed: tellCommitted({ log, metrics }),
  };

  const epoch = await enterEpoch(ledger, log);

  const backstage = await openBackstage(config, now);
  const github = openGitHub({
    config,
    store,
    log,
    metrics,
    templatesFolder,
    fileVersions: await openFileVersions(store, config),
    now,
    backstage: backstage?.source,
  });
  await readFirstRules(github.rules, { store, log, now });

  const rooms = { keys, store, ledger, epoch };
  const channel = openChannel(parts, rooms);
  closing.defer(() => channel.close());
  const revoker = createRevoker({
    ledger,
    tellRelays: async (order) => measured(metrics, await channel.revoke(order)),
  });

  desk.serve(operate({ store, revoker, now }));
  closing.defer(() => desk.stopServing());

  const deadlines = closing.use(
    watchDeadlines({
      ledger,
      onFault(error) {
        log.error({ err: error }, 'a deadline failed');
        metrics.add('sallyport_bot_worker_faults_total', { worker: 'deadlines' });
      },
    }),
  );
  const workers = closing.use(await github.start({ ledger, revoker, epoch }));
  queued.add(workers.outbox.wake).add(deadlines.wake);

  const app = new Hono();
  // What a request turns out to be about is known to the log until it is answered.
  app.use((_context, next) => follow({}, next));
  // Hono would print the whole error on standard error; what an error carries is for the log to leave out.
  app.onError((error, context) => {
    log.error({ err: error, path: context.req.path }, 'a request failed');
    return context.text('Something went wrong here. The log of the bot says what.', 500);
  });
  mountHealth(app, channel, config);
  github.mount(app);
  backstage?.mount(app);
  const { confirm } = workers;
  mountClaimRoutes(app, parts, { ...rooms, github, metrics, confirm });
  const server = closing.use(
    await serve({
      listen: config.listen,
      app,
      upgrade(request, socket, head) {
        // Compared as it came: a stranger's address need not be one, and what throws here would stop the bot.
        if (request.url?.split('?', 1)[0] !== controlPath) return false;
        channel.handleUpgrade(request, socket, head);
        return true;
      },
    }),
  );
  // Closed first: the listener waits for every socket, and a relay's never ends by itself.
  closing.defer(() => channel.close());
  const watch = config.metrics && closing.use(await openWatch(config.metrics, watched()));
  closing.use(workers.startRounds());
  const opened = closing.move();
  return {
    port: server.port,
    metricsPort: watch?.port,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };

  function watched() {
    return {
      metrics,
      store,
      log,
      now,
      relays: config.relays.map(({ name }) => name),
      connected: channel.connected,
      policyReadAt: github.rules.policyReadAt,
      catalogReadAt: github.rules.catalogReadAt,
      isAppAccepted: github.isAccepted,
    };
  }
}

function measured(metrics: BotMetrics, outcome: RevocationOutcome): RevocationOutcome {
  for (const { ms } of outcome.confirmed)
    metrics.observe('sallyport_bot_revocation_confirmed_seconds', {}, ms / 1000);
  for (const relay of outcome.unconfirmed)
    metrics.add('sallyport_bot_revocations_unconfirmed_total', { relay });
  return outcome;
}

/**
 * Where the operator's commands come in. Opened before anything else of the data folder, and closed after it: a second
 * bot on the folder, also one of a newer version, is found out before it has changed the database under the first.
 */
async function openDesk({ config, log }: BotParts) {
  let perform: OperatorDeps['perform'] | undefined;
  const operator = await openOperator({
    dataFolder: config.dataFolder,
    async perform(command) {
      if (perform) return perform(command);
      throw new Error('the bot is just starting or stopping');
    },
    report: (error) => log.error({ err: error }, 'the operator command failed'),
  });
  return {
    serve: (does: OperatorDeps['perform']) => void (perform = does),
    stopServing: () => void (perform = undefined),
    close: () => operator.close(),
  };
}

function makeDataFolder(folder: string): void {
  const faults = dataFolderFaults(folder);
  if (faults.length > 0) throw new StartFault(faults.map((fault) => `data: ${fault}`));
}

/** Before anything reads the store: what a restored database still calls open has ended by then. */
async function enterEpoch(ledger: Ledger, log: Logger): Promise<Epoch> {
  const { epoch, ended } = await openEpoch(ledger);
  if (ended) {
    const facts = { epoch: epoch.number, ...ended };
    log.warn(facts, 'the database was restored: what was open in it has ended');
  }
  return epoch;
}

interface Rooms {
  readonly keys: Keys;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly epoch: Epoch;
}

function openChannel(
  { config, log, now }: BotParts,
  { keys, store, ledger, epoch }: Rooms,
): RelayChannel {
  return openRelayChannel({
    origin: config.origin,
    epoch: epoch.number,
    keys,
    relays: config.relays,
    behindProxy: config.listen.tls === undefined,
    now,
    reserveSequence: (relay, count) => reserveSequence(store.queries, relay, count),
    eventsRecorded: (relay) => eventsRecorded(store.queries, relay),
    recordConfirmation: (relay, cut) => recordConfirmation(ledger, relay, cut),
    recordEvents: (relay, events) => recordRelayEvents(ledger, relay, events),
    async liveRevocations() {
      const revoked = await liveRevocations(store.queries, now().toISOString());
      return revoked.map(({ gid, endsAt }) => ({
        gid,
        until: Math.ceil(Date.parse(endsAt) / 1000),
      }));
    },
    report: (report) => tell(log, report),
  });
}

function tell(log: Logger, { kind, ...report }: ChannelReport): void {
  if (kind === 'alarm') log.error(report, 'the control channel raised an alarm');
  else if (kind === 'connected') log.info(report, 'a relay connected');
  else log.warn(report, kind === 'lost' ? 'a relay was lost' : 'a relay was not let in');
}

function mountClaimRoutes(
  app: Hono,
  { config, log, now }: BotParts,
  {
    keys,
    store,
    ledger,
    epoch,
    github,
    metrics,
    confirm,
  }: Rooms & { github: GitHubRoom; metrics: BotMetrics } & Pick<ClaimDeps, 'confirm'>,
): void {
  const printed = openPhrases(templatesFolder, 'printed');
  const { rules, repositories, accounts } = github;
  const home = config.policy.repository;
  mountClaim(app, {
    origin: config.origin,
    epoch: epoch.number,
    oidc: openOidc(config.oidc),
    pages: openPages(templatesFolder),
    behindProxy: config.listen.tls === undefined,
    keys,
    metrics,
    relays: config.relays,
    now,
    grant: (id) => readGrant(store.queries, id),
    async eligible(grant) {
      const facts = await github.factsOf(grant);
      return 'kind' in facts ? facts : stillEligible(grant, facts);
    },
    personBySubject: findPeople({
      accounts,
      rules,
      repositories,
      home,
      issuer: config.oidc.issuer,
    }),
    recordToken: (token) => recordToken(ledger, token),
    recordRefusal: (refusal) => recordClaimRefusal(ledger, refusal),
    confirmable: (id) => findConfirmable(store.queries, id, now()),
    async demandIn(namespace) {
      const { policy } = await rules.current();
      // A namespace without rules demands nothing, and gives nothing: the decision says so.
      return policy.namespaces.get(namespace)?.identity ?? { maxAgeMs: null, acr: [] };
    },
    confirm,
    words: (reason) => printed.refusal(reason).rendered,
    recordConfirmRefusal: (refusal) => recordConfirmRefusal(ledger, refusal),
    report: (error) => log.error({ err: error }, 'a claim failed'),
  });
}

/** Alive: the process answers. Ready: the relays of the configuration are connected, so that a grant can be used. */
function mountHealth(app: Hono, channel: RelayChannel, config: Config): void {
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/readyz', (context) => {
    const connected = channel.connected();
    const missing = config.relays
      .filter(({ name }) => !connected.includes(name))
      .map(({ name }) => name);
    const ready = missing.length === 0;
    return context.json(
      { ready, relaysConnected: connected, relaysMissing: missing },
      ready ? 200 : 503,
    );
  });
}
