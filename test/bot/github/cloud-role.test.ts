import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';
import { recorded } from '../recorded.ts';

const iam = 'arn:aws:iam::123456789012:role/payments-ro';
const policy = template('sallyport.yml').replace(
  'max: 8h, approvals: 1 ',
  `max: 8h, approvals: 1, iam: [${iam}] `,
);
const services = template('catalog-info.yaml').replace(
  '    sallyport.dev/protocol: postgres\n',
  `    sallyport.dev/protocol: postgres\n    sallyport.dev/role.reader.iam: ${iam}\n`,
);

test('the cloud role behind a role stands in /why, on the card before and after the yes, and on record', async () => {
  await using company = await startCompany({ policy, services });
  const issue = await company.asked('/connect payments-db 1h');
  const row = `| Role | \`reader\` (recorded, not enforced by the relay) |\n| Cloud role | \`${iam}\` (recorded, not assumed) |\n`;
  await company.until(issue, /waiting for approval/);
  assert.ok(company.botComments(issue).join().includes(row));
  await company.github.as('dana').comment('acme/access', issue, '/why payments-db');
  const why = (await company.until(issue, /you may ask for/)).join();
  assert.ok(why.includes(`Behind \`reader\` stands the cloud role \`${iam}\``), why);
  assert.ok(why.includes(`| \`reader\` with the cloud role \`${iam}\` | 1 h |`), why);
  assert.ok(why.includes('| `writer` | 30 min |'), why);

  await company.github.as('omar').comment('acme/access', issue, '/approve');
  const cards = (await company.until(issue, /granted until/)).join();
  assert.ok(cards.includes(row), cards);
  const records = await recorded(company);
  const asked = records.find(({ action }) => action === 'request.open')?.data['asked'];
  assert.equal((asked as { iam?: string }).iam, iam);
  assert.equal(records.find(({ action }) => action === 'request.grant')?.data['iam'], iam);
});
