import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { readRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { startCompany, template, type Company } from '../company.ts';

const repo = 'acme/access';
/** What a steward has to know before they approve, in the words of `/why`. */
const isNew =
  /\*\*Before you approve:\*\* The resource became what it is at .* \(new, or another owner, .*until .* UTC a steward of the namespace approves as well\./;
const policy = template('sallyport.yml').replace(
  '    relays:',
  '    stewards: [user:default/bea]\n    relays:',
);
/** What somebody with write access to the descriptors could push: a second door to another address. */
const ledger = `---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: ledger-db
  namespace: payments
  annotations: { sallyport.dev/target: 'ledger-db.internal:5432', sallyport.dev/protocol: postgres }
spec: { type: database, owner: group:default/payments }
`;

test('what was pushed into the catalog lately takes a steward as well, also after a restart', async () => {
  await using company = await startCompany({ policy });
  const first = await company.asked('/connect payments-db 1h');
  assert.doesNotMatch(
    company.botComments(first).join(),
    /@bea/,
    'what was there at first is settled',
  );

  await company.github.as('olga').putFile('acme/payments-services', 'catalog-info.yaml', {
    text: `${template('catalog-info.yaml')}${ledger}`,
  });
  await company.github.settled();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect ledger-db 1h');
  const [card = ''] = await company.until(
    issue,
    /1 approval by @omar, @otto .* and 1 approval by @bea/,
  );
  assert.match(card, isNew);
  await company.stopBot();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/approve');
  const [left = ''] = await company.until(issue, /1 approval by `bea` \(`user:default\/bea`\)/);
  assert.match(left, isNew, 'it says so as long as a steward is asked for');
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

const hourMs = 3_600_000;

/** A database that olga pushed, which dana asks for and omar approves 20 hours later: a steward is missing yet. */
async function startWithApproved() {
  let shiftMs = 0;
  const company = await startCompany({ policy, now: () => new Date(Date.now() + shiftMs) });
  await company.github.as('olga').putFile('acme/payments-services', 'catalog-info.yaml', {
    text: `${template('catalog-info.yaml')}${ledger}`,
  });
  const asking = await company.openIssue();
  await company.github.as('dana').comment(repo, asking, '/why ledger-db');
  await company.until(asking, /a steward of the namespace approves as well/);
  shiftMs = 20 * hourMs;
  const issue = await company.asked('/connect ledger-db 1h');
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /needed:\*\* 1 approval by `bea` \(`user:default\/bea`\)/);
  return {
    company,
    issue,
    /** A start has everything judged again. */
    async restartAfter(ms: number) {
      await company.stopBot();
      shiftMs += ms;
      await company.startBot();
    },
  };
}

test('once the day is over, the card says that one more /approve is enough, and the owner’s grants it', async () => {
  const { company, issue, restartAfter } = await startWithApproved();
  await using _ = company;
  await restartAfter(5 * hourMs);
  const [card = ''] = await company.until(
    issue,
    /\*\*Still needed:\*\* one more `\/approve`, which may be by somebody who/,
  );
  assert.doesNotMatch(card, /Before you approve/);
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /waits until .* for one more `\/approve`/);
  await company.github.as('omar').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /is granted until/);
  assert.equal(comments[0]?.split('`omar` as').length, 2, 'who approved twice is named once');
});

test('an approver who leaves is among those whom the card asks for no longer, and their approval is missing again', async () => {
  const { company, issue } = await startWithApproved();
  await using _ = company;
  company.github.organization('acme').removeMember('omar', 'olga');
  await company.until(issue, /needed:\*\* 1 approval by .*`otto` .* and 1 approval by `bea`/);
});

test('a request that an older version kept, without what its card tells, is told of like any other', async () => {
  const { company, issue, restartAfter } = await startWithApproved();
  await using _ = company;
  const kept = await keptOfFirst(company);
  assert.deepEqual(kept.told, ['role-is-recorded', 'stewards-confirm']);
  await forgetWhatIsTold(company);
  assert.deepEqual(await keptOfFirst(company), { ...kept, told: [] });
  await company.startBot();
  // Whatever this start has judged is over once the bot has stopped.
  assert.deepEqual(await keptOfFirst(company), kept);
  await restartAfter(0);
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

/** What is kept of the first request, for its card; the bot is stopped for it. */
async function keptOfFirst({ stopBot, dataFolder }: Company) {
  await stopBot();
  await using store = await openStore(join(dataFolder, 'sallyport.db'));
  const { missing, told } = (await readRequest(store.queries, 1)) ?? {};
  return { missing, told: told?.map(({ rule }) => rule) };
}

/** Leaves the requests as a version left them that kept of what they need nothing but the approvals. */
async function forgetWhatIsTold({ dataFolder }: Company): Promise<void> {
  await using store = await openStore(join(dataFolder, 'sallyport.db'));
  await sql`update requests set missing = missing -> 'missing'`.execute(store.queries);
}

test('more time asks the stewards at once when the entity has changed since access to it was given', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.granted('/connect payments-db 1h');
  // The writers get a door of their own; what dana has leads where it did, and goes on.
  const door = "sallyport.dev/role.writer.target: 'payments-writer.internal:5432'";
  await company.github.as('olga').putFile('acme/payments-services', 'catalog-info.yaml', {
    text: template('catalog-info.yaml').replace('  annotations:', `  annotations:\n    ${door}`),
  });
  await company.github.settled();
  await company.github.as('dana').comment(repo, issue, '/extend 10m');
  const cards = await company.until(
    issue,
    /More time for .*1 approval by @omar, @otto .* and 1 approval by @bea/s,
  );
  assert.match(cards.at(-1) ?? '', isNew);
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /More time for .*needed:\*\* 1 approval by `bea`/s);
  await company.github.as('bea').comment(repo, issue, '/approve r2');
  await company.until(issue, /now lasts until/);
});
