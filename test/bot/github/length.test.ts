import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fitted } from '../../../bot/github/length.ts';
import { openTemplates } from '../../../bot/templates.ts';
import { startCompany, template } from '../company.ts';

const templates = openTemplates(join(import.meta.dirname, '../../../templates'));
const leftOut = /The rest is left out: GitHub takes no longer comment\.$/;

test('a text that GitHub takes is written as it is', () => {
  const text = 'x'.repeat(65_536);
  assert.equal(fitted(templates, text), text);
});

test('a longer one is cut at the end of a line, and says so', () => {
  const text = `${'word '.repeat(20)}\n`.repeat(1_000);
  const shown = fitted(templates, text);
  assert.ok(shown.length <= 65_536);
  assert.match(shown, leftOut);
  assert.ok(text.startsWith(shown.slice(0, shown.lastIndexOf('\n\n'))));
});

test('a fold that is cut is closed, so that the sentence stands outside of it', () => {
  const shown = fitted(templates, `<details>\n<summary>all</summary>\n\n${'row\n'.repeat(30_000)}`);
  assert.ok(shown.length <= 65_536);
  assert.match(shown, /row\n\n<\/details>\n\nThe rest is left out/);
});

test('/help of a company with hundreds of namespaces is folded, cut and answered', async () => {
  const rules =
    '{ catalog: [acme/org], owners: [group:default/payments], relays: [eu-1], requesters: [group:default/payments], approvers: [owner], roles: { reader: { default: 1h, max: 8h, approvals: 1 } } }';
  const names = Array.from({ length: 800 }, (_, n) => `team-with-a-long-name-${n}`);
  const more = names.map((name) => `  ${name}: ${rules}\n`).join('');
  const policy = `${template('sallyport.yml').trimEnd()}\n${more}`;
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment('acme/access', issue, '/help');
  const [answer] = await company.until(issue, /A command is the first line/);
  assert.match(answer ?? '', /<summary>What holds here: 801 namespaces<\/summary>/);
  assert.match(answer ?? '', leftOut);
});
