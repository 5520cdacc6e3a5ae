import assert from 'node:assert/strict';
import test from 'node:test';
import {
  completeRecord,
  recordText,
  SecretInRecord,
  type RecordDraft,
} from '../../../bot/access/record.ts';

const draft: RecordDraft = {
  at: '2026-03-02T09:00:00.000Z',
  actor: { kind: 'person', id: 77, login: 'omar' },
  action: 'request.approve',
  outcome: 'success',
  origin: { kind: 'comment', repositoryId: 22, issue: 7, commentId: 4002 },
};

test('a record always has every field, null where it does not apply', () => {
  assert.equal(
    recordText(completeRecord(3, draft)),
    '{"action":"request.approve","actor":{"id":77,"kind":"person","login":"omar"},"at":"2026-03-02T09:00:00.000Z",' +
      '"data":{},"grant":null,"origin":{"commentId":4002,"issue":7,"kind":"comment","repositoryId":22},' +
      '"outcome":"success","reason":null,"request":null,"requestDigest":null,"resource":null,"seq":3}',
  );
  const full = completeRecord(4, {
    ...draft,
    outcome: 'refused',
    reason: 'own-request',
    request: 'r1',
    data: { a: [1] },
  });
  assert.equal(full.reason, 'own-request');
  assert.deepEqual(JSON.parse(recordText(full)), full);
});

test('a record that holds what looks like a secret is refused, without repeating it', () => {
  const secrets = [
    `eyJ0eXAiOiJ4In0.${'a'.repeat(40)}.${'b'.repeat(40)}`,
    `ghs_${'a'.repeat(36)}`,
    `ghp_${'a'.repeat(36)}`,
    `ghs_eyJh.${'a'.repeat(30)}`,
    `github_pat_${'a'.repeat(40)}`,
    '-----BEGIN PRIVATE KEY-----\nMC4C',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
  ];
  for (const secret of secrets) {
    const record = completeRecord(1, { ...draft, data: { note: [`before\n${secret} after`] } });
    assert.throws(
      () => recordText(record),
      (error) => error instanceof SecretInRecord && !error.message.includes(secret.slice(0, 12)),
    );
  }
  for (const harmless of [
    'sha-256:RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o',
    'eyJ is how they begin',
    'ghs_x',
  ]) {
    recordText(completeRecord(1, { ...draft, data: { note: harmless } }));
  }
});
