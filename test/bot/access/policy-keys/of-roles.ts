// The roles of a namespace, by example.

import { ask, duration, isFaulty, isOpen, refusedAs, text, type Entry } from './entry.ts';

/** Behind the role of the entity `backed`. */
export const cloudRole = 'arn:aws:iam::123456789012:role/reader';
const reader = (rest: string) => `reader: { default: 1h, max: 8h, ${rest} }`;
const cloudRoles =
  'Expected a cloud role: arn:aws:iam::123456789012:role/reader, reader@project.iam.gserviceaccount.com, or the resource id or client id of an Azure identity; a * may stand for the whole last part of a path, as in role/shop/*.';

/** Below `namespaces.<name>`. */
export const ofRoles: Readonly<Record<string, Entry>> = {
  roles: {
    allows: [text, `${ask}, role: writer, expect: open`],
    refuses: [text, `${ask}, role: owner, ${refusedAs('role-unknown')}`],
    bad: {
      [text.replace(/roles:.*/s, 'roles: {}\n')]: '11:5 Expected at least one role.',
      [text.replace(/roles:.*/s, 'roles: reader\n')]: '11:5 Expected roles by name.',
    },
  },
  'roles.<name>': {
    allows: [text.replace('reader:', 'viewer:'), `${ask}, role: viewer, expect: open`],
    refuses: [
      text.replace('reader:', 'viewer:'),
      `${ask}, role: reader, ${refusedAs('role-unknown')}`,
    ],
    bad: {
      [text.replace('reader:', 'Reader:')]:
        '12:7 Expected a name of lower-case letters, digits and dashes, after a letter.',
    },
  },
  'roles.<name>.default': {
    allows: ['reader: { default: 20m, max: 8h, approvals: 1 }', `${isOpen}, lasts: 20m`],
    refuses: 'It is what is given where nothing is asked for.',
    bad: {
      'reader: { default: 1y, max: 8h, approvals: 1 }': `12:17 ${duration}`,
      'reader: { default: 9h, max: 8h, approvals: 1 }':
        '12:17 Expected a default that is not longer than max.',
    },
  },
  'roles.<name>.max': {
    allows: [text, `${ask}, for: 8h, expect: open`],
    refuses: [text, `${ask}, for: 8h1m, ${refusedAs('duration-too-long')}`],
    bad: { 'reader: { default: 1h, max: 400d, approvals: 1 }': `12:30 ${duration}` },
  },
  'roles.<name>.approvals': {
    allows: [
      reader('approvals: [owner, group:default/dba]'),
      `${ask}, approved-by: [omar, dirk], expect: granted`,
    ],
    refuses: [
      reader('approvals: 2'),
      `${ask}, approved-by: [omar], expect: open, missing: [owner]`,
    ],
    bad: {
      [reader('approvals: 0')]: '12:39 Expected a whole number from 1 to 10.',
      [reader('approvals: 11')]: '12:39 Expected a whole number from 1 to 10.',
      [reader('approvals: 1.5')]:
        '12:39 Expected a number from 1 to 10, or a list, such as [owner, group:default/dba].',
      [reader('approvals: []')]: '12:39 Expected at least one.',
      [reader('approvals: [owner, owner]')]: '12:39 Expected each to be named once.',
    },
  },
  'roles.<name>.iam': {
    allows: [reader(`approvals: 1, iam: [${cloudRole}]`), 'who: dana, asks: backed, expect: open'],
    refuses: [
      reader(`approvals: 1, iam: [${cloudRole}-2]`),
      `who: dana, asks: backed, ${isFaulty('iam-not-allowed')}`,
    ],
    bad: {
      [reader('approvals: 1, iam: [reader]')]: `12:59 ${cloudRoles}`,
      [reader('approvals: 1, iam: [arn:aws:iam::*:role/reader]')]: `12:59 ${cloudRoles}`,
    },
  },
};
