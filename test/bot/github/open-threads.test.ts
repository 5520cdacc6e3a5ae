import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
const elsewhere = 'acme/payments-services';

/** What was recorded, as `action: reason`; the bot is stopped for it. */
async function actions(company: Company): Promise<string[]> {
  const records = await recorded(company);
  return records.map(({ action, reason }) => (reason === null ? action : `${action}: ${reason}`));
}

/** An issue with a live grant, r1, and a request that waits, r2. */
async function openBoth(company: Company): Promise<number> {
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  return issue;
}

/** Until something that is only seen on another issue has been answered, after all that came before it. */
async function everythingHeard(company: Company): Promise<void> {
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /No request was made/);
}

for (const [what, act] of [
  [
    'deleted',
    (company: Company, issue: number) => company.github.as('olga').deleteIssue(repo, issue),
  ],
  [
    'moved to another repository',
    (company: Company, issue: number) =>
      company.github.as('olga').transferIssue(repo, issue, elsewhere),
  ],
] as const) {
  test(`what is open on an issue that was ${what} ends: nobody could see it there, or take it back`, async () => {
    await using company = await startCompany();
    const issue = await openBoth(company);
    await act(company, issue);
    await everythingHeard(company);
    const records = await actions(company);
    assert.deepEqual(records.slice(-2), ['grant.revoke: issue-gone', 'request.void: issue-gone']);
  });

  test(`the same, when nobody told the bot that the issue was ${what}`, async () => {
    await using company = await startCompany();
    const issue = await openBoth(company);
    company.github.addFault({ kind: 'unrecorded-delivery', event: 'issues' });
    await act(company, issue);
    await company.github.settled();
    await company.stopBot();
    await company.startBot();
    await everythingHeard(company);
    const records = await actions(company);
    assert.deepEqual(records.slice(-2), ['grant.revoke: issue-gone', 'request.void: issue-gone']);
  });
}

test('a webhook that says an issue was deleted ends nothing while the issue is there', async () => {
  await using company = await startCompany();
  const issue = await openBoth(company);
  const [delivered] = company.github.deliveries;
  assert.ok(delivered);
  const { repository, installation, sender } = JSON.parse(delivered.body.toString()) as object & {
    [key in 'repository' | 'installation' | 'sender']: object;
  };
  const about = { issue: { number: issue }, repository, installation, sender };
  const status = await company.forge('issues', { action: 'deleted', ...about });
  assert.equal(status, 202);
  await everythingHeard(company);
  const records = await actions(company);
  assert.ok(
    records.every((record) => !/void|revoke/.test(record)),
    records.join(', '),
  );
});

for (const [what, change] of [
  ['without an installation', { installation: undefined }],
  ['of an installation that sees nothing there', { installation: { id: 4711 } }],
] as const) {
  test(`a webhook ${what} ends nothing either: it is not asked as what the event says`, async () => {
    await using company = await startCompany();
    const issue = await company.asked('/connect payments-db 1h');
    const { deliveries } = company.github;
    const asked = deliveries.find(({ event }) => event === 'issue_comment');
    assert.ok(asked);
    const delivered = JSON.parse(asked.body.toString()) as Record<string, unknown>;
    await company.forge('issue_comment', { ...delivered, action: 'deleted', ...change });
    await company.forge('issues', { ...delivered, action: 'deleted', ...change });
    await company.github.as('omar').comment(repo, issue, '/approve');
    await company.until(issue, /is granted until/);
  });
}

test('an answer that lags behind voids nothing in a round', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  company.github.addFault({ kind: 'not-yet-visible', times: 3, author: 'dana' });
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  await company.stopBot();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

test('an edit of what was asked is found also when nobody told of it', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  const dana = company.github.as('dana');
  const { id } = await dana.comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  company.github.addFault({ kind: 'unrecorded-delivery', event: 'issue_comment' });
  await dana.editComment(repo, id, '/connect payments-db 4h');
  await company.github.settled();
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /`dana` edited the words that asked/);
});

test('while the App is suspended nothing is heard or given, and afterwards what was said is heard', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  const { github } = company;
  const installation = github.seeded.apps['sallyport']?.installations['acme'] ?? 0;
  github.installation.suspend(installation, 'olga');
  await github.as('omar').comment(repo, issue, '/approve');
  await github.settled();
  assert.match(company.botComments(issue)[0] ?? '', /waiting for approval/);
  github.installation.unsuspend(installation, 'olga');
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /is granted until/);
});

/** What changes, and the reason for which what is open ends. */
const changes: readonly (readonly [string, (company: Company) => void, string])[] = [
  [
    'the repository is made public',
    ({ github }) => github.repository.publicize(repo, 'olga'),
    'repository-public',
  ],
  [
    'the repository is archived',
    ({ github }) => github.repository.archive(repo, 'olga'),
    'repository-archived',
  ],
  [
    'the App is suspended',
    ({ github }) => github.installation.suspend(installationOf(github), 'olga'),
    'app-removed',
  ],
];

function installationOf({ seeded }: Company['github']): number {
  const id = seeded.apps['sallyport']?.installations['acme'];
  assert.ok(id !== undefined);
  return id;
}

for (const [what, act, reason] of changes) {
  const ended = [`grant.revoke: ${reason}`, `request.void: ${reason}`];
  test(`when ${what}, what waits is void and what is live is revoked`, async () => {
    await using company = await startCompany();
    await openBoth(company);
    act(company);
    assert.deepEqual((await actions(company)).slice(-2), ended);
  });

  test(`when ${what} and nobody tells, the next round finds it`, async () => {
    await using company = await startCompany();
    await openBoth(company);
    for (const event of ['repository', 'installation']) {
      company.github.addFault({ kind: 'unrecorded-delivery', event });
    }
    act(company);
    await company.github.settled();
    await company.stopBot();
    await company.startBot();
    await company.github.settled();
    assert.deepEqual((await actions(company)).slice(-2), ended);
  });
}

test('once an archiving is undone the thread says that what was live has been revoked', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await openBoth(company);
  github.repository.archive(repo, 'olga');
  await github.settled();
  const elsewhereIssue = await github.as('dana').openIssue(elsewhere, { title: 'Hello', body: '' });
  await github.as('dana').comment(elsewhere, elsewhereIssue.number, '/status');
  await github
    .thread(elsewhere, elsewhereIssue.number)
    .until(({ comments }) => comments.some(({ isBot }) => isBot));
  github.repository.unarchive(repo, 'olga');
  await company.until(issue, /r1:card[^]*: revoked/);
});

for (const [what, act] of [
  [
    'taken out of the organisation',
    ({ github }: Company) => github.installation.remove(installationOf(github), 'olga'),
  ],
  [
    'taken out of the repository',
    ({ github }: Company) =>
      github.installation.removeRepository(installationOf(github), repo, 'olga'),
  ],
] as const) {
  test(`when the App is ${what}, what waits is void and what is live is revoked`, async () => {
    await using company = await startCompany();
    await openBoth(company);
    act(company);
    const records = await actions(company);
    assert.deepEqual(records.slice(-2), ['grant.revoke: app-removed', 'request.void: app-removed']);
  });
}

test('what is open in a repository that was given away ends, though another that the App covers has its name by now', async () => {
  await using company = await startCompany();
  const { github } = company;
  await openBoth(company);
  github.addFault({ kind: 'unrecorded-delivery', event: 'installation_repositories', times: 2 });
  github.repository.transfer(repo, 'stan', 'olga');
  // With a policy, without which the bot would not start.
  github.repository.create(repo, 'olga', { 'sallyport.yml': template('sallyport.yml') });
  github.installation.addRepository(installationOf(github), repo, 'olga');
  await github.as('dana').openIssue(repo, { title: 'Not what it was', body: '' });
  await company.stopBot();
  await company.startBot();
  assert.deepEqual((await actions(company)).slice(-2), [
    'grant.revoke: app-removed',
    'request.void: app-removed',
  ]);
  assert.deepEqual(github.thread(repo, 1).view().comments, []);
});

test('in a public repository that the policy lists, commands act, and what is open there stays', async () => {
  const policy = `${template('sallyport.yml')}\npublic-repositories: [Acme/Access]\n`;
  await using company = await startCompany({ policy });
  const issue = await company.asked('/connect payments-db 1h');
  company.github.repository.publicize(repo, 'olga');
  await company.github.settled();
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});
