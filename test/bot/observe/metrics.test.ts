import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botMetrics } from '../../../bot/observe/metrics.ts';
import { scrape, type Exposition } from '../../support/exposition.ts';
import { startCompany, withoutGitHub, type Company } from '../company.ts';
import { withRelay } from './with-relay.ts';

/** Dana asks, is refused, mistyped, is granted; omar revokes. No relay is there. */
async function playStory({ github, ...company }: Company): Promise<void> {
  const issue = await company.granted('/connect payments-db 1h');
  await github.as('dana').comment('acme/access', issue, '/connect payments-db 99h');
  await company.until(issue, /is longer than/);
  await github.as('dana').comment('acme/access', issue, '/conect payments-db');
  await company.until(issue, /\/connect payments-db/);
  await github.as('omar').comment('acme/access', issue, '/revoke');
  await company.until(issue, /was revoked by/);
  await github.settled();
}

/** Everything written and acted on: figures are read until nothing waits. */
async function quiet(company: Company): Promise<Exposition> {
  for (;;) {
    const seen = await scrape(company.metricsPort());
    const waiting =
      seen.value('sallyport_bot_inbox_waiting') + seen.value('sallyport_bot_outbox_waiting');
    if (waiting === 0) return seen;
  }
}

test('what the bot exposes is what the table lists, name by name, with the labels and values it lists', async () => {
  await using company = await startCompany();
  await playStory(company);
  const { families } = await quiet(company);
  assert.deepEqual([...families.keys()], Object.keys(botMetrics));
  for (const [name, row] of Object.entries(botMetrics)) {
    const family = families.get(name);
    assert.equal(family?.type, row.type, name);
    assert.equal(family.help, row.sentence);
    const labels: Readonly<Record<string, unknown>> = 'labels' in row ? row.labels : {};
    for (const sample of family.samples) {
      const { le: _bound, ...given } = sample.labels;
      assert.deepEqual(Object.keys(given), Object.keys(labels), name);
      for (const [label, value] of Object.entries(given)) {
        const values = labels[label];
        if (Array.isArray(values)) assert.ok(values.includes(value), `${name} ${label}=${value}`);
      }
    }
  }
});

test('after a story the figures say what happened in it', async () => {
  await using company = await startCompany();
  await playStory(company);
  const seen = await quiet(company);
  const commands = (verb: string, outcome: string) =>
    seen.value('sallyport_bot_commands_total', { verb, outcome });
  assert.equal(commands('connect', 'done'), 1);
  assert.equal(commands('connect', 'refused'), 1);
  assert.equal(commands('other', 'mistaken'), 1);
  assert.equal(commands('approve', 'done'), 1);
  assert.equal(commands('revoke', 'done'), 1);
  assert.equal(seen.value('sallyport_bot_commands_total'), 5);
  const refusals = (reason: string) => seen.value('sallyport_bot_refusals_total', { reason });
  assert.equal(refusals('duration-too-long'), 1);
  assert.equal(refusals('misspelt-command'), 1);
  assert.equal(seen.value('sallyport_bot_refusals_total'), 2);
  const granted = { action: 'request.grant', outcome: 'success' };
  assert.equal(seen.value('sallyport_bot_records_total', granted), 1);
  assert.equal(seen.value('sallyport_bot_requests_pending'), 0);
  assert.equal(seen.value('sallyport_bot_grants_active'), 0);
  assert.equal(seen.value('sallyport_bot_revocations_unconfirmed_total', { relay: 'eu-1' }), 1);
  assert.equal(seen.value('sallyport_bot_relay_connected', { relay: 'eu-1' }), 0);
  assert.equal(seen.value('sallyport_bot_condition', { condition: 'relays' }), 0);
  assert.equal(seen.value('sallyport_bot_condition', { condition: 'store' }), 1);
  assert.equal(seen.value('sallyport_bot_worker_faults_total'), 0);
});

test('what GitHub delivered, was told and was asked is counted, each call under its route', async () => {
  await using company = await startCompany();
  await playStory(company);
  const seen = await quiet(company);
  const kept = seen.value('sallyport_bot_webhooks_total', { outcome: 'kept' });
  const done = seen.value('sallyport_bot_deliveries_total', { outcome: 'done' });
  assert.equal(kept, company.github.deliveries.length);
  assert.equal(done, kept);
  assert.ok(seen.value('sallyport_bot_deliveries_total', { event: 'issue_comment' }) >= 5);
  const sent = (kind: string) =>
    seen.value('sallyport_bot_postings_total', { kind, outcome: 'sent' });
  for (const kind of ['card', 'comment', 'reaction', 'label']) assert.ok(sent(kind) >= 1, kind);
  const calls = (labels: Record<string, string>) =>
    seen.value('sallyport_bot_github_call_seconds_count', labels);
  assert.ok(calls({ route: 'POST /graphql', status: '2xx' }) >= 5);
  assert.ok(calls({ route: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments' }) >= 4);
  // Also a list whose further pages are addresses of their own.
  assert.ok(calls({ route: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments' }) >= 1);
  assert.equal(calls({ route: 'other' }), 0, 'each route the bot calls has a name');
  assert.ok(seen.value('sallyport_bot_github_call_seconds_sum') > 0);
  const left = seen.families.get('sallyport_bot_github_calls_left')?.samples ?? [];
  const installations = left.map(({ labels }) => labels['installation'] ?? '');
  assert.match(installations.find((name) => name !== 'app') ?? '', /^\d+$/);
});

test('no label names a person, a resource, a grant, an issue or a repository', async () => {
  await using company = await startCompany();
  await playStory(company);
  const { families } = await quiet(company);
  const values = [...families.values()].flatMap(({ samples }) =>
    samples.flatMap(({ labels }) => Object.values(labels)),
  );
  const names = /dana|omar|olga|acme|payments|g_[a-z2-7]{26}|\br\d+\b|sallyport\.yml/i;
  assert.deepEqual(
    values.filter((value) => names.test(value)),
    [],
  );
});

test('with its relay the bot counts who is connected and how soon a revocation was confirmed', async () => {
  await using company = await startCompany();
  await using _relay = await withRelay(company);
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('omar').comment('acme/access', issue, '/revoke');
  await company.until(issue, /was revoked by/);
  const seen = await scrape(company.metricsPort());
  assert.equal(seen.value('sallyport_bot_relay_connected', { relay: 'eu-1' }), 1);
  assert.equal(seen.value('sallyport_bot_condition', { condition: 'relays' }), 1);
  assert.equal(seen.value('sallyport_bot_revocation_confirmed_seconds_count'), 1);
  assert.equal(seen.value('sallyport_bot_revocation_confirmed_seconds_bucket', { le: '1' }), 1);
  assert.equal(seen.value('sallyport_bot_revocations_unconfirmed_total'), 0);
});

test('while GitHub is away the figures say what waits and what failed', async () => {
  await using company = await startCompany();
  await company.stopBot();
  await company.startBot(withoutGitHub(company));
  await company.forge('issue_comment', { action: 'created', installation: { id: 1 } });
  const seen = await scrape(company.metricsPort());
  assert.equal(seen.value('sallyport_bot_inbox_waiting'), 1);
  const none = { status: 'none' };
  assert.ok(seen.value('sallyport_bot_github_call_seconds_count', none) >= 1);
  assert.equal(seen.value('sallyport_bot_condition', { condition: 'policy' }), 0);
  assert.equal(seen.value('sallyport_bot_condition', { condition: 'app' }), 0);
});

test('the figures are not served where the internet comes in, and nowhere unless the settings say so', async () => {
  await using company = await startCompany();
  const open = await fetch(`http://127.0.0.1:${company.port()}/metrics`);
  assert.equal(open.status, 404);
  await company.stopBot();
  await company.startBot({ metrics: undefined });
  assert.equal(company.metricsPort(), 0);
});
