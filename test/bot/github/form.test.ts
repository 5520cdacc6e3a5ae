import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company } from '../company.ts';
import type { Answers } from '../../github/issue-form.ts';

const repo = 'acme/access';
const file = 'access-request.yml';

/** A company whose repository has the form as operators copy it. */
async function startWithForm(): Promise<Company> {
  const company = await startCompany();
  const text = template(`ISSUE_TEMPLATE/${file}`);
  await company.github.as('olga').putFile(repo, `.github/ISSUE_TEMPLATE/${file}`, { text });
  return company;
}

async function open({ github }: Company, answers: Answers, who = 'dana'): Promise<number> {
  return (await github.as(who).submitForm(repo, file, { answers })).number;
}

const answers = { resource: 'payments-db', duration: '2h', reason: 'The ledger is off.' };

test('whoever opens the form gets the card, and an owner approves it like any other', async () => {
  await using company = await startWithForm();
  const { github } = company;
  const issue = await open(company, answers);
  const [card] = await company.until(issue, /waiting for approval/);
  assert.match(card ?? '', /`resource:payments\/payments-db`/);
  assert.match(card ?? '', /`The ledger is off\.`/);
  await github.thread(repo, issue).until(({ reactions }) => {
    const seen = new Set(reactions.map(({ content }) => content));
    return seen.has('eyes') && seen.has('rocket');
  });
  await github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  assert.deepEqual(github.unhandled, []);
});

test('a form that can be read in two ways is refused with what to do', async () => {
  await using company = await startWithForm();
  const reason = 'See below.\n\n### For how long\n\n15m';
  const issue = await open(company, { ...answers, reason });
  const [reply, ...others] = await company.until(issue, /stands there more than once/);
  assert.match(reply ?? '', /@dana/);
  assert.match(reply ?? '', /\/connect payments-db 2h/);
  assert.deepEqual(others, []);
});

test('a form whose words are edited while it waits is void', async () => {
  await using company = await startWithForm();
  const issue = await open(company, answers);
  const [card] = await company.until(issue, /waiting for approval/);
  assert.ok(card);
  const { body } = company.github.thread(repo, issue).view();
  const edited = body.replace('2h', '8h');
  await company.github.as('olga').editIssue(repo, issue, { body: edited });
  await company.until(issue, /`olga` edited/);
  await company.github.as('omar').comment(repo, issue, '/approve r1');
  const comments = await company.until(issue, /cancelled/);
  assert.ok(comments.every((text) => !/\/g_[a-z2-7]{26}/.test(text)));
});

test('an edit that nobody told of is found before a grant', async () => {
  await using company = await startWithForm();
  const issue = await open(company, answers);
  await company.until(issue, /waiting for approval/);
  company.github.addFault({ kind: 'lost-delivery', event: 'issues', times: 1 });
  const { body } = company.github.thread(repo, issue).view();
  await company.github.as('olga').editIssue(repo, issue, { body: `${body} ` });
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /`olga` edited/);
});

test('a new title changes nothing', async () => {
  await using company = await startWithForm();
  const issue = await open(company, answers);
  await company.until(issue, /waiting for approval/);
  await company.github.as('olga').editIssue(repo, issue, { title: 'Ledger, urgent' });
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

test('the text of an issue that is edited into a form never acts', async () => {
  await using company = await startWithForm();
  const issue = await open(company, answers);
  const { body } = company.github.thread(repo, issue).view();
  await company.until(issue, /waiting for approval/);
  const other = await company.openIssue();
  await company.github.as('dana').editIssue(repo, other, { body });
  await company.github.as('dana').comment(repo, other, '/status');
  const said = await company.until(other, /No request was made/);
  assert.equal(said.length, 1);
});

test('a command in the text of an issue does not act, and its author is told how it does', async () => {
  await using company = await startWithForm();
  const made = { title: 'Ledger', body: '/connect payments-db 2h' };
  const { number } = await company.github.as('dana').openIssue(repo, made);
  const [reply] = await company.until(number, /a command acts in a comment/);
  assert.match(reply ?? '', /```sh\n\/connect payments-db 2h\n```/);
});

test('a form delivered twice asks once', async () => {
  await using company = await startWithForm();
  company.github.addFault({
    kind: 'duplicate-delivery',
    event: 'issues',

    times: 1,
  });
  const issue = await open(company, answers);
  await company.until(issue, /waiting for approval/);
  await company.github.settled();
  await company.github.as('dana').comment(repo, issue, '/cancel');
  const comments = await company.until(issue, /cancelled/);
  assert.equal(comments.length, 1);
});
