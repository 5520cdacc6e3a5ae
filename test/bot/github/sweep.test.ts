// What is open is judged again when the ground moves under it: people leave, teams change, owners and rules change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { location } from '../catalog/checkouts.ts';
import { startCompany, template, type Company, type CompanyOptions } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
const membership = 'GET /orgs/{org}/memberships/{username}';

/** Live access of dana that omar approved, and on the same issue a request of hers that waits. */
async function startWithOpen(options: CompanyOptions = {}) {
  const company = await startCompany(options);
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  return { company, issue };
}

async function put(company: Company, where: string, text: string): Promise<void> {
  const path = where === repo ? 'sallyport.yml' : 'catalog-info.yaml';
  await company.github.as('olga').putFile(where, path, { text });
}

const leaving = (company: Company) =>
  company.github.organization('acme').removeMember('dana', 'olga');
const revoked = (why: RegExp) =>
  new RegExp(`@dana, your access to .* was revoked by \`the bot\`. Why: ${why.source}`);

const teams = [{ slug: 'payments', members: ['omar'] }];
const people = template('org.yaml').replace(
  'metadata: { name: payments }',
  'metadata: { name: payments, annotations: { github.com/team-slug: acme/payments } }',
);

interface Change {
  readonly what: string;
  readonly options?: CompanyOptions;
  readonly act: (company: Company) => void | Promise<void>;
  /** Why the grant ends. */
  readonly grant: RegExp;
  /** Why the request does; undefined where it stays. */
  readonly request?: RegExp;
}

const changes: readonly Change[] = [
  {
    what: 'the requester leaves the organisation',
    act: leaving,
    grant: /`dana` does not belong to the organisation/,
    request: /`dana` does not belong to the organisation/,
  },
  {
    what: 'the approver leaves the team that owns the database',
    options: { people, teams },
    act: ({ github }) => github.organization('acme').removeFromTeam('payments', 'omar', 'olga'),
    grant: /the approvals behind `g_\w+` no longer stand/,
  },
  {
    what: 'the team that owns the database is deleted',
    options: { people, teams },
    act: ({ github }) => github.organization('acme').deleteTeam('payments', 'olga'),
    grant: /the approvals behind `g_\w+` no longer stand/,
  },
  {
    what: 'a push gives the database to somebody else',
    act: (company) =>
      put(
        company,
        'acme/payments-services',
        template('catalog-info.yaml').replaceAll(
          'group:default/payments',
          'group:default/engineering',
        ),
      ),
    grant: /the entry of `resource:payments\/payments-db` in the catalog is not usable/,
    request: /the entry of `resource:payments\/payments-db` in the catalog is not usable/,
  },
  {
    what: 'the policy no longer lets her ask',
    act: (company) =>
      put(
        company,
        repo,
        template('sallyport.yml').replace(
          'requesters: [group:default/engineering]',
          'requesters: [user:default/bea]',
        ),
      ),
    grant: /`dana` may not ask for/,
    request: /the policy of `payments` changed/,
  },
  {
    what: 'the policy gives the role for less time',
    act: (company) =>
      put(
        company,
        repo,
        template('sallyport.yml').replace(
          'default: 1h, max: 8h, approvals: 1',
          'default: 30m, max: 30m, approvals: 1',
        ),
      ),
    grant: /`g_\w+` was given for 1 h in all, which is longer than the 30 min that are allowed/,
  },
];

for (const { what, options, act, grant, request } of changes) {
  test(`when ${what}, live access ends, and what waits for it`, async () => {
    const { company, issue } = await startWithOpen(options);
    await using _ = company;
    await act(company);
    const comments = await company.until(issue, revoked(grant));
    assert.ok(comments.some((body) => /### 🔒/.test(body) && /by `the bot`: /.test(body)));
    if (request) {
      const ended = new RegExp(
        `@dana, your request \`r2\` .* ended without a grant: ${request.source}`,
      );
      await company.until(issue, ended);
    }
    const record = (await recorded(company)).find(({ action }) => action === 'grant.revoke');
    assert.ok(record?.reason, 'the record has the reason and how it was found');
    assert.ok(JSON.stringify(record.data).includes('derivation'));
  });
}

test('what no webhook told of is found when the bot looks by itself', async () => {
  const { company, issue } = await startWithOpen();
  await using _ = company;
  company.github.addFault({ kind: 'unrecorded-delivery', event: 'organization' });
  leaving(company);
  await company.github.settled();
  await company.stopBot();
  await company.startBot();
  await company.until(issue, revoked(/`dana` does not belong/));
});

for (const [what, fault] of [
  ['does not answer', { kind: 'answer', route: membership, status: 502, times: 1000 }],
  // One of its machines, of dana and omar, and once more when it is asked again.
  [
    'says for a moment that she does not belong to it',
    { kind: 'answer', route: membership, status: 404, times: 4 },
  ],
] as const) {
  test(`a GitHub that ${what} ends nothing`, async () => {
    const { company, issue } = await startWithOpen();
    await using _ = company;
    const { struck } = company.github.addFault(fault);
    // Somebody else's leaving has everything judged again.
    company.github.organization('acme').removeMember('bea', 'olga');
    await struck;
    await company.github.settled();
    company.github.clearFaults();
    await company.stopBot();
    await company.startBot();
    await company.github.as('dana').comment(repo, issue, '/extend 10m');
    await company.until(issue, /r3:card/);
    const records = await recorded(company);
    assert.ok(records.every(({ action }) => !/void|revoke/.test(action)));
  });
}

test('somebody about whom GitHub does not answer keeps nobody else’s access alive', async () => {
  const { company, issue } = await startWithOpen();
  await using _ = company;
  // Five things of bea's that wait, and one failure each time that GitHub is asked about her.
  for (let n = 0; n < 5; n += 1) {
    const other = await company.openIssue();
    await company.github.as('bea').comment(repo, other, '/connect payments-db 1h');
    await company.until(other, /waiting for approval/);
  }
  await company.stopBot();
  company.github.organization('acme').removeMember('dana', 'olga');
  await company.github.settled();
  const person = 'GET /user/{account_id}';
  company.github.addFault({ kind: 'answer', route: person, status: 502, times: 5, skip: 2 });
  await company.startBot();
  await company.until(issue, revoked(/`dana` does not belong/));
});

const broken = 'kind: Resource\nmetadata: {';
const unread: readonly (readonly [string, (company: Company) => void | Promise<void>])[] = [
  ['a broken file of a service', (company) => put(company, 'acme/payments-services', broken)],
  ['a broken file of the people', (company) => put(company, 'acme/org', broken)],
  [
    'a catalog’s repository that the App is taken out of',
    ({ github }) => {
      const installation = github.seeded.apps['sallyport']?.installations['acme'] ?? 0;
      github.installation.removeRepository(installation, 'acme/payments-services', 'olga');
    },
  ],
];
for (const [what, act] of unread) {
  test(`${what} ends nothing, also when the bot starts and knows no better one`, async () => {
    const { company, issue } = await startWithOpen();
    await using _ = company;
    await act(company);
    await company.github.settled();
    await company.stopBot();
    await company.startBot();
    await company.github.as('dana').comment(repo, issue, '/status');
    await company.until(issue, /`r1` .* granted until/);
    const records = await recorded(company);
    assert.ok(records.every(({ action }) => !/void|revoke/.test(action)));
  });
}

for (const [what, where, text] of [
  ['a database', 'acme/payments-services', template('catalog-info.yaml')],
  ['everybody', 'acme/org', template('org.yaml')],
] as const) {
  test(`a push that moves ${what} to another file ends nothing and keeps nobody from asking`, async () => {
    const option = where === 'acme/org' ? 'people' : 'services';
    await using company = await startCompany({ [option]: location('./a.yaml') });
    const olga = company.github.as('olga');
    await olga.putFile(where, 'a.yaml', { text });
    await company.github.settled();
    const issue = await company.granted('/connect payments-db 1h');
    await olga.putFile(where, 'b.yaml', { text });
    await put(company, where, location('./b.yaml'));
    await company.github.settled();
    await company.asked('/connect payments-db 30m');
    // Whatever the push has judged is over once the bot has stopped.
    await company.stopBot();
    assert.match(company.botComments(issue).join(), /is granted until/);
    const records = await recorded(company);
    assert.ok(records.every(({ action }) => !/void|revoke/.test(action)));
  });
}

test('a requester whose GitHub account is deleted has no access any more', async () => {
  const { company, issue } = await startWithOpen();
  await using _ = company;
  company.github.deleteAccount('dana');
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /### 🔒/);
});

test('an owner who takes the permission to read members back stops new access and ends none', async () => {
  const { company, issue } = await startWithOpen();
  await using _ = company;
  const installation = company.github.seeded.apps['sallyport']?.installations['acme'] ?? 0;
  company.github.installation.acceptPermissions(
    installation,
    { issues: 'write', contents: 'read' },
    'olga',
  );
  await company.stopBot();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /members: read/);
  const records = await recorded(company);
  assert.ok(records.every(({ action }) => !/void|revoke/.test(action)));
});

test('an organisation that is renamed keeps what is open in it; who leaves it afterwards is still noticed', async () => {
  const { company, issue } = await startWithOpen();
  await using _ = company;
  const { github } = company;
  await github.as('bea').comment(repo, issue, '/connect payments-db 20m');
  await company.until(issue, /r3:card/);
  const organization = github.organization('acme');
  organization.rename('umbrella', 'olga');
  organization.removeMember('bea', 'olga');
  const thread = github.thread('umbrella/access', issue);
  const said = /@bea, your request `r3` .*`bea` does not belong to the organisation/;
  await thread.until(({ comments }) => comments.some(({ body }) => said.test(body)));
  await github.as('omar').comment('umbrella/access', issue, '/status');
  await thread.until(({ comments }) => comments.some(({ body }) => /`r2`.* waits/.test(body)));
  const ended = (await recorded(company)).filter(({ action }) => /void|revoke/.test(action));
  assert.deepEqual(
    ended.map(({ request }) => request),
    ['r3'],
  );
});
