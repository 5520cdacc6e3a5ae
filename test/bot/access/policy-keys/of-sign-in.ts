// The keys of a namespace that are about signing in.

import { isOpen, type Entry } from './entry.ts';
import { approvedBy, claimedBy } from './kept.ts';

const identityForm =
  'Expected oidc, or { oidc: { max-age: 15m, acr: [phr] } } with one of the two or both.';
const ageForm = 'Expected a duration from 1m to 30d, such as 15m.';
const waysForm = 'Expected a list of one to 8, such as [phr].';
const wayForm =
  'Expected a way to sign in as the identity provider names it, such as phr: up to 128 visible characters without blanks and quotes.';
const later = 'is not supported by this version.';
const recent = 'identity: { oidc: { max-age: 15m } }';
const strong = 'identity: { oidc: { acr: [phr, phrh] } }';

/** Below `namespaces.<name>`. */
export const ofSignIn: Readonly<Record<string, Entry>> = {
  identity: {
    allows: ['identity: oidc', isOpen],
    refuses: 'Every other way to sign in is refused with the file.',
    bad: {
      'identity: none': `11:5 ${identityForm}`,
      'identity: [oidc]': `11:5 ${identityForm}`,
      'identity: ssh': `11:5 ssh ${later} ${identityForm}`,
      'identity: github': `11:5 github ${later} ${identityForm}`,
      'identity: { oidc: {}, ssh: {} }': `11:27 ssh ${later} Take it out.`,
    },
  },
  'identity.oidc': {
    allows: ['identity: { oidc: {} }', claimedBy({ agoMs: 86_400_000 }), 'met'],
    refuses: [
      'identity: { oidc: { max-age: 1m, acr: [phr] } }',
      claimedBy({ agoMs: 91_000 }),
      'too-old, too-weak',
    ],
    bad: {
      'identity: { oidc: 15m }': '11:17 Expected a mapping of max-age, acr.',
      'identity: { oidc: { maxage: 15m } }':
        '11:25 There is no key maxage here. Did you mean max-age?',
    },
  },
  'identity.oidc.max-age': {
    allows: [recent, claimedBy({ agoMs: 15 * 60_000 }), 'met'],
    // The clocks of bot and provider may be half a minute apart.
    refuses: [recent, claimedBy({ agoMs: 15 * 60_000 + 30_001 }), 'too-old'],
    bad: {
      'identity: { oidc: { max-age: PT59S } }': `11:25 ${ageForm}`,
      'identity: { oidc: { max-age: 31d } }': `11:25 ${ageForm}`,
    },
  },
  'identity.oidc.acr': {
    allows: [strong, claimedBy({ acr: ['phrh'] }), 'met'],
    refuses: [strong, claimedBy({ acr: ['pwd'] }), 'too-weak'],
    bad: {
      'identity: { oidc: { acr: [] } }': `11:25 ${waysForm}`,
      'identity: { oidc: { acr: phr } }': `11:25 ${waysForm}`,
      'identity: { oidc: { acr: [a, b, c, d, e, f, g, h, i] } }': `11:25 ${waysForm}`,
      'identity: { oidc: { acr: [a, a] } }': '11:25 Expected each to be named once.',
      "identity: { oidc: { acr: ['a b'] } }": `11:31 ${wayForm}`,
    },
  },
  confirm: {
    allows: ['confirm: sign-in', approvedBy('sign-in'), 'granted'],
    refuses: ['confirm: sign-in', approvedBy('comment'), 'unconfirmed'],
    bad: {
      'confirm: true': '11:5 Expected comment or sign-in.',
      'confirm: oidc': '11:5 Expected comment or sign-in.',
    },
  },
};
