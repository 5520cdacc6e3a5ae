// The review that a broken glass demands, when its issue does not stay where it was: it is open until a reviewer did it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrape } from '../../support/exposition.ts';
import { startCompany, template, type Company, type CompanyOptions } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
const elsewhere = 'acme/payments-services';
const policy = template('sallyport.yml').replace(
  '    pending: 8h',
  '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
);
/** Who owns the organisation may break the glass too, and may move and delete issues. */
const people = `${template('org.yaml')}---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: olga, annotations: { github.com/user-login: olga } }
spec: { profile: { displayName: Olga Owner }, memberOf: [engineering] }
`;
const words = '/break-glass payments-db 30m\n\nIt is down.';
const notAgain =
  /broke with `r1` is not reviewed yet.*deleted or moved, on any other of its repository/;

function start(options: CompanyOptions = {}): Promise<Company> {
  return startCompany({ policy, people, ...options });
}

/** An issue on which somebody broke the glass by r1. */
async function broken(company: Company, who = 'dana'): Promise<number> {
  const issue = await company.openIssue();
  await company.github.as(who).comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  return issue;
}

/** Says it on an issue that was not there before, and waits for the answer there. */
async function sayAnew(
  company: Company,
  said: { who: string; words: string; until: RegExp },
): Promise<number> {
  const issue = await company.openIssue();
  await company.github.as(said.who).comment(repo, issue, said.words);
  await company.until(issue, said.until);
  return issue;
}

/** Who reviewed what, and on which issue they said so; the bot is stopped for it. */
async function reviews(company: Company) {
  const records = await recorded(company);
  return records
    .filter(({ action, outcome }) => action === 'grant.review' && outcome === 'success')
    .map(({ actor, request, origin }) => ({
      by: actor.kind === 'person' ? actor.login : actor.kind,
      request,
      on: origin.kind === 'comment' ? origin.issue : origin.kind,
    }));
}

function installationOf({ seeded }: Company['github']): number {
  const id = seeded.apps['sallyport']?.installations['acme'];
  assert.ok(id !== undefined);
  return id;
}

for (const [what, leave] of [
  ['deleted', ({ github }: Company, issue: number) => github.as('olga').deleteIssue(repo, issue)],
  [
    'moved by whoever broke the glass',
    ({ github }: Company, issue: number) => github.as('olga').transferIssue(repo, issue, elsewhere),
  ],
] as const) {
  test(`a glass whose issue was ${what} is not broken again before a reviewer named its request on another`, async () => {
    await using company = await start();
    await leave(company, await broken(company, 'olga'));
    const second = await sayAnew(company, { who: 'olga', words, until: notAgain });
    const { github, until } = company;
    await github.as('olga').comment(repo, second, '/review r1 ok');
    await until(second, /nobody reviews what they did themselves/);
    await github.as('bea').comment(repo, second, '/review r1 ok');
    await until(second, /`bea` may not decide on `r1`/);
    await github.as('omar').comment(repo, second, '/review ok');
    await until(second, /nothing waits for a review on this issue/);
    await github.as('omar').comment(repo, second, '/review r1 It was down indeed.');
    const comments = await until(second, /`omar` reviewed/);
    assert.match(comments.at(-1) ?? '', /`r1`.*`It was down indeed\.`/);
    await github.as('olga').comment(repo, second, words);
    await until(second, /broke the glass of/);
    assert.deepEqual(await reviews(company), [{ by: 'omar', request: 'r1', on: second }]);
  });
}

test('the review of a glass whose issue was deleted is done once, and in no other repository', async () => {
  await using company = await start();
  await company.github.as('olga').deleteIssue(repo, await broken(company));
  const { github } = company;
  const { number } = await github.as('omar').openIssue(elsewhere, { title: 'Review', body: '' });
  await github.as('omar').comment(elsewhere, number, '/review r1 ok');
  const there = github.thread(elsewhere, number);
  await there.until(({ comments }) =>
    comments.some(({ body }) => /`r1` does not wait for a review on this issue/.test(body)),
  );
  await sayAnew(company, { who: 'omar', words: '/review r1 ok', until: /`omar` reviewed/ });
  const closed = /`r1` does not wait for a review/;
  await sayAnew(company, { who: 'otto', words: '/review r1 ok', until: closed });
  assert.equal((await reviews(company)).length, 1);
});

test('a glass whose issue is there is reviewed there, where its card is read, and not from another issue', async () => {
  await using company = await start();
  const issue = await broken(company);
  const until = new RegExp(`was broken on #${issue}, which is there`);
  await sayAnew(company, { who: 'omar', words: '/review r1 ok', until });
  await company.github.as('omar').comment(repo, issue, '/review ok');
  await company.until(issue, /`omar` reviewed it at/);
  assert.deepEqual(await reviews(company), [{ by: 'omar', request: 'r1', on: issue }]);
});

for (const [what, shut, open] of [
  [
    'its repository was archived',
    ({ github }) => github.repository.archive(repo, 'olga'),
    ({ github }) => github.repository.unarchive(repo, 'olga'),
  ],
  [
    'its repository was public',
    ({ github }) => github.repository.publicize(repo, 'olga'),
    ({ github }) => github.repository.privatize(repo, 'olga'),
  ],
  [
    'the App was suspended',
    ({ github }) => github.installation.suspend(installationOf(github), 'olga'),
    ({ github }) => github.installation.unsuspend(installationOf(github), 'olga'),
  ],
] as readonly (readonly [string, (company: Company) => void, (company: Company) => void])[]) {
  test(`once ${what} and that is undone, the review is open on the card, and is done there`, async () => {
    await using company = await start();
    const { github } = company;
    const issue = await broken(company);
    shut(company);
    const records = await recorded(company);
    assert.ok(records.some(({ action }) => action === 'grant.revoke'));
    open(company);
    await company.startBot();
    const [card] = await company.until(issue, /: revoked[^]*An approver reviews it until/);
    assert.doesNotMatch(card ?? '', /`nobody` reviewed/);
    await sayAnew(company, { who: 'dana', words, until: notAgain });
    await github.as('omar').comment(repo, issue, '/review ok');
    await company.until(issue, /`omar` reviewed it at/);
    assert.deepEqual(await reviews(company), [{ by: 'omar', request: 'r1', on: issue }]);
  });
}

test('a review that was never told of is heard by a round, though the App was taken out and is another since', async () => {
  await using company = await start();
  const { github } = company;
  const issue = await broken(company);
  github.installation.remove(installationOf(github), 'olga');
  await github.settled();
  github.installation.add('sallyport', 'acme', 'olga');
  await github.settled();
  github.addFault({ kind: 'unrecorded-delivery', event: 'issue_comment' });
  await github.as('omar').comment(repo, issue, '/review ok');
  await github.settled();
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /`omar` reviewed it at/);
});

test('while only a review is open on an issue that is gone, a round makes two calls for it, and changes nothing', async () => {
  await using company = await start();
  const issue = await broken(company);
  await company.github.as('omar').comment(repo, issue, '/revoke');
  // What is told last; nothing is on its way there any more.
  await company.until(issue, /r1:card[^]*: revoked/);
  await company.github.as('olga').deleteIssue(repo, issue);
  const before = (await recorded(company)).length;
  const calls = async (): Promise<number> => {
    await company.startBot();
    const seen = async () => scrape(company.metricsPort());
    // The first round is made at the start: two errands and the sweep.
    while ((await seen()).value('sallyport_bot_errands_total') < 3) await company.github.settled();
    return (await seen()).value('sallyport_bot_github_call_seconds_count');
  };
  const withReview = await calls();
  assert.equal((await recorded(company)).length, before);
  await company.startBot();
  await sayAnew(company, { who: 'omar', words: '/review r1 ok', until: /`omar` reviewed/ });
  await recorded(company);
  assert.ok(withReview - (await calls()) <= 2, `${withReview} calls`);
});
