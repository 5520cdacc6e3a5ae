// Who belongs where: nested teams, invitations, people who leave, and what an App hears of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acme,
  startAcme,
  startBoth,
  appClient,
  installationClient,
  sallyport,
  tokenClient,
} from './fixture.ts';
import type { Seed } from './seed.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

/** Payments has on-call below it, with dana; bea is invited to both the team and nothing else. */
const nested: Seed = {
  ...acme,
  organizations: [
    {
      login: 'acme',
      owners: ['olga'],
      members: ['dana', 'omar'],
      invited: ['bea'],
      basePermission: 'none',
      teams: [
        {
          slug: 'payments',
          maintainers: ['omar'],
          invited: ['bea'],
          repositories: { access: 'write' },
        },
        { slug: 'on-call', parent: 'payments', members: ['dana'] },
      ],
    },
  ],
};

async function roleIn(github: LocalGitHub, username: string): Promise<string> {
  const { repos } = installationClient(github).rest;
  return (await repos.getCollaboratorPermissionLevel({ ...access, username })).data.role_name;
}

function membership(github: LocalGitHub, team_slug: string, username: string) {
  const { teams } = installationClient(github).rest;
  return teams.getMembershipForUserInOrg({ org: 'acme', team_slug, username });
}

test('a member of a team below belongs to the team above and has what it gives', async () => {
  await using github = await startAcme({ seed: nested });
  const { data } = await membership(github, 'payments', 'dana');
  assert.deepEqual([data.state, data.role], ['active', 'member']);
  assert.equal(await roleIn(github, 'dana'), 'write');
  await assert.rejects(membership(github, 'on-call', 'omar'), { status: 404 });
  const { teams } = installationClient(github).rest;
  const members = await teams.listMembersInOrg({ org: 'acme', team_slug: 'payments' });
  assert.deepEqual(
    members.data.map(({ login }) => login),
    ['omar', 'dana'],
  );
  const below = await teams.getByName({ org: 'acme', team_slug: 'on-call' });
  assert.equal(below.data.parent?.slug, 'payments');
});

test('somebody who was only invited is told of as pending, is listed nowhere and has no role', async () => {
  await using github = await startAcme({ seed: nested });
  const { rest } = installationClient(github);
  assert.equal((await membership(github, 'payments', 'bea')).data.state, 'pending');
  const bea = { org: 'acme', username: 'bea' };
  assert.equal((await rest.orgs.getMembershipForUser(bea)).data.state, 'pending');
  await assert.rejects(rest.orgs.checkMembershipForUser(bea), { status: 404 });
  assert.equal(await roleIn(github, 'bea'), 'none');
  github
    .organization('acme')
    .addMember('bea', { role: 'member', state: 'active', isPublic: false }, 'olga');
  assert.equal(await roleIn(github, 'bea'), 'none', 'the team’s invitation is another');
  const how = { role: 'member', state: 'active', by: 'olga' } as const;
  github.organization('acme').addToTeam('payments', 'bea', how);
  assert.equal(await roleIn(github, 'bea'), 'write');
});

test('a membership is also told by the ids of organisation and team, whatever the team is called by then', async () => {
  await using github = await startAcme({ seed: nested });
  const { rest, request } = installationClient(github);
  const { data: team } = await rest.teams.getByName({ org: 'acme', team_slug: 'payments' });
  github.organization('acme').renameTeam('payments', { slug: 'money', name: 'Money' }, 'olga');
  const route = 'GET /organizations/{org_id}/team/{team_id}/memberships/{username}';
  const ids = { org_id: team.organization.id, team_id: team.id };
  const found = await request(route, { ...ids, username: 'omar' });
  assert.equal((found.data as { role: string }).role, 'maintainer');
  await assert.rejects(request(route, { ...ids, team_id: 1, username: 'omar' }), { status: 404 });
  await assert.rejects(membership(github, 'payments', 'omar'), { status: 404 });
});

interface OrganizationEvent {
  readonly organization: { login: string };
  readonly sender: { login: string };
  readonly installation: { id: number };
  readonly member?: { login: string };
  readonly membership?: { user: { login: string } };
  readonly team?: { slug: string; parent: { slug: string } | null };
}

test('an organisation that is renamed leaves its login, and its repositories are led to from where they were', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.organization('acme').rename('umbrella', 'olga');
  const { rest } = installationClient(github);
  const username = 'dana';
  await assert.rejects(rest.orgs.getMembershipForUser({ org: 'acme', username }), { status: 404 });
  const { data } = await rest.orgs.getMembershipForUser({ org: 'umbrella', username });
  assert.equal(data.organization.login, 'umbrella');
  const repository = await rest.repos.get({ owner: 'acme', repo: 'access' });
  assert.equal(repository.data.full_name, 'umbrella/access');
  await github.settled();
  assert.deepEqual(receiver.heard(), ['organization.renamed']);
});

test('an App hears who left a team, a team that went with those below it, and who left the organisation', async () => {
  await using both = await startBoth({ seed: nested });
  const { github, receiver } = both;
  const organization = github.organization('acme');
  organization.removeFromTeam('on-call', 'dana', 'olga');
  organization.deleteTeam('payments', 'olga');
  organization.removeMember('omar', 'olga');
  await github.settled();
  assert.deepEqual(receiver.heard(), [
    'membership.removed',
    'organization.member_removed',
    'team.deleted',
    'team.deleted',
  ]);
  const left = receiver.last('membership.removed') as OrganizationEvent;
  assert.deepEqual(
    [left.member?.login, left.team?.slug, left.team?.parent?.slug],
    ['dana', 'on-call', 'payments'],
  );
  const gone = receiver.last('organization.member_removed') as OrganizationEvent;
  assert.deepEqual([gone.membership?.user.login, gone.sender.login], ['omar', 'olga']);
  assert.equal(gone.installation.id, sallyport(github).installations['acme']);
  assert.equal(await roleIn(github, 'omar'), 'none');
});

test('an App hears of those who join, and of an invitation only once it is accepted', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const organization = github.organization('acme');
  organization.addTeam('audit', {}, 'olga');
  organization.addToTeam('audit', 'bea', { role: 'member', state: 'pending', by: 'olga' });
  organization.addMember('stan', { role: 'member', state: 'pending', isPublic: false }, 'olga');
  await github.settled();
  assert.deepEqual(receiver.heard(), ['team.created']);
  organization.addToTeam('audit', 'bea', { role: 'member', state: 'active', by: 'olga' });
  organization.addMember('stan', { role: 'member', state: 'active', isPublic: false }, 'olga');
  await github.settled();
  assert.deepEqual(receiver.heard(), [
    'membership.added',
    'organization.member_added',
    'team.created',
  ]);
});

test('an App hears of a collaborator who lost a role in a repository that it covers', async () => {
  const [first, ...others] = acme.repositories ?? [];
  assert.ok(first);
  const repositories = [{ ...first, collaborators: { stan: 'admin' as const } }, ...others];
  await using both = await startBoth({ seed: { ...acme, repositories } });
  const { github, receiver } = both;
  assert.equal(await roleIn(github, 'stan'), 'admin');
  github.organization('acme').removeCollaborator('acme/access', 'stan', 'olga');
  assert.equal(await roleIn(github, 'stan'), 'none');
  await github.settled();
  assert.equal((receiver.last('member.removed') as OrganizationEvent).member?.login, 'stan');
});

test('a suspended installation mints no token, its tokens are worth nothing, and it recovers', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const installation_id = Number(sallyport(github).installations['acme']);
  const mint = () => appClient(github).rest.apps.createInstallationAccessToken({ installation_id });
  const { token } = (await mint()).data;
  github.installation.suspend(installation_id, 'olga');
  await assert.rejects(mint(), { status: 403 });
  await assert.rejects(tokenClient(github, token).rest.repos.get(access), { status: 403 });
  github.installation.unsuspend(installation_id, 'olga');
  assert.equal((await tokenClient(github, token).rest.repos.get(access)).status, 200);
  github.installation.acceptPermissions(installation_id, { issues: 'read' }, 'olga');
  github.installation.removeRepository(installation_id, 'acme/access', 'olga');
  github.installation.remove(installation_id, 'olga');
  await assert.rejects(mint(), { status: 404 });
  await github.settled();
  assert.deepEqual(receiver.heard(), [
    'installation.deleted',
    'installation.new_permissions_accepted',
    'installation.suspend',
    'installation.unsuspend',
    'installation_repositories.removed',
  ]);
});
