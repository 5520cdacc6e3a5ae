// The App's manifest asks for what the code uses, no more and no less.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { heardActions } from '../bot/github/webhook.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = parse(readFileSync(join(root, 'app.yml'), 'utf8')) as {
  default_permissions: Record<string, string>;
  default_events: string[];
  public: boolean;
};
const code = globSync('bot/github/**/*.ts', { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

/** What GitHub demands for each call that bot/github makes. Calls as the App itself demand no permission. */
const demands: Readonly<Record<string, string | null>> = {
  'users.getByUsername': null,
  'repos.get': 'metadata: read',
  'GET /repositories/{repository_id}': 'metadata: read',
  'repos.getContent': 'contents: read',
  'checks.create': 'checks: write',
  'git.getBlob': 'contents: read',
  'git.getTree': 'contents: read',
  'issues.createComment': 'issues: write',
  'issues.updateComment': 'issues: write',
  'issues.get': 'issues: read',
  'issues.getComment': 'issues: read',
  'issues.listComments': 'issues: read',
  'issues.listLabelsOnIssue': 'issues: read',
  'issues.addLabels': 'issues: write',
  'issues.removeLabel': 'issues: write',
  'reactions.createForIssue': 'issues: write',
  'reactions.createForIssueComment': 'issues: write',
  'apps.createFromManifest': null,
  'apps.redeliverWebhookDelivery': null,
  'GET /user/{account_id}': null,
  'orgs.getMembershipForUser': 'members: read',
  'teams.getByName': 'members: read',
  'teams.listMembersInOrg': 'members: read',
  'teams.getMembershipForUserInOrg': 'members: read',
  'GET /repos/{owner}/{repo}/installation': null,
  'GET /orgs/{org}/installation': null,
  'GET /app': null,
  'GET /app/hook/deliveries': null,
  'GET /app/installations/{installation_id}': null,
};

/** What GitHub demands of an App that wants to be told of these (docs, "Webhook events and payloads"). */
const demandsOfEvents: Readonly<Record<string, string>> = {
  issue_comment: 'issues: read',
  issues: 'issues: read',
  push: 'contents: read',
  pull_request: 'pull_requests: read',
  repository: 'metadata: read',
  organization: 'members: read',
  membership: 'members: read',
  team: 'members: read',
};

const calls = new Set([
  ...[...code.matchAll(/\.rest\.(\w+\.\w+)/g)].map(([, name]) => name ?? ''),
  ...[...code.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']+)'/g)].map(([, name]) => name ?? ''),
]);

test('every call the code makes is known with the permission it needs', () => {
  assert.deepEqual([...calls].toSorted(), Object.keys(demands).toSorted());
});

test('the App asks for exactly the permissions that its calls and its events need', () => {
  const needed: Record<string, string> = { metadata: 'read' };
  const ofEvents = manifest.default_events.map((event) => demandsOfEvents[event] ?? event);
  for (const demand of [...Object.values(demands), ...ofEvents]) {
    const [name, level] = demand?.split(': ') ?? [];
    if (name && level && needed[name] !== 'write') needed[name] = level;
  }
  assert.deepEqual(manifest.default_permissions, needed);
});

test('the App asks for exactly the events it has handlers for', () => {
  const registered = [...code.matchAll(/app\.on\(\s*(\[[^\]]*\]|'[^']*')/g)].map(
    ([, names]) => names,
  );
  const handled = new Set(registered.join().match(/(?<=')[a-z_]+(?=[.'])/g));
  // What becomes of an installation is told to every App, and of checks to each that may write them; none asks.
  for (const event of ['installation', 'installation_repositories']) handled.delete(event);
  for (const event of ['check_run', 'check_suite']) handled.delete(event);
  assert.deepEqual(handled, new Set(manifest.default_events));
});

test('of pull requests and checks what has a handler is kept, and nothing else', () => {
  const names = code.match(/(?<=')(?:pull_request|check_run|check_suite)\.\w+(?=')/g) ?? [];
  const handled = Map.groupBy(new Set(names), (name) => name.split('.')[0] ?? '');
  const heard = Object.entries(heardActions).map(
    ([event, actions]) => [event, actions.map((action) => `${event}.${action}`)] as const,
  );
  assert.deepEqual(new Map(heard), handled);
});

test('the App is private', () => {
  assert.equal(manifest.public, false);
});
