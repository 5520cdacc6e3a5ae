// Every annotation of an entity: a value and a case that it allows, one that it refuses and why, and what is said of a
// value that it cannot have. The cases are played as `sallyportd policy test` plays them. An annotation without an entry
// fails.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { annotationKeys, annotationPrefix } from '../../../bot/catalog/annotations.ts';
import { readFile } from '../../../bot/catalog/file.ts';
import { judgeCase } from '../../../bot/rehearsal/judge.ts';
import { ask, isFaulty, isOpen, refusedAs } from '../access/policy-keys/entry.ts';
import { now, policyText, resource, sourceFile } from '../access/world.ts';
import { caseOf, rulebookOf } from '../rehearsal/rehearsal.ts';

interface Entry {
  readonly allows: readonly [value: string, question: string];
  /** A sentence where nothing can be refused by it. */
  readonly refuses: readonly [value: string, question: string] | string;
  /** Values → all that is said of them, after the name of the annotation. */
  readonly bad: Readonly<Record<string, string>>;
}

const cloudRole = 'arn:aws:iam::123456789012:role/reader';
const hostPort = 'Expected host:port, such as payments-db.internal:5432.';
const roleNames = 'Expected different role names, separated by commas.';
const someDuration = 'Expected a duration, such as PT4H or 4h, of at most 365 days.';
const someCount = 'Expected a number from 1 to 10.';

const entries: Readonly<Record<keyof typeof annotationKeys, Entry>> = {
  target: {
    allows: ['payments-db.internal:5433', isOpen],
    // Entities of two owners at one address are refused both.
    refuses: ['ledger.internal:5432', `${ask}, ${isFaulty('target-shared')}`],
    bad: {
      'payments-db': hostPort,
      'payments-db:05432': 'Expected a port from 1 to 65535, without leading zeros.',
      '127.1:5432': 'Write the address as 127.0.0.1.',
      'payments-db.:5432': 'Expected a host name without empty parts and without a dot at its end.',
    },
  },
  protocol: {
    allows: ['mysql', isOpen],
    refuses: 'It says what is spoken, and the relay carries any bytes.',
    bad: { oracle: 'Expected one of postgres, mysql, redis, ssh, http, tcp.' },
  },
  roles: {
    allows: ['writer,reader', `${ask}, expect: open, lasts: 30m`],
    refuses: ['writer', `${ask}, role: reader, ${refusedAs('role-unknown')}`],
    bad: { ' ': roleNames, 'reader,reader': roleNames, Reader: roleNames },
  },
  'max-duration': {
    allows: ['PT4H', `${ask}, for: 4h, expect: open`],
    refuses: ['PT4H', `${ask}, for: 4h1m, ${refusedAs('duration-too-long')}`],
    bad: { '4 hours': someDuration, PT0S: someDuration },
  },
  approvals: {
    allows: ['1', `${ask}, approved-by: [omar], expect: granted`],
    refuses: ['2', `${ask}, approved-by: [omar], expect: open, missing: [owner]`],
    bad: { '0': someCount, two: someCount, '11': someCount },
  },
  approvers: {
    allows: ['group:default/dba', `${ask}, approved-by: [omar, dirk], expect: granted`],
    refuses: [
      'group:default/dba',
      `${ask}, approved-by: [omar], expect: open, missing: [group:default/dba]`,
    ],
    bad: {
      ' ': 'Expected one to 10 of them.',
      'a,b,c,d,e,f,g,h,i,j,k': 'Expected one to 10 of them.',
      'component:default/x': 'Expected owner, or refs of groups and users, with commas between.',
    },
  },
  identity: {
    allows: ['github', isOpen],
    refuses: 'The policy asks for the strongest way to sign in already.',
    bad: { password: 'Expected ssh, github or oidc.' },
  },
  'role.<role>.target': {
    allows: ['replica.internal:5432', `${ask}, role: reader, expect: open`],
    refuses: ['ledger.internal:5432', `${ask}, role: writer, ${isFaulty('target-shared')}`],
    bad: { nowhere: hostPort },
  },
  'role.<role>.iam': {
    allows: [cloudRole, isOpen],
    refuses: [`${cloudRole}-admin`, `${ask}, role: writer, ${isFaulty('iam-not-allowed')}`],
    bad: {
      reader:
        'Expected a cloud role: arn:aws:iam::123456789012:role/reader, reader@project.iam.gserviceaccount.com, or the resource id or client id of an Azure identity.',
    },
  },
};

const policy = policyText.replace('approvals: 1 ', `approvals: 1, iam: [${cloudRole}] `);
const ledger = resource({ name: 'ledger', owner: 'user:default/otto' });

test('every annotation has an entry here', () => {
  assert.deepEqual(Object.keys(entries), Object.keys(annotationKeys));
});

for (const [key, { allows, refuses, bad }] of Object.entries(entries)) {
  const name = annotationPrefix + key.replace('<role>', 'reader');
  const play = ([value, question]: Entry['allows']) => {
    const services = [resource({ name: 'payments-db', annotations: { [name]: value } }), ledger];
    const verdict = judgeCase(caseOf(`{ ${question} }`), rulebookOf({ policy, services }), now);
    assert.equal(verdict.kind, 'passed', JSON.stringify(verdict));
  };
  suite(name, () => {
    test(`allows ${allows.join(': ')}`, () => play(allows));
    if (typeof refuses !== 'string') test(`refuses ${refuses.join(': ')}`, () => play(refuses));
    for (const [value, message] of Object.entries(bad)) {
      test(`says what is wrong with ${JSON.stringify(value)}, and in which line`, () => {
        const entity = resource({ name: 'payments-db', annotations: { [name]: value } });
        const text = `# one\n---\n# two\n${JSON.stringify(JSON.parse(entity), null, 1)}`;
        const reading = readFile(sourceFile('acme/payments-services', text));
        assert.ok(reading.kind === 'read');
        const line = text.split('\n').findIndex((each) => each.includes(`"${name}"`)) + 1;
        assert.deepEqual(
          reading.faulty.map(({ place, message: said }) => `${place.line} ${said}`),
          [`${line} metadata.annotations.${name}: ${message}`],
        );
      });
    }
  });
}
