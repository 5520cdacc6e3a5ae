// What cannot be read takes nothing away, and what GitHub does not answer is not asked all the time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';

/** Keeps the group that owns the database in a repository of its own. Returns how to start the bot again. */
async function moveOwners(company: Company): Promise<() => Promise<void>> {
  const [engineering = '', payments = '', ...users] = template('org.yaml').split('---\n');
  const { github } = company;
  await company.stopBot();
  github.repository.create('acme/teams', 'olga', { 'catalog-info.yaml': payments });
  github.installation.addRepository(installationOf(company), 'acme/teams', 'olga');
  const text = [engineering, ...users].join('---\n');
  await github.as('olga').putFile('acme/org', 'catalog-info.yaml', { text });
  const repositories = ['acme/org', 'acme/teams', 'acme/payments-services'];
  const start = () => company.startBot({ catalog: { repositories, path: 'catalog-info.yaml' } });
  await start();
  return async () => {
    await company.stopBot();
    await start();
  };
}

function installationOf({ github }: Company): number {
  return github.seeded.apps['sallyport']?.installations['acme'] ?? 0;
}

test('a repository of groups that is out of reach takes no approval back: access stays, and cards as they are', async () => {
  const policy = template('sallyport.yml').replace(
    'groups: [acme/org]',
    'groups: [acme/org, acme/teams]',
  );
  await using company = await startCompany({ policy });
  const { github } = company;
  const restart = await moveOwners(company);
  const issue = await company.granted('/connect payments-db 1h');
  await github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  await github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /r2:card[^]*`omar` as `group:default\/payments`/);
  const cards = () =>
    github
      .thread(repo, issue)
      .view()
      .comments.filter(({ body }) => body.includes(':card'))
      .map(({ edits }) => edits.length);
  await github.settled();
  const before = cards();
  github.installation.removeRepository(installationOf(company), 'acme/teams', 'olga');
  await restart();
  // What the first look has found is decided once the bot has stopped, and told before this is answered.
  await restart();
  await github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /`r1` .* granted until/);
  assert.deepEqual(cards(), before);
  const records = await recorded(company);
  assert.ok(records.every(({ action }) => !/void|revoke/.test(action)));
});

test('a GitHub that is away is asked about five things that are open, and not about all of them', async () => {
  await using company = await startCompany();
  for (let n = 0; n < 7; n += 1) await company.asked('/connect payments-db 1h');
  await company.stopBot();
  const person = 'GET /user/{account_id}';
  company.github.addFault({ kind: 'answer', route: person, status: 502, times: 1000 });
  await company.startBot();
  // Its first look is over once it has stopped.
  await company.stopBot();
  const [left] = company.github.armedFaults();
  assert.equal(left && 'times' in left && left.times, 1000 - 5);
});
