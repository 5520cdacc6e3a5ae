// The texts of the setup's pages: each thing that can be shown has its words, and what comes from elsewhere is text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPageMaker } from '../../../bot/page.ts';
import { readAppDescription } from '../../../bot/setup/manifest.ts';
import { openSetupPages } from '../../../bot/setup/pages.ts';
import { unfitReasons } from '../../../bot/setup/verdict.ts';
import { problems, readWords, type Problem } from '../../../bot/setup/words.ts';
import { openTemplates } from '../../../bot/templates.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'templates');
const templates = openTemplates(folder);
const description = readAppDescription();
const words = readWords(join(folder, 'setup.yml'), description);
const css = readFileSync(join(folder, 'pages', 'style.css'), 'utf8');
const pages = openSetupPages({
  page: openPageMaker(templates, css),
  templates,
  words,
  description,
});

test('every permission and event of app.yml has its words, and none is left over', () => {
  assert.deepEqual(
    Object.keys(words.permissions).toSorted(),
    Object.keys(description.default_permissions).toSorted(),
  );
  assert.deepEqual(Object.keys(words.events).toSorted(), description.default_events.toSorted());
});

test('everything that can go wrong has its words', () => {
  assert.deepEqual(Object.keys(words.problems).toSorted(), Object.keys(problems).toSorted());
  assert.deepEqual(Object.keys(words.unfit).toSorted(), unfitReasons.toSorted());
});

test('an event that app.yml gains without words is found out', () => {
  const more = { ...description, default_events: [...description.default_events, 'fork'] };
  assert.throws(() => readWords(join(folder, 'setup.yml'), more), /no words for fork/);
});

test('what comes from GitHub or from the address is shown as text', () => {
  const nasty = '"><script>alert(1)</script>';
  const detailed: Problem[] = ['unreachable', 'refused', 'unfit', 'not-kept'];
  for (const problem of detailed) {
    const at = { again: `/setup/created?${nasty}`, first: nasty, apps: nasty };
    const { html } = pages.problem(problem, at, nasty);
    assert.doesNotMatch(html, /<script/, problem);
    assert.match(html, /alert\(1\)/, problem);
  }
  const url = 'https://github.com/apps/x';
  const view = { name: nasty, owner: nasty, url, install: url, policy: nasty, catalog: [nasty] };
  assert.doesNotMatch(pages.created(view).html, /<script/);
});

test('the last page names every repository that the App is to be installed on, once', () => {
  const url = 'https://github.com/apps/x';
  const catalog = ['acme/org', 'Acme/Access'];
  const view = { name: 'x', owner: 'acme', url, install: url, policy: 'acme/access', catalog };
  const names = [...pages.created(view).html.matchAll(/<li><strong>(.*?)<\/strong>/g)];
  assert.deepEqual(
    names.map(([, name]) => name),
    ['acme/access', 'acme/org'],
  );
});

test('the page runs no script, and its form leads to itself and to the one GitHub', () => {
  const { html, headers } = pages.setup({
    site: 'https://github.acme.dev',
    name: 'Sallyport acme',
    organization: 'acme',
    webhook: 'https://bot.acme.dev/github/webhooks',
    manifest: '{"name":"\'<b>"}',
    forOrganization: 'https://github.acme.dev/organizations/acme/settings/apps/new?state=s',
    forMyself: 'https://github.acme.dev/settings/apps/new?state=s',
    policy: 'acme/access',
    apps: 'https://github.acme.dev/organizations/acme/settings/apps',
    action: '/setup',
  });
  assert.doesNotMatch(html, /<script|<b>/);
  const policy = headers['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /form-action 'self' https:\/\/github\.acme\.dev;/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(headers['cache-control'], 'no-store');
});
