// The page, as a person sees it: live, in a real browser where there is one; and its refusals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromiumPath, lacksChromium, launchChromium } from '../support/chromium.ts';
import { acme, startAcme, startBoth, installationClient } from './fixture.ts';
import type { Seed } from './seed.ts';
import type { LocalGitHub } from './server.ts';

const needsBrowser = {
  skip: chromiumPath === undefined && lacksChromium,
};

const form = `name: Access request
description: Ask for access
title: 'Access: '
labels: [access]
body:
  - type: markdown
    attributes: { value: Say **why**. }
  - type: input
    id: resource
    attributes: { label: Resource }
    validations: { required: true }
  - type: checkboxes
    id: rules
    attributes: { label: Rules, options: [{ label: I have read them }] }
  - type: textarea
    id: reason
    attributes: { label: Reason }
`;

function seedWithForm(): Seed {
  const [access, ...others] = acme.repositories ?? [];
  if (!access) throw new Error('The seed has no repository');
  const files = { ...access.files, '.github/ISSUE_TEMPLATE/access.yml': form };
  return { ...acme, repositories: [{ ...access, files }, ...others] };
}

async function openPage(github: LocalGitHub, path: string) {
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  page.setDefaultTimeout(20_000);
  await page.goto(github.url + path);
  return { page, [Symbol.asyncDispose]: () => browser.close() };
}

test('comments, edits, reactions and labels appear without a reload', needsBrowser, async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Access' });
  await using open = await openPage(github, `/acme/access/issues/${number}`);
  const { page } = open;
  await page.fill('textarea[name=body]', 'half a sentence');
  const octokit = installationClient(github);
  const at = { owner: 'acme', repo: 'access', issue_number: number };
  const { data } = await octokit.rest.issues.createComment({
    ...at,
    body: '| a |\n|---|\n| pending |',
  });
  const card = page.locator(`#issuecomment-${data.id}`);
  await card.locator('td', { hasText: 'pending' }).waitFor();
  assert.equal(await card.locator('.badge').textContent(), 'bot');
  const change = { ...at, comment_id: data.id, body: '| a |\n|---|\n| granted |' };
  await octokit.rest.issues.updateComment(change);
  await card.locator('td', { hasText: 'granted' }).waitFor();
  await card.locator('.history summary', { hasText: 'edited' }).click();
  assert.match(String(await card.locator('.history pre').textContent()), /pending/);
  await github.as('omar').react('acme/access', data.id, 'rocket');
  await card.locator('.reactions', { hasText: '🚀 1' }).waitFor();
  await octokit.rest.issues.addLabels({ ...at, labels: ['access'] });
  await page.locator('.label', { hasText: 'access' }).waitFor();
  assert.equal(await page.inputValue('textarea[name=body]'), 'half a sentence');
});

test(
  'a person is chosen, comments, and a refusal is shown where they stand',
  needsBrowser,
  async () => {
    await using github = await startAcme();
    const { number } = await github.as('dana').openIssue('acme/access', { title: 'Access' });
    await using open = await openPage(github, `/acme/access/issues/${number}`);
    const { page } = open;
    await page.selectOption('select[name=as]', 'omar');
    await page.fill('textarea[name=body]', '/approve <img src=x onerror="document.title=1">');
    await page.click('text=Comment >> nth=-1');
    const view = await github
      .thread('acme/access', number)
      .until((one) => one.comments.length === 1);
    assert.equal(view.comments[0]?.author, 'omar');
    await page.locator('.item', { hasText: '/approve' }).waitFor();
    assert.notEqual(await page.title(), '1');
    await github.as('omar').lockIssue('acme/access', number);
    await page.selectOption('select[name=as]', 'bea');
    await page.fill('textarea[name=body]', 'me too');
    await page.click('text=Comment >> nth=-1');
    await page.locator('.problem', { hasText: 'issue is locked' }).waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    assert.equal(width, 390, 'nothing sticks out of a narrow screen');
  },
);

/** Submits as a browser would from a page of `origin`. */
function submit(
  github: LocalGitHub,
  path: string,
  how: { fields: Record<string, string>; origin?: string },
) {
  return fetch(github.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: how.origin ?? github.url },
    body: new URLSearchParams(how.fields),
  });
}

test('an issue form is prefilled by its URL and becomes the Markdown that GitHub makes of it', async () => {
  await using github = await startAcme({ seed: seedWithForm() });
  const url = `${github.url}/acme/access/issues/new?template=access.yml&resource=%22payments-db`;
  const page = await (await fetch(url)).text();
  assert.match(page, /name="field-resource"[^>]* value="&quot;payments-db"/);
  assert.match(page, /Say <strong>why<\/strong>/);
  const fields = {
    as: 'dana',
    template: 'access.yml',
    title: 'Access: payments-db',
    'field-resource': 'payments-db',
    'field-rules': 'I have read them',
    'field-reason': '',
  };
  const answer = await submit(github, '/acme/access/issues', { fields });
  assert.equal(answer.status, 303);
  const view = github.thread('acme/access', 1).view();
  const body =
    '### Resource\n\npayments-db\n\n### Rules\n\n- [X] I have read them\n\n### Reason\n\n_No response_';
  assert.deepEqual([view.author, view.body, view.labels], ['dana', body, ['access']]);
});

test("a form's labels are on the issue from the start, whoever opens it and whichever way", async () => {
  await using both = await startBoth({ seed: seedWithForm() });
  const { github, receiver } = both;
  const answers = { resource: 'payments-db', rules: ['I have read them'], reason: 'why not' };
  const made = await github.as('dana').submitForm('acme/access', 'access.yml', { answers });
  assert.deepEqual(
    made.labels.map((one) => (typeof one === 'string' ? one : one.name)),
    ['access'],
  );
  assert.equal(made.title, 'Access: ');
  const body =
    '### Resource\n\npayments-db\n\n### Rules\n\n- [X] I have read them\n\n### Reason\n\nwhy not';
  assert.equal(made.body, body);
  await github.settled();
  const { issue } = receiver.last('issues.opened') as { issue: { labels: { name: string }[] } };
  assert.deepEqual(
    issue.labels.map(({ name }) => name),
    ['access'],
  );
  assert.deepEqual(receiver.heard(), ['issues.labeled', 'issues.opened']);
  await assert.rejects(github.as('stan').submitForm('acme/access', 'access.yml', { answers }), {
    status: 404,
  });
});

test('a page from elsewhere cannot post', async () => {
  await using github = await startAcme();
  await github.as('dana').openIssue('acme/access', { title: 'Access' });
  const post = { fields: { as: 'dana', body: 'hi' }, origin: 'https://evil.example' };
  assert.equal((await submit(github, '/acme/access/issues/1/comments', post)).status, 403);
  assert.equal(github.thread('acme/access', 1).view().comments.length, 0);
});

test('titles and names are shown as text', async () => {
  await using github = await startAcme();
  await github.as('dana').openIssue('acme/access', { title: '</title><script>x</script>' });
  for (const path of ['/acme/access/issues', '/acme/access/issues/1']) {
    const answer = await fetch(github.url + path);
    assert.doesNotMatch(await answer.text(), /<script>x/);
    assert.match(String(answer.headers.get('content-security-policy')), /script-src 'self';/);
  }
});
