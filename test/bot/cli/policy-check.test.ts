// `sallyportd policy check` on real files.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTemporaryFolder } from '../../support/folders.ts';
import { people, policy, run, services, templates } from './policy-files.ts';

test('check reads a policy and lists its faults as an editor takes them', async () => {
  await using folder = await createTemporaryFolder('policy');
  const good = await run('check', policy);
  assert.deepEqual([good.code, good.err], [0, '']);
  assert.match(good.out, /rules for payments\./);

  const bad = folder.at('bad.yml');
  const text = await readFile(policy, 'utf8');
  await writeFile(
    bad,
    text.replace('    owners:', '    owner:').replace('pending: 8h', 'pending: 8'),
  );
  const { code, out, err } = await run('check', bad);
  assert.deepEqual([code, out], [1, '']);
  const lines = text.split('\n');
  const at = (start: string) => lines.findIndex((line) => line.startsWith(start)) + 1;
  assert.deepEqual(err.split('\n'), [
    `${bad}:${at('  payments:')}:3: namespaces.payments.owners: The key owners is missing in namespaces.payments. Expected a list, such as [group:default/payments].`,
    `${bad}:${at('    owners:')}:5: namespaces.payments.owner: There is no key owner here. Did you mean owners?`,
    `${bad}:${at('    pending:')}:5: namespaces.payments.pending: Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.`,
  ]);
  assert.match(good.out, /\nWhether there are the groups and people that it names is checked with/);
});

test('check takes the policy by --policy as well, and a slip of the pen is told in a line', async () => {
  const named = await run('check', '--policy', policy);
  assert.deepEqual([named.code, named.err], [0, '']);
  await assert.rejects(run('check', '--polciy', policy), {
    name: 'Error',
    message: "Unknown option '--polciy'",
  });
});

test('check with a catalog names every group and person that it does not have, and every entity that does not fit', async () => {
  const fits = await run('check', policy, '--catalog', people, '--catalog', services);
  assert.deepEqual([fits.code, fits.err], [0, '']);
  assert.match(fits.out, /rules for payments, and the catalog fits it\.$/);

  const half = await run('check', policy, '--catalog', people);
  assert.deepEqual([half.code, half.out], [1, '']);
  assert.match(half.err, /trusts acme\/payments-services, and no --catalog gives it/);

  await using folder = await createTemporaryFolder('policy');
  const file = folder.at('sallyport.yml');
  const text = await readFile(policy, 'utf8');
  await writeFile(
    file,
    text
      .replace('[group:default/engineering]', '[group:default/enginering, user:default/dana]')
      .replace('approvers: [owner]', 'approvers: [owner, user:default/nobody]')
      .replace('writer:', 'author:')
      .replace('# break-glass:', 'break-glass:'),
  );
  const lines = (await readFile(file, 'utf8')).split('\n');
  const at = (ref: string) => {
    const line = lines.findIndex((each) => each.includes(ref));
    return `${file}:${line + 1}:${(lines[line] ?? '').indexOf(ref) + 1}`;
  };
  const { code, out, err } = await run('check', file, '--catalog', people, '--catalog', services);
  assert.deepEqual([code, out], [1, '']);
  assert.deepEqual(err.split('\n'), [
    `${at('group:default/enginering')}: The catalog has no group:default/enginering that counts. Did you mean group:default/engineering?`,
    `${at('user:default/nobody')}: The catalog has no user:default/nobody that counts.`,
    `${at('group:default/oncall')}: The catalog has no group:default/oncall that counts.`,
    `${join(templates, 'catalog-info.yaml')}:2: resource:payments/payments-db: Policy has no role writer in payments, so that it counts for nothing here.`,
  ]);
});

test('check with a catalog tells of approvals that nobody could give, at the role, and of no half catalog', async () => {
  await using folder = await createTemporaryFolder('policy');
  const file = folder.at('sallyport.yml');
  await writeFile(file, (await readFile(policy, 'utf8')).replace('approvals: 2', 'approvals: 3'));
  const lines = (await readFile(file, 'utf8')).split('\n');
  const line = lines.findIndex((each) => each.includes('writer:')) + 1;
  const { code, out, err } = await run('check', file, '--catalog', people, '--catalog', services);
  assert.deepEqual([code, out], [1, '']);
  assert.equal(
    err,
    `${file}:${line}:7: namespaces.payments.roles.writer: The role writer of resource:payments/payments-db cannot be approved: it takes 3 approvals by group:default/payments, and the catalog has 2 people who could give one.`,
  );
  const half = await run('check', file, '--catalog', services);
  assert.equal(half.code, 1);
  assert.doesNotMatch(half.err, /cannot be approved/);
});

test('check does not look for groups and people that only a Backstage has, and says so', async () => {
  await using folder = await createTemporaryFolder('policy');
  const file = folder.at('sallyport.yml');
  const text = (await readFile(policy, 'utf8')).replaceAll('[acme/org]', "['msgraph:default/*']");
  await writeFile(file, text);
  const { code, out, err } = await run('check', file, '--catalog', services);
  assert.equal(code, 0);
  assert.equal(
    err,
    'The policy trusts msgraph:default/*, and no --catalog gives it: what it defines is missing.',
  );
  assert.match(
    out,
    /\nGroups and people were not checked: only a Backstage has what is missing\.$/,
  );

  const given = `msgraph:default/*=${join(templates, 'org.yaml')}`;
  const whole = await run('check', file, '--catalog', given, '--catalog', services);
  assert.deepEqual([whole.code, whole.err], [0, '']);
  assert.match(whole.out, /rules for payments, and the catalog fits it\.$/);
  await writeFile(file, text.replace('[group:default/engineering]', '[group:default/enginering]'));
  const slip = await run('check', file, '--catalog', given, '--catalog', services);
  assert.equal(slip.code, 1);
  assert.match(slip.err, /no group:default\/enginering that counts\. Did you mean/);
});

test('check says that not all was checked where only a Backstage has some of the resources', async () => {
  await using folder = await createTemporaryFolder('policy');
  const file = folder.at('sallyport.yml');
  const more = "catalog: [acme/payments-services, 'url:https://elsewhere.test/*/x.yaml']";
  const text = await readFile(policy, 'utf8');
  await writeFile(file, text.replace('catalog: [acme/payments-services]', more));
  const { code, out, err } = await run('check', file, '--catalog', people, '--catalog', services);
  assert.equal(code, 0);
  assert.match(
    err,
    /^The policy trusts url:https:\/\/elsewhere\.test\/\*\/x\.yaml, and no --catalog/,
  );
  assert.match(out, /\nNot all of it was checked: only a Backstage has what is missing\.$/);
});
