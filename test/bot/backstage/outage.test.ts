// A whole bot whose catalog is a Backstage, here the server that speaks like one; test/backstage/ has the real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type CompanyOptions } from '../company.ts';
import { press, startConfirming } from '../confirming.ts';
import { recorded } from '../recorded.ts';
import { readFromBackstage } from './reading.ts';

const repo = 'acme/access';

/** A company that reads its catalog from a Backstage, with a clock that a test moves. */
async function startWithBackstage({
  people,
  teams,
}: Pick<CompanyOptions, 'people' | 'teams'> = {}) {
  let passedMs = 0;
  const company = await startCompany({
    policy: template('sallyport.yml').replace(
      '    pending: 8h',
      '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
    ),
    now: () => new Date(Date.now() + passedMs),
    ...(teams && { teams }),
  });
  const backstage = await readFromBackstage(company, people);
  return {
    ...backstage,
    company,
    pass: (ms: number) => void (passedMs += ms),
    async [Symbol.asyncDispose]() {
      await company[Symbol.asyncDispose]();
      await backstage[Symbol.asyncDispose]();
    },
  };
}

const stale =
  /Backstage could not be read since 20.*longer than 1 min ago.*comment the same again/s;

test('while Backstage is down longer than the settings allow, whoever wants something given is told so at once and on record, what ends access acts, and then it goes on', async () => {
  await using stage = await startWithBackstage();
  const { company } = stage;
  const { github } = company;
  const [denied, approved] = [
    await company.asked('/connect payments-db 1h'),
    await company.asked('/connect payments-db 1h'),
  ];
  const live = await company.granted('/connect payments-db 1h');
  const fresh = await company.openIssue();
  const glass = await company.openIssue();

  void stage.silence();
  stage.pass(61_000);
  await github.as('omar').comment(repo, denied, '/deny');
  await company.until(denied, /denied/);
  for (const [who, issue, words] of [
    ['dana', fresh, '/connect payments-db 1h'],
    ['omar', approved, '/approve'],
    ['dana', live, '/extend 30m'],
    ['dana', glass, '/break-glass payments-db 30m\n\nPayments fail.'],
  ] as const) {
    await github.as(who).comment(repo, issue, words);
    await company.until(issue, stale);
  }
  await github.as('dana').comment(repo, fresh, '/help');
  await company.until(fresh, /\/break-glass/);
  await github.as('dana').comment(repo, live, '/revoke');
  await company.until(live, /revoked/);
  // Nor does anybody wait who only asks: whoever comes behind them may want to end something.
  const asking = await company.openIssue();
  for (const words of ['/why payments-db', '/resources']) {
    const told = company.botComments(asking).length;
    await github.as('dana').comment(repo, asking, words);
    await company.github
      .thread(repo, asking)
      .until(() => company.botComments(asking).length > told);
    assert.match(company.botComments(asking).at(-1) ?? '', stale);
  }

  stage.answer();
  await github.as('omar').comment(repo, approved, '/approve');
  await company.until(approved, /is granted until/);
  await github.as('dana').comment(repo, fresh, '/connect payments-db 1h');
  await company.until(fresh, /waiting for approval/);

  const refused = (await recorded(company)).filter(({ reason }) => reason === 'catalog-stale');
  assert.deepEqual(
    refused.map(({ action, outcome }) => [action, outcome]),
    ['request.open', 'request.approve', 'grant.extend', 'grant.break-glass'].map((action) => [
      action,
      'refused',
    ]),
  );
  for (const { data } of refused) {
    const [step] = data['derivation'] as [{ rule: string; satisfied: boolean; fact: object }];
    assert.deepEqual([step.rule, step.satisfied], ['catalog-is-fresh', false]);
    assert.deepEqual(Object.keys(step.fact), ['maxAgeMs', 'sinceAt']);
  }
  assert.deepEqual(
    refused.map(({ request }) => request !== null),
    [false, true, false, false],
  );
});

test('while Backstage is down, whoever leaves the organisation or a team is cut off all the same', async () => {
  const tied = 'metadata: { name: payments, annotations: { github.com/team-slug: acme/payments } }';
  await using stage = await startWithBackstage({
    people: template('org.yaml').replace('metadata: { name: payments }', tied),
    teams: [{ slug: 'payments', members: ['omar', 'otto'] }],
  });
  const { company } = stage;
  const issue = await company.granted('/connect payments-db 1h');
  const other = await company.openIssue();
  await company.github.as('bea').comment(repo, other, '/connect payments-db 1h');
  await company.until(other, /waiting for approval/);
  await company.github.as('otto').comment(repo, other, '/approve');
  await company.until(other, /is granted until/);

  void stage.silence();
  stage.pass(61_000);
  const organization = company.github.organization('acme');
  organization.removeFromTeam('payments', 'omar', 'olga');
  await company.until(
    issue,
    /was revoked by `the bot`. Why: the approvals behind `g_\w+` no longer/,
  );
  organization.removeMember('bea', 'olga');
  await company.until(other, /was revoked by `the bot`. Why: `bea` does not belong/);
});

test('a Backstage that never answers after a start is waited for, and no longer than for its max age', async () => {
  await using stage = await startWithBackstage();
  const { company } = stage;
  const turnedAway = stage.silence();
  await stage.restart();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await turnedAway;
  assert.deepEqual(company.botComments(issue), []);
  stage.pass(61_000);
  await company.until(issue, stale);
  stage.answer();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
});

test('a confirmation that finds Backstage silent gives nothing and ends nothing: the link works once it answers', async () => {
  await using own = await startConfirming();
  const { company } = own;
  await using backstage = await readFromBackstage(company);
  const issue = await company.asked('/connect payments-db 1h');
  await company.github.as('omar').comment(repo, issue, '/approve');
  const link = await own.link(issue);
  const browser = own.browser();
  const question = await own.follow(link, 'omar', browser);

  void backstage.silence();
  own.ahead(61_000);
  for (const page of [
    await press(browser, question, 'approve'),
    await own.follow(link, 'omar', own.browser()),
  ]) {
    assert.equal(page.status, 503);
    assert.match(page.text, /Nothing was approved.*Follow the link on the issue again/s);
  }
  assert.ok(company.botComments(issue).every((body) => !/granted until/.test(body)));

  backstage.answer();
  const anew = own.browser();
  const end = await press(anew, await own.follow(link, 'omar', anew), 'approve');
  assert.match(end.text, /Approved/);
  await company.until(issue, /is granted until/);
});
