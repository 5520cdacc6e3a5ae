import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';

const repo = 'acme/access';
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
  await company.until(issue, /1 approval by @omar, @otto .* and 1 approval by @bea/);
  await company.stopBot();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /1 approval by `bea` \(`user:default\/bea`\)/);
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});
