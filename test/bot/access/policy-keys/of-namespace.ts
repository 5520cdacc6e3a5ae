// The rules of a namespace, but for its roles, by example.

import {
  approver,
  ask,
  duration,
  isFaulty,
  isOpen,
  origin,
  ref,
  refusedAs,
  text,
  type Entry,
} from './entry.ts';
import {
  anotherConnection,
  anotherSession,
  approvedAfter,
  claimedAfter,
  grantOfBefore,
  sessionAfter,
} from './kept.ts';
import { hourMs } from '../world.ts';

const glass = '{ who: group:default/dba, max: 30m';
const auto = (rest: string) => `auto-approve: [{ ${rest} }]`;
const clockForm =
  'Expected approval, first-connect, or first-connect with a deadline of at most 7d: { first-connect: 8h }.';
const hoursForm = 'Expected days, times and a zone: mon-fri 08:00-18:00 Europe/Berlin.';

/** Below `namespaces.<name>`. */
export const ofNamespace: Readonly<Record<string, Entry>> = {
  catalog: {
    allows: ['catalog: [acme/payments-services]', isOpen],
    refuses: ['catalog: [acme/other]', `${ask}, ${isFaulty('origin-not-allowed')}`],
    bad: { 'catalog: [payments-services]': `5:15 ${origin}`, "catalog: ['*']": `5:15 ${origin}` },
  },
  owners: {
    allows: ['owners: [group:default/payments]', isOpen],
    refuses: ['owners: [group:default/dba]', `${ask}, ${isFaulty('owner-not-allowed')}`],
    bad: { 'owners: [payments]': `6:14 ${ref}` },
  },
  stewards: {
    allows: [
      'stewards: [group:default/dba]',
      `${ask}, new: true, approved-by: [omar, dirk], expect: granted`,
    ],
    refuses: [
      'stewards: [group:default/dba]',
      `${ask}, new: true, approved-by: [omar], expect: open, missing: [group:default/dba]`,
    ],
    bad: { 'stewards: [owner]': `11:16 ${ref}` },
  },
  relays: {
    allows: ['relays: [eu-2]', grantOfBefore, 'eligible'],
    refuses: ['relays: [us-1]', grantOfBefore, 'target-changed'],
    bad: {
      'relays: [EU]': '7:14 Expected a relay’s name: lower-case letters, digits and dashes.',
      'relays: [eu-1, eu-1]': '7:5 Expected each to be named once.',
    },
  },
  requesters: {
    allows: ['requesters: [user:default/otto]', 'who: otto, asks: payments-db, expect: open'],
    refuses: ['requesters: [user:default/otto]', `${ask}, ${refusedAs('not-a-requester')}`],
    bad: {
      'requesters: [owner]': `8:18 ${ref}`,
      'requesters: [resource:default/x]': `8:18 ${ref}`,
      'requesters: []': '8:5 Expected at least one.',
      'requesters: group:default/engineering':
        '8:5 Expected a list, such as [group:default/engineering].',
    },
  },
  approvers: {
    allows: ['approvers: [group:default/dba]', `${ask}, approved-by: [dirk], expect: granted`],
    refuses: [
      'approvers: [group:default/dba]',
      `${ask}, approved-by: [omar], ${refusedAs('not-an-approver')}`,
    ],
    bad: {
      'approvers: [owner, owner]': '9:5 Expected each to be named once.',
      'approvers: [owners]': `9:17 ${approver}`,
    },
  },
  hours: {
    allows: [
      'hours: mon 09:00-10:00 UTC',
      `${ask}, approved-by: [omar], expect: granted, at: 2026-03-02T09:00Z`,
    ],
    refuses: [
      'hours: mon 09:00-10:00 UTC',
      `${ask}, approved-by: [omar], at: 2026-03-02T10:00Z, ${refusedAs('outside-hours')}`,
    ],
    bad: {
      'hours: 9-17': `11:5 ${hoursForm}`,
      'hours: 9':
        '11:5 Expected hours, such as mon-fri 08:00-18:00 Europe/Berlin, or a list of them.',
      'hours: []': '11:5 Expected at least one.',
      'hours: [mon 09:00-17:00 UTC, tue]': `11:34 ${hoursForm}`,
    },
  },
  clock: {
    allows: ['clock: first-connect', claimedAfter(8 * hourMs - 1), 'eligible'],
    refuses: ['clock: first-connect', claimedAfter(8 * hourMs), 'grant-not-active'],
    bad: {
      'clock: start': `11:5 ${clockForm}`,
      'clock: { approval: 8h }': `11:5 ${clockForm}`,
      'clock: {}': `11:5 ${clockForm}`,
    },
  },
  'clock.first-connect': {
    allows: ['clock: { first-connect: 7d }', claimedAfter(7 * 24 * hourMs - 1), 'eligible'],
    refuses: ['clock: { first-connect: 4h }', claimedAfter(4 * hourMs), 'grant-not-active'],
    bad: {
      'clock: { first-connect: 7d1h }': `11:5 ${clockForm}`,
      'clock: { first-connect: soon }': `11:5 ${clockForm}`,
    },
  },
  pending: {
    allows: ['pending: 30m', approvedAfter(30 * 60_000 - 1), 'granted'],
    refuses: ['pending: 30m', approvedAfter(30 * 60_000), 'request-lapsed'],
    bad: { 'pending: 8 hours': `10:5 ${duration}`, 'pending: 0h': `10:5 ${duration}` },
  },
  grace: {
    allows: ['grace: 1m', (facts) => sessionAfter(facts, { lostMs: 60_000 }), 'goes on'],
    refuses: ['grace: 0', (facts) => sessionAfter(facts, { lostMs: 1 }), 'control-lost'],
    bad: {
      'grace: 1': '11:5 Expected 0, or a duration of at most 15m, such as 5m.',
      'grace: 16m': '11:5 Expected 0, or a duration of at most 15m, such as 5m.',
    },
  },
  idle: {
    allows: ['idle: 2h', (facts) => sessionAfter(facts, { idleMs: 7_199_999 }), 'goes on'],
    refuses: ['idle: 2h', (facts) => sessionAfter(facts, { idleMs: 7_200_000 }), 'idle'],
    bad: {
      'idle: none': '11:5 Expected a duration of at most 24h.',
      'idle: PT24H1S': '11:5 Expected a duration of at most 24h.',
    },
  },
  limits: {
    allows: ['limits: {}', (facts) => anotherSession(facts, 1), 'admitted'],
    refuses: ['limits: {}', (facts) => anotherSession(facts, 2), 'too_many_sessions'],
    bad: { 'limits: 2': '11:5 Expected a mapping of sessions, connections.' },
  },
  'limits.sessions': {
    allows: ['limits: { sessions: 3 }', (facts) => anotherSession(facts, 2), 'admitted'],
    refuses: ['limits: { sessions: 3 }', (facts) => anotherSession(facts, 3), 'too_many_sessions'],
    bad: { 'limits: { sessions: 0 }': '11:15 Expected a whole number from 1 to 100.' },
  },
  'limits.connections': {
    allows: ['limits: { connections: 3 }', (facts) => anotherConnection(facts, 2), 'dialled'],
    refuses: [
      'limits: { connections: 3 }',
      (facts) => anotherConnection(facts, 3),
      'The session has as many connections as the grant allows.',
    ],
    bad: { 'limits: { connections: 1001 }': '11:15 Expected a whole number from 1 to 1000.' },
  },
  'auto-approve': {
    allows: [
      auto('who: owner, role: reader, max: 1h'),
      'who: omar, asks: payments-db, expect: granted',
    ],
    refuses: ['auto-approve: []', 'who: omar, asks: payments-db, expect: open'],
    bad: { 'auto-approve: true': '11:5 Expected a list of who, role and max.' },
  },
  'auto-approve.who': {
    allows: [
      auto('who: group:default/engineering, role: reader, max: 1h'),
      `${ask}, expect: granted`,
    ],
    refuses: [auto('who: owner, role: reader, max: 1h'), isOpen],
    bad: { [auto('who: owners, role: reader, max: 1h')]: `11:22 ${approver}` },
  },
  'auto-approve.role': {
    allows: [
      auto('who: owner, role: admin, max: 10m'),
      'who: omar, asks: payments-db, role: admin, expect: granted',
    ],
    refuses: [
      auto('who: owner, role: admin, max: 10m'),
      'who: omar, asks: payments-db, for: 10m, expect: open',
    ],
    bad: {
      [auto('who: owner, role: root, max: 1h')]:
        '11:34 Expected one of the roles reader, writer, admin.',
    },
  },
  'auto-approve.max': {
    allows: [
      auto('who: owner, role: reader, max: 30m'),
      'who: omar, asks: payments-db, for: 30m, expect: granted',
    ],
    refuses: [
      auto('who: owner, role: reader, max: 30m'),
      'who: omar, asks: payments-db, for: 31m, expect: open',
    ],
    bad: {
      [auto('who: owner, role: writer, max: 3h')]:
        '11:48 Expected a max that is not longer than that of the role writer.',
    },
  },
  'break-glass': {
    allows: [
      `break-glass: ${glass} }`,
      'who: dirk, breaks-glass: payments-db, expect: granted, lasts: 30m',
    ],
    refuses: [text, `who: dirk, breaks-glass: payments-db, ${refusedAs('no-break-glass')}`],
    bad: {
      'break-glass: group:default/dba':
        '11:5 Expected a mapping of who, max, repositories, review.',
    },
  },
  'break-glass.who': {
    allows: [
      'break-glass: { who: [user:default/bea], max: 1h }',
      'who: bea, breaks-glass: payments-db, expect: granted',
    ],
    refuses: [
      `break-glass: ${glass} }`,
      `who: omar, breaks-glass: payments-db, ${refusedAs('not-a-breaker')}`,
    ],
    bad: {
      'break-glass: { who: owner, max: 1h }':
        '11:20 Expected a full ref, or a list of them, such as group:default/oncall.',
    },
  },
  'break-glass.max': {
    allows: [
      `break-glass: ${glass} }`,
      'who: dirk, breaks-glass: payments-db, for: 30m, expect: granted',
    ],
    refuses: [
      `break-glass: ${glass} }`,
      `who: dirk, breaks-glass: payments-db, for: 31m, ${refusedAs('duration-too-long')}`,
    ],
    bad: { 'break-glass: { who: group:default/dba, max: 0m }': `11:44 ${duration}` },
  },
  'break-glass.repositories': {
    allows: [
      `break-glass: ${glass}, repositories: [acme/incidents] }`,
      'who: dirk, breaks-glass: payments-db, in: acme/incidents, expect: granted',
    ],
    refuses: [
      `break-glass: ${glass}, repositories: [acme/incidents] }`,
      `who: dirk, breaks-glass: payments-db, in: acme/policy, ${refusedAs('glass-elsewhere')}`,
    ],
    bad: {
      [`break-glass: ${glass}, repositories: [incidents] }`]:
        '11:69 Expected a repository, owner/name.',
    },
  },
  'break-glass.review': {
    allows: [
      `break-glass: ${glass}, review: 2h }`,
      'who: dirk, breaks-glass: payments-db, expect: granted',
    ],
    refuses: 'A review that is overdue is asked for again, and ends nothing.',
    bad: { [`break-glass: ${glass}, review: 0 }`]: `11:54 ${duration}` },
  },
};
