import assert from 'node:assert/strict';
import test from 'node:test';
import { isCloudRole, isPermitted, permittedPattern } from '../../../bot/catalog/cloud-role.ts';

const subscription = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';
const identities = `/subscriptions/${subscription}/resourceGroups/payments/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;

test('a cloud role has the name that AWS, Google or Azure gives it', () => {
  const names = [
    'arn:aws:iam::123456789012:role/payments-ro',
    'arn:aws:iam::123456789012:role/payments/db/reader_1+=,.@-x',
    'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_ro_0123',
    'arn:aws-cn:iam::123456789012:role/ro',
    'arn:aws-us-gov:iam::123456789012:role/ro',
    'arn:aws-iso-b:iam::123456789012:role/ro',
    'arn:aws-eusc:iam::123456789012:role/ro',
    'payments-ro@acme-payments.iam.gserviceaccount.com',
    'payments-ro@project.example.com.iam.gserviceaccount.com',
    '415104041262-compute@developer.gserviceaccount.com',
    'acme-payments@appspot.gserviceaccount.com',
    `${identities}/payments-ro`,
    // As the Azure CLI prints the very same one.
    `${identities.replace('resourceGroups', 'resourcegroups')}/payments-ro`,
    '11111111-2222-3333-4444-5555555555ab',
  ];
  for (const name of names) {
    assert.ok(isCloudRole(name), name);
    assert.match(name, permittedPattern);
    assert.ok(isPermitted([name], name), name);
  }
});

test('what is no role, or is written in another way than its cloud writes it, is refused', () => {
  const names = [
    '',
    'reader',
    'arn:aws:iam::123456789012:user/dana',
    'arn:aws:iam::123456789012:root',
    'arn:aws:sts::123456789012:assumed-role/reader/dana',
    'arn:aws:iam::12345:role/reader',
    'arn:aws:iam:eu-west-1:123456789012:role/reader',
    'arn:gcp:iam::123456789012:role/reader',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role//reader',
    'arn:aws:iam::123456789012:role/reader/',
    'arn:aws:iam::123456789012:role/rea der',
    'arn:aws:iam::123456789012:role/reader\n',
    'arn:aws:iam::123456789012:role/réader',
    ' arn:aws:iam::123456789012:role/reader',
    'ARN:aws:iam::123456789012:role/reader',
    `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
    'dana@acme.example',
    'payments-ro@gserviceaccount.com',
    'payments-ro@acme.iam.gserviceaccount.com.evil.example',
    'Payments-RO@acme.iam.gserviceaccount.com',
    'serviceAccount:payments-ro@acme.iam.gserviceaccount.com',
    '11111111-2222-3333-4444-5555555555AB',
    '11111111222233334444555555555555',
    `${identities}/..`,
    `${identities}/ro`,
    `${identities.replace('payments', '..')}/payments-ro`,
    `/subscriptions/${subscription}/resourceGroups/x/providers/Microsoft.Compute/virtualMachines/db`,
  ];
  for (const name of names) {
    assert.ok(!isCloudRole(name), name);
    assert.doesNotMatch(name, permittedPattern);
  }
});

test('a star of the policy stands for one name at the end of a path, and an entity names none', () => {
  const stars = ['arn:aws:iam::123456789012:role/*', 'arn:aws:iam::123456789012:role/db/*'];
  for (const name of [...stars, `${identities}/*`]) {
    assert.match(name, permittedPattern);
    assert.ok(!isCloudRole(name), name);
  }
  const elsewhere = [
    '*',
    'arn:aws:iam::*:role/reader',
    'arn:aws:iam::123456789012:role/pay*',
    'arn:aws:iam::123456789012:role/*/reader',
    'arn:aws:iam::123456789012:*',
    '*@acme.iam.gserviceaccount.com',
    `/subscriptions/${subscription}/*`,
  ];
  for (const name of elsewhere) assert.doesNotMatch(name, permittedPattern);
});

test('a role is permitted by its own name, letter by letter, or by the star of its very path', () => {
  const account = 'arn:aws:iam::123456789012:role';
  const table: [readonly string[], string, boolean][] = [
    [[], `${account}/db/reader`, false],
    [[`${account}/db/reader`], `${account}/db/reader`, true],
    [[`${account}/db/Reader`], `${account}/db/reader`, false],
    [[`${account}/reader`], `${account}/db/reader`, false],
    [['arn:aws:iam::210987654321:role/db/reader'], `${account}/db/reader`, false],
    [[`${account}/db/*`], `${account}/db/reader`, true],
    [[`${account}/db/*`], `${account}/db/eu/reader`, false],
    [[`${account}/db/*`], `${account}/reader`, false],
    [[`${account}/*`], `${account}/db/reader`, false],
    [[`${account}/writer`, `${account}/*`], `${account}/reader`, true],
    [[`${identities}/*`], `${identities}/payments-ro`, true],
    [
      [`${identities}/*`],
      `${identities.replace('Groups/payments', 'Groups/x')}/payments-ro`,
      false,
    ],
    [['*'], 'payments-ro@acme.iam.gserviceaccount.com', false],
  ];
  for (const [permitted, role, expected] of table) {
    assert.equal(isPermitted(permitted, role), expected, `${permitted.join()} ${role}`);
  }
});
