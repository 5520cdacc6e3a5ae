// What stands in a policy beside its namespaces' rules, by example.

import { ask, isOpen, origin, refusedAs, text, type Entry } from './entry.ts';
import { said } from './kept.ts';

export const ofFile: Readonly<Record<string, Entry>> = {
  version: {
    allows: ['version: 1', isOpen],
    refuses: 'What is of another version is no policy.',
    bad: {
      'version: 2': '1:1 Expected 1, the version of this format.',
      'version: "1"': '1:1 Expected 1, the version of this format.',
    },
  },
  people: {
    allows: ['people: { users: [acme/org], groups: [acme/org] }', isOpen],
    refuses: [
      'people: { users: [acme/other], groups: [acme/other] }',
      `${ask}, ${refusedAs('person-unknown')}`,
    ],
    bad: { 'people: [acme/org]': '2:1 Expected a mapping of users, groups.' },
  },
  'people.users': {
    allows: ['people: { users: [acme/x, ACME/Org], groups: [acme/org] }', isOpen],
    refuses: [
      'people: { users: [acme/x], groups: [acme/org] }',
      `${ask}, ${refusedAs('person-unknown')}`,
    ],
    bad: { 'people: { users: [], groups: [acme/org] }': '2:11 Expected at least one.' },
  },
  'people.groups': {
    allows: ["people: { users: [acme/org], groups: [acme/org, 'msgraph:default/*'] }", isOpen],
    refuses: [
      'people: { users: [acme/org], groups: [acme/x] }',
      `${ask}, ${refusedAs('not-a-requester')}`,
    ],
    bad: { 'people: { users: [acme/org], groups: [org] }': `2:39 ${origin}` },
  },
  'public-repositories': {
    allows: ['public-repositories: [Acme/Access]', said({ isPublic: true }), 'acts'],
    refuses: [
      'public-repositories: [acme/other]',
      said({ isPublic: true }),
      'in-a-public-repository',
    ],
    bad: {
      'public-repositories: all': '15:1 Expected a list of repositories, owner/name.',
      'public-repositories: [access]': '15:23 Expected a repository, owner/name.',
    },
  },
  'emailed-comments': {
    allows: ['emailed-comments: requests', said({ viaEmail: true }), 'acts'],
    refuses: ['emailed-comments: refused', said({ viaEmail: true }), 'sent-by-email'],
    bad: { 'emailed-comments: all': '15:1 Expected refused or requests.' },
  },
  namespaces: {
    allows: [text, isOpen],
    refuses: [
      text.replace('  payments:', '  ledgers:'),
      `${ask}, ${refusedAs('namespace-without-policy')}`,
    ],
    bad: {
      [text.replace(/namespaces:.*/s, 'namespaces: payments\n')]:
        '3:1 Expected namespaces by name.',
    },
  },
  'namespaces.<name>': {
    allows: [text.replace('  payments:', '  payments: # by its name'), isOpen],
    refuses: [
      text.replace('  payments:', '  payment:'),
      `${ask}, ${refusedAs('namespace-without-policy')}`,
    ],
    bad: {
      [text.replace('  payments:', '  Pay_ments:')]:
        '4:3 Expected a name of lower-case letters, digits and dashes.',
    },
  },
};
