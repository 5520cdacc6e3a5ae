// The GitHub side as one piece: what comes in (edge, inbox, handlers), what goes out (outbox), and what is asked before
// a decision (rules, people). Opened without a call to GitHub; started when the rest of the bot stands.

import type { Hono } from 'hono';
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Confirmation } from '../access/confirm.ts';
import type { Facts } from '../access/eligibility.ts';
import type { Refused } from '../access/explain.ts';
import { refuseStale } from '../access/freshness.ts';
import type { Grant } from '../access/lifecycle.ts';
import { openAccounts, type Accounts } from '../accounts.ts';
import type { EntitySource } from '../catalog/source.ts';
import type { Config } from '../config.ts';
import { openEntityHistory } from '../entity-history.ts';
import type { FileVersions } from '../file-versions.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Revoker } from '../revoke.ts';
import type { Epoch } from '../store/epochs.ts';
import { keptDeliveries, openKeeper, type Delivery } from '../store/inbox.ts';
import { openThreads } from '../store/requests.ts';
import type { Store } from '../store/store.ts';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow } from '../observe/trail.ts';
import { openTemplates } from '../templates.ts';
import type { Worker } from '../worker.ts';
import type { ActingParts } from './acting.ts';
import { createApp } from './app.ts';
import { openCensus } from './census.ts';
import { confirmApproval, type ConfirmEnd } from './confirming.ts';
import { aboutGrant } from './commands/command.ts';
import { openCoverage } from './coverage.ts';
import { handleEvents } from './events.ts';
import { gatherFacts } from './facts.ts';
import { readFormLabels } from './form-labels.ts';
import { startInbox } from './inbox.ts';
import { openLogins } from './logins.ts';
import { lookAfterThread } from './open-threads.ts';
import { startOutbox } from './outbox.ts';
import { openPhrases } from './phrases.ts';
import { post } from './postings.ts';
import { openRedelivery } from './redelivery.ts';
import { openRepositories, type Repositories } from './repositories.ts';
import { startRounds } from './rounds.ts';
import { CatalogTooOld, openRuleBook, type RuleBook } from './rules.ts';
import { startSweep, type Sweep } from './sweep.ts';
import { takeTurns, type InTurn } from './turns.ts';
import { mountWebhook } from './webhook.ts';

export interface GitHubParts {
  readonly config: Config;
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  readonly templatesFolder: string;
  readonly fileVersions: FileVersions;
  /** A Backstage that is read beside the repositories. */
  readonly backstage: EntitySource | undefined;
  now(): Date;
}

export interface GitHubRoom {
  readonly rules: RuleBook;
  readonly repositories: Repositories;
  readonly accounts: Accounts;
  /** Whether GitHub took the App's key when it last answered; undefined until it has. */
  isAccepted(): boolean | undefined;
  /** Adds the webhook's route. Deliveries are kept from then on, and acted on once started. */
  mount(app: Hono): void;
  /** The facts a grant's standing is judged by; refused while a Backstage has not answered for too long. */
  factsOf(grant: Grant): Promise<Facts | Refused>;
  /** Starts working off what waits, and then whatever comes. */
  start(parts: StartParts): Promise<Workers>;
}

interface StartParts {
  readonly ledger: Ledger;
  readonly revoker: Revoker;
  readonly epoch: Epoch;
}

interface Workers extends AsyncDisposable {
  readonly outbox: Worker;
  /** Has an approval count that waited for its approver's sign-in. In turn with all commands. */
  confirm(id: string, by: Omit<Confirmation, 'digest' | 'until'>): Promise<ConfirmEnd>;
  /**
   * Starts looking after what nobody tells of. Only once the bot listens: GitHub then sends again what it could not.
   */
  startRounds(): AsyncDisposable;
}

export function openGitHub(parts: GitHubParts): GitHubRoom {
  const { config, store, log, metrics, now } = parts;
  const app = createApp(config.github, log, metrics);
  const repositories = openRepositories(app);
  const coverage = openCoverage(app, now);
  const accounts = openAccounts({ store, log, metrics, now });
  const logins = openLogins({
    accounts,
    github: () => repositories.as(config.policy.repository),
    log,
    metrics,
    now,
  });
  const rules = openRuleBook({
    config,
    repositories,
    backstage: parts.backstage,
    fileVersions: parts.fileVersions,
    history: openEntityHistory(store, now),
    catalogRead: logins.catalogRead,
    log,
    now,
  });
  const census = openCensus({ ...repositories, store, log, now });
  const facts = { accounts, rules, census, now };
  const keep = openKeeper(store);
  let inbox: Worker | undefined;

  async function start({ ledger, revoker, epoch }: StartParts): Promise<Workers> {
    const posting = postingParts();
    const outbox = startOutbox({
      store,
      limits: config.github.limits,
      log,
      metrics,
      now,
      post: (row, mayExist) => post(posting, row, mayExist),
    });
    const { asInstallation, asApp } = app;
    const home = config.policy.repository;
    const formLabels = readFormLabels(parts.templatesFolder);
    const acting = {
      ...facts,
      store,
      ledger,
      revoker,
      epoch,
      log,
      metrics,
      newGrantId: () => randomName('g'),
      newConfirmationId: () => randomName('c'),
      appId: config.github.appId,
      home,
      asInstallation,
      asApp,
      coverage,
      formLabels,
      maxCommands: config.github.limits.commandsPer10Minutes,
    };
    let sweep: Sweep | undefined;
    const judgeAgain = (how: 'now' | 'soon') => sweep?.hurry(how);
    const handle = await handleEvents({ ...acting, judgeAgain, probot: app.probot });
    const binding = logins.start();
    const inTurn = takeTurns();
    const dispatch = (delivery: Delivery) => inTurn(() => handle(delivery));
    const started = startInbox({ store, dispatch, log, metrics, now });
    inbox = started;
    const redeliver = openRedelivery({
      asApp,
      known: (guids) => keptDeliveries(store.queries, guids),
      log,
      now,
    });
    const errands = {
      redeliver,
      readThreads: () => readThreads(acting, inTurn),
    };
    return {
      outbox,
      confirm: (id, by) => inTurn(() => confirmApproval(acting, id, by)),
      startRounds() {
        const rounds = startRounds({ errands, log, metrics, now });
        sweep = startSweep(acting);
        return allOf(rounds, sweep);
      },
      async [Symbol.asyncDispose]() {
        // In first, so that nothing new is decided while what was decided is still being written.
        await started[Symbol.asyncDispose]();
        await binding[Symbol.asyncDispose]();
        await outbox[Symbol.asyncDispose]();
      },
    };
  }

  function postingParts() {
    return {
      store,
      templates: openTemplates(parts.templatesFolder),
      phrases: openPhrases(parts.templatesFolder),
      rules,
      sources: { policy: config.policy, catalog: config.catalog },
      appId: config.github.appId,
      connectCommand: config.connectCommand,
      host: new URL(config.origin).host,
      coverage,
      now,
    };
  }

  async function readThreads(acting: ActingParts, inTurn: InTurn): Promise<void> {
    for (const open of await openThreads(store.queries)) {
      const { owner, repo, number } = open.issue;
      try {
        await inTurn(() => follow({}, () => lookAfterThread(acting, open)));
      } catch (error) {
        log.error({ err: error, issue: `${owner}/${repo}#${number}` }, 'a thread was not read');
      }
    }
  }

  return {
    rules,
    repositories,
    accounts,
    start,
    isAccepted: app.isAccepted,
    mount: (routes) =>
      mountWebhook(routes, {
        secrets: config.github.webhookSecrets,
        appId: config.github.appId,
        log,
        metrics,
        async keep(delivery) {
          await keep({ ...delivery, receivedAt: now().toISOString() });
          inbox?.wake();
        },
      }),
    async factsOf(grant) {
      const { github, owner } = await coverage.as(grant.issue);
      try {
        return await gatherFacts(facts, github, { present: [], owner, ...aboutGrant(grant) });
      } catch (error) {
        if (error instanceof CatalogTooOld) return refuseStale(error.freshness);
        throw error;
      }
    },
  };
}

function allOf(...each: readonly AsyncDisposable[]): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  for (const one of each) stack.use(one);
  return stack;
}

/** `g_` or `c_` and 26 characters of base32: 130 random bits, so that a name cannot be guessed. */
function randomName(letter: 'g' | 'c'): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return `${letter}_${[...randomBytes(26)].map((byte) => alphabet[byte & 31]).join('')}`;
}
