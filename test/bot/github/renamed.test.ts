// A repository keeps its issues under another name, and its name may be another's by then; and what is in sight no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, type Company } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';

/** What was recorded; the bot is stopped for it. */
async function actions(company: Company): Promise<string[]> {
  return (await recorded(company)).map(({ action }) => action);
}

function installationOf({ seeded }: Company['github']): number {
  const id = seeded.apps['sallyport']?.installations['acme'];
  assert.ok(id !== undefined);
  return id;
}

/** A request of dana's in acme/mine, which is called acme/mine2 since, and has left its name to another. */
async function startRenamed() {
  const company = await startCompany();
  const { github } = company;
  const add = () => github.installation.addRepository(installationOf(github), 'acme/mine', 'olga');
  github.repository.create('acme/mine', 'olga');
  add();
  const issue = (await github.as('dana').openIssue('acme/mine', { title: 'Hello' })).number;
  await github.as('dana').comment('acme/mine', issue, '/connect payments-db 30m');
  await github
    .thread('acme/mine', issue)
    .until(({ comments }) => comments.some(({ body }) => body.includes('r1:card')));
  github.repository.rename('acme/mine', 'mine2', 'olga');
  github.repository.create('acme/mine', 'olga');
  add();
  await github.as('dana').openIssue('acme/mine', { title: 'Another' });
  await github.settled();
  return { company, github, issue, thread: github.thread('acme/mine2', issue) };
}

test('a request in a repository that was renamed is approved there, and the one that took the name is told nothing', async () => {
  const { company, github, issue, thread } = await startRenamed();
  await using _ = company;
  // Nothing is left of what was found out before.
  await company.stopBot();
  await company.startBot();
  await github.as('omar').comment('acme/mine2', issue, '/approve');
  const { comments } = await thread.until(
    (view) =>
      view.labels.includes('access: active') &&
      view.comments.some(({ body }) => body.includes('is granted until')),
  );
  assert.ok(comments.some(({ body }) => /r1:card[^]*npx sallyport/.test(body)));
  const told = comments.find(({ body }) => body.includes('is granted until'));
  assert.match(told?.body ?? '', /acme\/mine2\/issues/);
  assert.deepEqual(github.thread('acme/mine', issue).view().comments, []);
  assert.ok((await actions(company)).every((action) => !/void|revoke/.test(action)));
});

test('a command there whose webhook was lost is found, and none of the other repository’s is taken for one', async () => {
  const { company, github, issue, thread } = await startRenamed();
  await using _ = company;
  github.addFault({ kind: 'unrecorded-delivery', event: 'issue_comment', times: 2 });
  await github.as('omar').comment('acme/mine', issue, '/approve');
  await github.as('dana').comment('acme/mine2', issue, '/cancel');
  await github.settled();
  await company.stopBot();
  await company.startBot();
  await thread.until(({ comments }) =>
    comments.some(({ body }) => /r1:card[^]*cancelled/.test(body)),
  );
  assert.deepEqual((await actions(company)).slice(-1), ['request.cancel']);
});

test('an event about a comment where the App sees nothing any more holds up nobody’s commands', async () => {
  let lateMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + lateMs) });
  const { github } = company;
  await company.asked('/connect payments-db 1h');
  const about = github.deliveries
    .filter(({ event }) => event === 'issue_comment')
    .map(({ body }) => JSON.parse(body.toString()) as { comment: object });
  github.repository.create('acme/other', 'olga');
  github.addFault({ kind: 'unrecorded-delivery', event: 'installation_repositories', times: 2 });
  github.installation.addRepository(installationOf(github), 'acme/other', 'olga');
  github.installation.removeRepository(installationOf(github), repo, 'olga');
  // What was found out before is not trusted any more.
  lateMs = 61_000;
  for (const delivered of about) {
    await company.forge('issue_comment', { ...delivered, action: 'edited', sender: { id: 1 } });
  }
  const { number } = await github.as('dana').openIssue('acme/other', { title: 'Hello' });
  await github.as('dana').comment('acme/other', number, '/status');
  await github
    .thread('acme/other', number)
    .until(({ comments }) => comments.some(({ isBot }) => isBot));
  assert.ok(about.length > 1, 'the command and the card');
});
