import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, type Binding, type Bound, type Holder } from '../../../bot/access/binding.ts';

const first = { id: 501, seenAt: '2026-03-02T09:00:00.000Z' };
const found = { id: 666, seenAt: '2026-03-03T09:00:00.000Z' };
const dana: Holder = { ref: 'user:default/dana', subject: '00u-dana' };
const danaWithout: Holder = { ...dana, subject: null };
const hers: Binding = { ...first, userRef: dana.ref, subject: dana.subject };
const older: Binding = { ...first, userRef: null, subject: null };
const withoutSubject: Binding = { ...hers, subject: null };

/** What a login is found to be bound to when account 666 has it. */
const cases: readonly (readonly [string, Binding | undefined, Holder, Bound['kind'], Binding])[] = [
  ['is not bound yet', undefined, dana, 'bound', { ...hers, ...found }],
  ['is bound for the same User', hers, dana, 'kept', hers],
  ['was bound by a version that kept no User', older, dana, 'noted', hers],
  ['was bound so, and its User has no subject', older, danaWithout, 'noted', withoutSubject],
  [
    'is at another name now',
    hers,
    { ...dana, ref: 'user:default/d2' },
    'bound-anew',
    {
      ...found,
      userRef: 'user:default/d2',
      subject: '00u-dana',
    },
  ],
  [
    'is at another namespace now',
    hers,
    { ...dana, ref: 'user:x/dana' },
    'bound-anew',
    {
      ...found,
      userRef: 'user:x/dana',
      subject: '00u-dana',
    },
  ],
  [
    'is another subject’s now',
    hers,
    { ...dana, subject: '00u-eve' },
    'bound-anew',
    {
      ...found,
      userRef: dana.ref,
      subject: '00u-eve',
    },
  ],
  ['is at a User that got a subject', withoutSubject, dana, 'noted', hers],
  ['is at a User that lost its subject', hers, danaWithout, 'kept', hers],
];

for (const [what, known, user, kind, binding] of cases) {
  test(`a login that ${what}: ${kind}`, () => {
    const bound = bind(known, user, found);
    assert.deepEqual([bound.kind, bound.binding], [kind, binding]);
  });
}

test('a subject that is taken away and comes back as another is another', () => {
  const { binding } = bind(hers, danaWithout, found);
  assert.equal(bind(binding, { ...dana, subject: '00u-eve' }, found).kind, 'bound-anew');
});
