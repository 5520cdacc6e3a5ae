// What the bot takes from a Backstage, asked of a real one. It is too large for `npm test`: `npm run test:backstage`
// installs it here first, and .ci/run runs it as a job of its own. The tests follow each other on one stage.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalJson } from '../../bot/access/canonical.ts';
import { readBackstage, readingLimits } from '../../bot/backstage/entities.ts';
import { openTokens } from '../../bot/backstage/token.ts';
import { isMember } from '../../bot/catalog/ownership.ts';
import { template } from '../bot/company.ts';
import { startLocalBackstage, type BackstageEntity } from '../support/backstage.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { openStage, policyText, tokens } from './stage.ts';

const stage = await openStage();
after(() => stage[Symbol.asyncDispose]());

const ref = 'resource:payments/payments-db';
const services = 'acme/payments-services';
const descriptor = template('catalog-info.yaml');
const at = (rest: string) => `${stage.company.github.url}/${rest}`;
const refusedFor = async (about: string) => (await stage.read()).refused.get(about)?.code;

/** A second entity beside the template's. */
const also = (text: string) => `${descriptor}---\n${text}\n`;
const resource = (name: string, more = '') => `
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  namespace: payments
  name: ${name}
  annotations:
    sallyport.dev/target: ${name.toLowerCase()}.internal:5432
${more}spec: { type: database, owner: "group:default/payments" }`;

test('descriptors that Backstage read from GitHub count for their repositories', async () => {
  const snapshot = await stage.until(
    'the company is there',
    ({ resources, users }) => resources.has(ref) && users.has('user:default/bea'),
  );
  assert.deepEqual(snapshot.faults, []);
  assert.equal(snapshot.resources.get(ref)?.place.repository, services);
  assert.equal(snapshot.resources.get(ref)?.owner, 'group:default/payments');
});

test('people of a provider count beside those of a repository, with their groups and the groups above', async () => {
  const snapshot = await stage.until('stan is there', ({ users }) =>
    users.has('user:default/stan'),
  );
  assert.equal(
    snapshot.users.get('user:default/stan')?.place.repository,
    'msgraph:default/stan-0d7c',
  );
  for (const [user, group, expected] of [
    ['stan', 'risk', true],
    ['stan', 'engineering', true],
    ['stan', 'payments', false],
    ['omar', 'engineering', true],
    ['bea', 'engineering', true],
    ['bea', 'payments', false],
  ] as const) {
    const found = isMember(snapshot, `user:default/${user}`, `group:default/${group}`);
    assert.equal(found, expected, `${user} in ${group}`);
  }
});

test('a token that Backstage does not know is refused, and one that may not read shows nothing', async () => {
  await assert.rejects(stage.read('no-token-of-anybody'), /does not accept the token \(401\)/);
  await assert.rejects(stage.read(tokens.other), /\(403\)/);
});

test('the token that reads can do nothing else', async () => {
  const body = { type: 'url', target: at('acme/open/blob/main/catalog-info.yaml') };
  const written = await stage.call('/locations', tokens.read, { method: 'POST', body });
  assert.equal(written.status, 403);
});

test('page after page gives what one page gives', async () => {
  const one = await stage.read();
  const many = await stage.read(tokens.read, { pageEntities: 2 });
  assert.ok(one.users.size + one.groups.size > 4);
  assert.deepEqual([...many.users.keys()].sort(), [...one.users.keys()].sort());
  assert.deepEqual([...many.groups.keys()].sort(), [...one.groups.keys()].sort());
  await assert.rejects(stage.read(tokens.read, { pageEntities: 2, maxPages: 2 }), /more than 2/);
});

test('an entity changes its owner here when it does there', async () => {
  await stage.write(
    services,
    descriptor.replace('owner: group:default/payments', 'owner: engineering'),
  );
  const moved = await stage.until('the owner changed', ({ resources }) => !resources.has(ref));
  assert.equal(moved.refused.get(ref)?.code, 'owner-not-allowed');
  await stage.write(services, descriptor);
  await stage.until('the owner is back', ({ resources }) => resources.has(ref));
});

test('refs in any case are the same entity', async () => {
  await stage.write(
    services,
    also(resource('Ledger-DB')).replaceAll('group:default', 'Group:Default'),
  );
  const snapshot = await stage.until('the ledger is there', ({ resources }) =>
    resources.has('resource:payments/ledger-db'),
  );
  assert.equal(
    snapshot.resources.get('resource:payments/ledger-db')?.owner,
    'group:default/payments',
  );
});

test('what is mistyped about an entity makes it unusable, and takes nothing else along', async () => {
  const odd = resource('Ledger-DB', '    sallyport.dev/max-durations: PT1H\n');
  await stage.write(services, also(odd));
  const snapshot = await stage.until('the fault is there', ({ refused }) =>
    refused.has('resource:payments/ledger-db'),
  );
  assert.match(
    snapshot.refused.get('resource:payments/ledger-db')?.message ?? '',
    /max-duration\?/,
  );
  assert.ok(snapshot.resources.has(ref));
});

test('an entity that its file no longer has is gone, also while Backstage keeps it as an orphan', async () => {
  const ledger = 'resource:payments/ledger-db';
  await stage.write(services, also(resource('ledger-db', '    backstage.io/orphan: "false"\n')));
  await stage.until('the ledger is there', ({ resources }) => resources.has(ledger));
  await stage.write(services, descriptor);
  const { refused } = await stage.until('it is gone', ({ resources }) => !resources.has(ledger));
  assert.ok(!refused.has(ledger));
  const kept = await stage.call('/entities/by-name/resource/payments/ledger-db', tokens.read);
  const { metadata } = (await kept.json()) as { metadata: { annotations: Record<string, string> } };
  assert.equal(metadata.annotations['backstage.io/orphan'], 'true');
});

test('YAML that breaks takes nobody’s access away', async () => {
  await stage.write(services, `${descriptor}---\nkind: {`);
  await stage.eventually('Backstage has seen it', async () => {
    const answer = await stage.call('/entities/by-query?filter=kind=location', tokens.read);
    return /YAML/.test(await answer.text());
  });
  assert.ok((await stage.read()).resources.has(ref));
  await stage.write(services, descriptor);
});

test('a descriptor cannot say that it is from somewhere else', async () => {
  const believed = at(`${services}/blob/main/catalog-info.yaml`);
  const forged = resource(
    'forged-db',
    ['location', 'origin-location']
      .map((key) => `    backstage.io/managed-by-${key}: url:${believed}\n`)
      .join(''),
  );
  await stage.write('acme/open', forged);
  assert.equal(await stage.register(at('acme/open/blob/main/catalog-info.yaml')), 201);
  const snapshot = await stage.until('it is there', ({ refused }) =>
    refused.has('resource:payments/forged-db'),
  );
  const fault = snapshot.refused.get('resource:payments/forged-db');
  assert.equal(fault?.code, 'origin-not-allowed');
  assert.equal(fault?.place.repository, 'acme/open');
});

test('a file of the right repository counts from its branch alone', async () => {
  const { github } = stage.company;
  const old = await github
    .as('olga')
    .putFile(services, 'catalog-info.yaml', { text: resource('past-db') });
  await stage.write(services, descriptor);
  const place = at(`${services}/blob/${old.commit.sha}/catalog-info.yaml`);
  assert.equal(await stage.register(place), 201);
  await stage.until('it is there', ({ refused }) => refused.has('resource:payments/past-db'));
  assert.equal(await refusedFor('resource:payments/past-db'), 'origin-not-allowed');
});

test('whoever points at a believed file does not count as having written it', async () => {
  const other = at('acme/access/blob/main/catalog-info.yaml');
  await stage.write('acme/access', resource('access-db'));
  await stage.write(
    'acme/open',
    `apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: pointer }
spec: { type: url, target: "${other}" }`,
  );
  const snapshot = await stage.until('it is there', ({ refused }) =>
    refused.has('resource:payments/access-db'),
  );
  const place = snapshot.refused.get('resource:payments/access-db')?.place;
  assert.deepEqual([place?.repository, place?.broughtBy], ['acme/access', 'acme/open']);
});

test('the server that stands in for Backstage elsewhere gives what Backstage gives', async () => {
  await using standIn = await startLocalBackstage({ accepts: (token) => token === tokens.read });
  const answer = await stage.call('/entities/by-query?limit=1000', tokens.read);
  standIn.entities = ((await answer.json()) as { items: BackstageEntity[] }).items;
  const limits = { ...readingLimits, pageEntities: 3 };
  const readFrom = async (url: string) => {
    const { entities } = await readBackstage({ url, token: () => tokens.read }, limits);
    return entities.map((each) => canonicalJson(each)).sort();
  };
  const [real, same] = [await readFrom(stage.url), await readFrom(standIn.url)];
  assert.ok(real.length > 8);
  assert.deepEqual(same, real);
});

test('a running bot decides by Backstage, with tokens that it signs itself', async () => {
  const { company, url, botPort } = stage;
  await company.stopBot();
  await company.startBot({
    listen: { host: '127.0.0.1', port: botPort },
    catalog: {
      repositories: [],
      path: 'catalog-info.yaml',
      backstage: {
        url,
        token: undefined,
        branch: 'main',
        site: company.github.url,
        maxAgeSeconds: 60,
      },
    },
  });
  await company.granted('/connect payments-db 1h');

  const issue = await company.asked('/connect payments-db 2h');
  await stage.write(services, descriptor.replace('title: Payments', 'title: Other'));
  await stage.until('the title changed', ({ resources }) =>
    /Other/.test(resources.get(ref)?.title ?? ''),
  );
  await company.github.as('omar').comment('acme/access', issue, '/approve');
  await company.until(issue, /changed/);
});

test('live access ends when its database gets another owner in Backstage', async () => {
  const { company } = stage;
  await stage.write(services, descriptor);
  await stage.until(
    'the title is back',
    ({ resources }) => !/Other/.test(resources.get(ref)?.title ?? 'Other'),
  );
  const issue = await company.granted('/connect payments-db 1h');
  await stage.write(
    services,
    descriptor.replace('owner: group:default/payments', 'owner: engineering'),
  );
  await stage.until('the owner changed', ({ resources }) => !resources.has(ref));
  // Any push to the policy has everything judged at once; otherwise it is within the minute.
  const text = `${policyText}# looked at again\n`;
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  await company.until(issue, /was revoked by `the bot`\. Why: the entry of `resource:payments/);
});

test('a token that is signed with another key is refused', async () => {
  await using folder = await createTemporaryFolder('stranger');
  const issuer = 'https://sallyport.acme.dev';
  const stranger = await openTokens(folder.path, {
    issuer,
    audience: stage.url,
    now: () => new Date(),
  });
  await assert.rejects(stage.read(await stranger.sign()), /does not accept the token \(401\)/);
});
