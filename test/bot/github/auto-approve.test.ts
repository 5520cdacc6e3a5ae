import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
const policy = template('sallyport.yml').replace(
  '    pending: 8h',
  '    auto-approve: [{ who: owner, role: reader, max: 1h }]\n    pending: 8h',
);

test('an owner who asks for what the policy gives by itself has the line on the first card, and nobody is told', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('omar').comment(repo, issue, '/connect payments-db 30m');
  await company.until(issue, /granted until/);
  const thread = await company.github
    .thread(repo, issue)
    .until(({ labels }) => labels.includes('access: active'));
  const own = thread.comments.filter(({ isBot }) => isBot);
  assert.equal(own.length, 1);
  const { body = '' } = own[0] ?? {};
  assert.match(body, /\*\*Approved\*\* by the policy, for `group:default\/payments`/);
  assert.match(body, /\| Role \| `reader` \(recorded, not enforced by the relay\) \|/);
  assert.match(body, /npx sallyport@[\d.]+ connect \S+\/g_[a-z2-7]{26}/);
  assert.doesNotMatch(body, /@(?!\d)/, 'the only @ is that of the version');
  const records = await recorded(company);
  assert.deepEqual(
    records.map(({ action, outcome }) => [action, outcome]),
    [
      ['request.open', 'success'],
      ['request.grant', 'success'],
    ],
  );
  assert.ok(JSON.stringify(records[1]?.data).includes('group:default/payments'));
});
