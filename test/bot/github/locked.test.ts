// An issue that is locked, or converted into a discussion, which leaves it closed and locked. An App cannot answer there,
// and what cannot be shown is not given; what ends access acts all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
/** Olga is an owner of the database as well, and may write where it is locked. */
const people = `${template('org.yaml')}---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: olga, annotations: { github.com/user-login: olga, sallyport.dev/subject: 00u-olga } }
spec: { memberOf: [payments] }
`;

const ways: readonly (readonly [string, (company: Company, issue: number) => Promise<void>])[] = [
  ['locked', ({ github }, issue) => github.as('olga').lockIssue(repo, issue)],
  [
    'converted into a discussion',
    ({ github }, issue) => github.as('olga').convertIssue(repo, issue),
  ],
];

for (const [what, act] of ways) {
  test(`on an issue that was ${what} nothing is given, and access and requests can still be ended`, async () => {
    await using company = await startCompany({ people });
    const issue = await company.granted('/connect payments-db 1h');
    await company.github.as('dana').comment(repo, issue, '/connect payments-db 30m');
    await company.until(issue, /r2:card/);
    await act(company, issue);
    const olga = company.github.as('olga');
    await olga.comment(repo, issue, '/approve r2');
    await olga.comment(repo, issue, '/revoke That is enough.');
    await olga.comment(repo, issue, '/deny r2 not today');
    await company.until(issue, /### 🚫 .*: denied/);
    const done = (await recorded(company)).map(({ action }) => action);
    assert.deepEqual(done.slice(done.indexOf('request.grant') + 1).toSorted(), [
      'grant.revoke',
      'request.deny',
      'request.open',
    ]);
  });
}
