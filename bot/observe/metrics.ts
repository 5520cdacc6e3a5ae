// What the bot measures: one table, from which the registry, the reference (templates/metrics.md) and its test are made.
// It has what somebody needs who is woken by it, and no more: what waits, what fails, who is connected. No label holds
// a person, a resource, a grant, an issue or a repository: how many there are is nobody's to bound, and whoever reads
// figures need not learn who works on what.

import { openMetrics, type MetricTable, type Metrics } from '../../relay/metrics.ts';
import { usage } from '../access/grammar.ts';
import { mistakes, refusals } from '../access/reasons.ts';
import { recordActions } from '../access/record.ts';
import { lanes } from '../store/outbox.ts';
import { refusalReasons } from '../tokens/refusals.ts';
import { conditionNames } from './conditions.ts';
import { githubRoutes, statusClasses } from './routes.ts';

/** The events the App listens to (app.yml), and those that GitHub sends to every App. */
const events = [
  'issue_comment',
  'issues',
  'push',
  'repository',
  'pull_request',
  'check_run',
  'check_suite',
  'installation',
  'installation_repositories',
  'other',
] as const;
const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export const botMetrics = {
  sallyport_bot_condition: {
    type: 'gauge',
    labels: { condition: conditionNames },
    sentence: 'Whether a condition of readiness holds: 1 or 0. See /readyz.',
  },
  sallyport_bot_relay_connected: {
    type: 'gauge',
    labels: { relay: { named: 'the relays of `bot.yml`' } },
    sentence: 'Whether a relay is connected: 1 or 0.',
  },
  sallyport_bot_webhooks_total: {
    type: 'counter',
    labels: { outcome: ['kept', 'unheard', 'wrong-signature', 'unfit', 'too-much', 'not-kept'] },
    sentence: 'Requests to the webhook, by what became of them at the door.',
  },
  sallyport_bot_deliveries_total: {
    type: 'counter',
    labels: { event: events, outcome: ['done', 'retried', 'set-aside'] },
    sentence: 'Attempts to act on a delivery that was kept.',
  },
  sallyport_bot_inbox_waiting: {
    type: 'gauge',
    sentence: 'Deliveries that were not acted on yet.',
  },
  sallyport_bot_inbox_oldest_seconds: {
    type: 'gauge',
    sentence: 'How long the oldest of them has been waiting.',
  },
  sallyport_bot_outbox_waiting: {
    type: 'gauge',
    labels: { lane: lanes },
    sentence: 'Postings to GitHub that are due and not written.',
  },
  sallyport_bot_outbox_oldest_seconds: {
    type: 'gauge',
    labels: { lane: lanes },
    sentence: 'How long the oldest of them has been due.',
  },
  sallyport_bot_postings_total: {
    type: 'counter',
    labels: {
      kind: ['card', 'comment', 'reaction', 'label', 'check'],
      outcome: ['sent', 'retried', 'refused'],
    },
    sentence: 'Attempts to write to GitHub; `refused` is for good.',
  },
  sallyport_bot_github_call_seconds: {
    type: 'histogram',
    labels: { route: githubRoutes, status: statusClasses },
    buckets: seconds,
    sentence: 'Calls to GitHub, by route and class of the answer; `none` is no answer.',
  },
  sallyport_bot_github_calls_left: {
    type: 'gauge',
    labels: {
      installation: {
        named: "GitHub's numbers of the installations, and `app` for the App itself",
      },
      allowance: ['core', 'graphql', 'other'],
    },
    sentence: "What was left of GitHub's hourly allowance at the last answer.",
  },
  sallyport_bot_commands_total: {
    type: 'counter',
    labels: {
      verb: [...(Object.keys(usage) as (keyof typeof usage)[]), 'other'],
      outcome: ['done', 'refused', 'mistaken', 'ignored', 'unanswered'],
    },
    sentence:
      'Commands, by what came of them; `ignored` are edited, locked or forged ones, each time they are met, `unanswered` those over the limit of one person.',
  },
  sallyport_bot_records_total: {
    type: 'counter',
    labels: { action: recordActions, outcome: ['success', 'refused', 'failed'] },
    sentence: 'Records of the audit log: every decision, and every session that relays report.',
  },
  sallyport_bot_refusals_total: {
    type: 'counter',
    labels: { reason: [...Object.keys(refusals), ...Object.keys(mistakes), 'other'] },
    sentence: 'Commands that were refused or not understood, by code (templates/errors.md).',
  },
  sallyport_bot_logins_reassigned_total: {
    type: 'counter',
    sentence:
      'Times somebody came with the login of a User that stands for another account: `account-reassigned`, or a sign-in that was refused for it.',
  },
  sallyport_bot_requests_pending: { type: 'gauge', sentence: 'Requests that wait for approval.' },
  sallyport_bot_grants_active: { type: 'gauge', sentence: 'Grants that are in force.' },
  sallyport_bot_claims_total: {
    type: 'counter',
    labels: { outcome: ['claimed', 'renewed', ...refusalReasons] },
    sentence: 'Claims of a grant: tokens given, or why none was.',
  },
  sallyport_bot_revocation_confirmed_seconds: {
    type: 'histogram',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    sentence: 'From a revocation to the confirmation of each relay that serves the grant.',
  },
  sallyport_bot_revocations_unconfirmed_total: {
    type: 'counter',
    labels: { relay: { named: 'the relays of `bot.yml`' } },
    sentence: 'Revocations that a relay had not confirmed after a second.',
  },
  sallyport_bot_errands_total: {
    type: 'counter',
    labels: {
      errand: ['redeliver', 'readThreads', 'judgeAgain', 'other'],
      outcome: ['done', 'failed'],
    },
    sentence: 'What is looked after every five minutes.',
  },
  sallyport_bot_worker_faults_total: {
    type: 'counter',
    labels: { worker: ['inbox', 'outbox', 'deadlines', 'rounds', 'sweep', 'logins', 'figures'] },
    sentence: 'Steps that failed unexpectedly, such as for a full disk. They are tried again.',
  },
} as const satisfies MetricTable;

export type BotMetrics = Metrics<typeof botMetrics>;

export function openBotMetrics(): BotMetrics {
  return openMetrics(botMetrics);
}
