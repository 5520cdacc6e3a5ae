// The App's manifest asks for what the code uses, no more and no less.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

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

const calls = new Set([
  ...[...code.matchAll(/\.rest\.(\w+\.\w+)/g)].map(([, name]) => name ?? ''),
  ...[...code.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']+)'/g)].map(([, name]) => name ?? ''),
]);

test('every call the code makes is known with the permission it needs', () => {
  assert.deepEqual([...calls].toSorted(), Object.keys(demands).toSorted());
});

test('the App asks for exactly the permissions its calls need', () => {
  const needed: Record<string, string> = { metadata: 'read' };
  for (const demand of Object.values(demands)) {
    const [name, level] = demand?.split(': ') ?? [];
    if (name && level && needed[name] !== 'write') needed[name] = level;
  }
  assert.deepEqual(manifest.default_permissions, needed);
});

test('the App asks for exactly the events it has handlers for', () => {
  const registered = [...code.matchAll(/app\.on\((\[[^\]]*\]|'[^']*')/g)].map(([, names]) => names);
  const handled = new Set(registered.join().match(/(?<=')[a-z_]+(?=[.'])/g));
  // What becomes of an installation is told to every App, and asked for by none.
  for (const event of ['installation', 'installation_repositories']) handled.delete(event);
  assert.deepEqual(handled, new Set(manifest.default_events));
});

test('the App is private', () => {
  assert.equal(manifest.public, false);
});
