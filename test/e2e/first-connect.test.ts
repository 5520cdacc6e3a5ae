// `clock: first-connect` from the comment to the token: a real GitHub thread, the bot's own routes, a real provider and the
// product's client. Only the bot's clock is the test's.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { decodeJwt } from 'jose';
import type { AuditRecord } from '../../bot/access/record.ts';
import { webhookPath } from '../../bot/github/webhook.ts';
import { readRecords } from '../../bot/store/records.ts';
import { openStore } from '../../bot/store/store.ts';
import { startCompany, template, type Company } from '../bot/company.ts';
import { restsOn } from '../bot/recorded.ts';
import { createAuthority } from '../support/certificates.ts';
import { startIdentityProvider } from '../support/identity-provider.ts';
import { reservePort } from '../support/ports.ts';
import { callbackOf, claimGrant } from './claimant.ts';

const repo = 'acme/access';
const hourMs = 3_600_000;
const policy = template('sallyport.yml').replace('pending: 8h', 'clock: { first-connect: 4h }');

/** A company whose bot can be claimed from, four hours after an approval at most. */
async function openWorld() {
  const clock = { shiftMs: 0 };
  await using opening = new AsyncDisposableStack();
  const now = () => new Date(Date.now() + clock.shiftMs);
  const company = opening.use(await startCompany({ policy, now }));
  const authority = await createAuthority();
  tls.setDefaultCACertificates([...tls.getCACertificates(), authority.caPem]);
  const certificate = await authority.issue(['127.0.0.1']);
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  const client = { clientId: 'sallyport', clientSecret: 'a secret of the bot' };
  const provider = await startIdentityProvider({
    people: [{ login: 'dana', subject: '00u-dana', name: 'Dana Dev' }],
    clients: [{ ...client, redirectUris: [callbackOf(origin)] }],
    tls: certificate,
  });
  opening.defer(() => provider.close());
  await company.stopBot();
  await company.startBot({
    origin,
    listen: { host: '127.0.0.1', port, tls: certificate },
    oidc: { issuer: provider.issuer, ...client, subjectClaim: 'sub', acrClaim: 'acr' },
  });
  company.github.setWebhookUrl('sallyport', `${origin}${webhookPath}`);
  const opened = opening.move();
  return {
    company,
    clock,
    claim: (grant: string) => claimGrant({ login: 'dana', origin, caPem: authority.caPem }, grant),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function says(company: Company, issue: number, who: string, words: string, answer: RegExp) {
  await company.github.as(who).comment(repo, issue, words);
  return company.until(issue, answer);
}

/** An issue on which an hour is given, and the name of the grant. */
async function givenTo(company: Company): Promise<{ issue: number; grant: string }> {
  const issue = await company.asked('/connect payments-db 1h');
  const [card = ''] = company.botComments(issue);
  assert.match(card, /\| For \| 1 h, from the first connection, within 4 h of the approval \|/);
  await says(company, issue, 'omar', '/approve', /is granted: 1 h, from your first connection, by/);
  const [given = ''] = await company.until(issue, /granted, to be used by/);
  return { issue, grant: /g_[a-z2-7]{26}/.exec(given)?.[0] ?? '' };
}

test('access begins with the first connection, lasts as long as was approved, and is over when nobody uses it', async () => {
  await using world = await openWorld();
  const { company, clock, claim } = world;
  const used = await givenTo(company);
  const unused = await givenTo(company);
  const [answer = ''] = (
    await says(company, used.issue, 'dana', '/status', /\| Request \| Of/)
  ).slice(-1);
  assert.match(answer, /\| granted, to be used by \S+ \S+ UTC \|/);
  await says(company, used.issue, 'dana', '/extend 30m', /has not begun/);

  await says(company, used.issue, 'dana', '/help', /\| at any time, to be used within 4 h \|/);

  clock.shiftMs = 2 * hourMs;
  const beganAt = Date.now() + clock.shiftMs;
  const ends = await Promise.all([claim(used.grant), claim(used.grant)]);
  const tokens = ends.map((end) => (end.kind === 'token' ? end.token : assert.fail(end.code)));
  const [first = 0, second] = tokens.map((token) => decodeJwt(token).exp);
  assert.equal(first, second, 'both end when the grant ends');
  const lateMs = first * 1000 - (beganAt + hourMs);
  assert.ok(lateMs >= -1000 && lateMs < 30_000, `${lateMs}`);
  const end = new Date(first * 1000).toISOString().slice(0, 16).replace('T', ' ');
  await company.until(used.issue, new RegExp(`: granted until ${end}`));

  clock.shiftMs = 4 * hourMs + 60_000;
  await says(company, used.issue, 'dana', '/status', /: expired/);
  assert.match(
    company.botComments(used.issue)[0] ?? '',
    /\| Time \| \S+ \S+ UTC to \S+ \S+ UTC \|/,
  );
  const [card = ''] = await company.until(unused.issue, /: expired/);
  assert.match(card, /\| Time \| never used: given at \S+ \S+ UTC, over at/);
  assert.match(card, /\| Ended \| nobody connected in time, so it never began \|/);
  const late = await claim(unused.grant);
  assert.match(late.kind === 'token' ? '' : late.code, /was not used in time/);

  await company.github.settled();
  await company.stopBot();
  await using store = await openStore(join(company.dataFolder, 'sallyport.db'));
  const records = (await readRecords(store.queries)).map((body) => JSON.parse(body) as AuditRecord);
  const about = (grant: string) =>
    records.filter((record) => record.grant === grant).map(({ action }) => action);
  assert.deepEqual(about(used.grant), [
    'request.grant',
    'grant.extend',
    'grant.start',
    'grant.claim',
    'grant.claim',
    'grant.expire',
  ]);
  assert.deepEqual(about(unused.grant), ['request.grant', 'grant.expire', 'grant.claim']);
  const step = restsOn(records.at(-1));
  assert.deepEqual([step?.rule, step?.fact['state']], ['grant-is-active', 'expired']);
});
