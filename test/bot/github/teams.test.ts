// Groups whose members are a GitHub team's: who may ask and approve is what GitHub says at that moment, and the team is
// asked by one mention where GitHub makes a mention of it, otherwise by the names of its people.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company, type CompanyOptions } from '../company.ts';

const repo = 'acme/access';
const payments = { slug: 'payments', members: ['omar'] };
/** The owners of the database are whoever is in the team acme/payments. */
const people = template('org.yaml').replace(
  'metadata: { name: payments }',
  'metadata: { name: payments, annotations: { github.com/team-slug: acme/payments } }',
);

const startWithTeams = (options: CompanyOptions = {}) =>
  startCompany({ people, teams: [payments], ...options });

/** The first text of the card of r1. */
async function firstCard(company: Company): Promise<{ issue: number; text: string }> {
  const issue = await company.asked('/connect payments-db 1h');
  const { comments } = company.github.thread(repo, issue).view();
  const card = comments.find(({ body }) => body.includes('r1:card'));
  return { issue, text: card?.edits[0]?.before ?? card?.body ?? '' };
}

test('a team that owns a service is asked by one mention, and one of its members approves', async () => {
  await using company = await startWithTeams();
  const { issue, text } = await firstCard(company);
  assert.match(text, /1 approval by @acme\/payments \(`group:default\/payments`\)/);
  assert.doesNotMatch(text, /@omar/);
  await company.github.as('omar').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /is granted until/);
  assert.ok(!comments.some((body) => body.includes(':asked')), 'nobody is told twice');
});

for (const [what, team] of [
  ['is secret', { ...payments, privacy: 'secret' }],
  ['has its notifications off', { ...payments, notifies: false }],
] as const) {
  test(`the people of a team that ${what} are asked by name`, async () => {
    await using company = await startWithTeams({ teams: [team] });
    const { text } = await firstCard(company);
    assert.match(text, /1 approval by @omar \(`group:default\/payments`\)/);
    assert.doesNotMatch(text, /@acme/);
  });
}

test('whoever a mention of their team does not reach is told by name, once', async () => {
  await using company = await startWithTeams();
  company.github.instance.habits.appsMentionTeams = false;
  const { issue, text } = await firstCard(company);
  assert.match(text, /@acme\/payments/);
  const comments = await company.until(issue, /waits for you/);
  const told = comments.filter((body) => body.includes('@omar'));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /`dana` asks for `resource:payments\/payments-db`/);
});

test('a member of a team below counts, an invitation and the list in the catalog do not', async () => {
  const below = { slug: 'dba', parent: 'payments', members: ['bea'] };
  const above = { slug: 'payments', invited: ['omar'] };
  await using company = await startWithTeams({ teams: [above, below] });
  const issue = await company.asked('/connect payments-db 1h');
  // Omar is a member in the catalog's words, and has not accepted the invitation to the team.
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /`omar` may not decide on `r1`/);
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

test('an outside collaborator neither asks nor approves, though the catalog knows them', async () => {
  const catalog = `${template('org.yaml')}---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: stan, annotations: { github.com/user-login: stan, sallyport.dev/subject: 00u-stan } }
spec: { memberOf: [payments] }
`;
  await using company = await startCompany({ people: catalog, collaborators: { stan: 'write' } });
  const issue = await company.asked('/connect payments-db 1h');
  await company.github.as('stan').comment(repo, issue, '/approve');
  await company.until(issue, /`stan` does not belong to the organisation/);
  await company.github.as('stan').comment(repo, issue, '/connect payments-db');
  await company.until(issue, /@stan, .*`stan` does not belong/);
});

test('without the permission to read members nothing is decided, and the answer says who has to do what', async () => {
  await using company = await startCompany({ withoutPermission: 'members' });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db');
  const [answer = ''] = await company.until(issue, /members: read/);
  assert.match(answer, /An owner has to accept/);
});

test('whoever makes a team of the name that another one had is in nobody’s group', async () => {
  await using company = await startWithTeams();
  const issue = await company.asked('/connect payments-db 1h');
  const organization = company.github.organization('acme');
  organization.renameTeam('payments', { slug: 'payments-core', name: 'Payments core' }, 'olga');
  organization.addTeam('payments', {}, 'bea');
  organization.addToTeam('payments', 'bea', { role: 'maintainer', state: 'active', by: 'bea' });
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /`bea` may not decide on `r1`/);
});

test('a team that is on call breaks the glass, and another gets at once what the policy gives it by itself', async () => {
  const groupOf = (slug: string) => `---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: ${slug}, annotations: { github.com/team-slug: acme/${slug} } }
spec: { type: team, children: [] }
`;
  const policy = template('sallyport.yml').replace(
    '    pending: 8h',
    `    break-glass: { who: group:default/oncall, max: 1h, review: 24h }
    auto-approve: [{ who: group:default/support, role: reader, max: 1h }]
    pending: 8h`,
  );
  await using company = await startCompany({
    people: `${template('org.yaml')}${groupOf('oncall')}${groupOf('support')}`,
    teams: [
      { slug: 'oncall', members: ['bea'] },
      { slug: 'support', members: ['dana'] },
    ],
    policy,
  });
  const [glass, asked] = [await company.openIssue(), await company.openIssue()];
  const words = '/break-glass payments-db 30m\n\nPayments fail.';
  await company.github.as('bea').comment(repo, glass, words);
  await company.until(glass, /broke the glass of/);
  await company.github.as('dana').comment(repo, asked, '/connect payments-db 30m');
  await company.until(asked, /granted until/);
});
