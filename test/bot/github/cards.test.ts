// The words of a card: what it says to those who decide.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { toldOf } from '../../../bot/access/told.ts';
import { renderCard } from '../../../bot/github/cards.ts';
import { openPhrases } from '../../../bot/github/phrases.ts';
import { openTemplates } from '../../../bot/templates.ts';
import {
  connect,
  factsOf,
  hourMs,
  now,
  policyText,
  resource,
  type World,
} from '../access/world.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'templates');
const templates = openTemplates(folder);
const phrases = openPhrases(folder);

/** The card of what dana asks for. */
function cardIn(world: World): string {
  const decision = connect(factsOf(world));
  assert.ok(decision.kind === 'open', JSON.stringify(decision));
  const { request, missing, derivation } = decision;
  const nothing = { approvals: [], sessions: [], waiting: [], cutBy: [], command: '' };
  return renderCard(templates, {
    ...nothing,
    isFirst: true,
    request,
    missing,
    told: toldOf(derivation),
    ending: null,
    grant: null,
    review: null,
    phrases,
  });
}

const withRule = (rule: string) =>
  policyText.replace('    pending: 8h', `    ${rule}\n    pending: 8h`);
const changedAt = new Map([
  ['resource:payments/payments-db', new Date(now.getTime() - hourMs).toISOString()],
]);

test('a card says that what is asked for has lately changed, when, and until when a steward approves as well', () => {
  const card = cardIn({ policy: withRule('stewards: [group:default/dba]'), changedAt });
  const said =
    '**Before you approve:** The resource became what it is at 2026-03-02 08:00 UTC (new, or another owner, address, ' +
    'cloud role or demand for approvals): until 2026-03-03 08:00 UTC a steward of the namespace approves as well.\n\n' +
    '**Still needed:** 1 approval by @Olga, @omar (`group:default/payments`) and 1 approval by @Olga, @dirk';
  assert.ok(card.includes(said), card);
});

test('a card that is written while the hours are closed says from when access can be given', () => {
  const said =
    '**Before you approve:** Access is given from 2026-03-03 08:00 UTC on, when the hours of the policy open.\n\n';
  const card = cardIn({ policy: withRule('hours: tue 08:00-10:00 UTC') });
  assert.ok(card.includes(said), card);
});

test('a card says of a role that the relay cannot tell it from another', () => {
  const decision = connect(factsOf());
  const step = decision.derivation.find(({ rule }) => rule === 'role-is-recorded');
  assert.ok(step);
  assert.equal(
    phrases.rule(step).rendered,
    'The role `reader` is recorded, and not enforced by the relay, which cannot tell it from `writer`, `admin`: the address is the same.',
  );
  const row = '| Role | `reader` (recorded, not enforced by the relay) |\n';
  assert.ok(cardIn({}).includes(row));
  const annotations = { 'sallyport.dev/role.reader.target': 'replica.internal:5432' };
  const services = [resource({ name: 'payments-db', annotations })];
  assert.ok(cardIn({ services }).includes('| Role | `reader` |\n'));
});

test('a card on which there is nothing to say beside the approvals says nothing', () => {
  const settled = cardIn({ changedAt });
  assert.ok(!settled.includes('Before you approve'), 'a namespace without stewards');
  const open = cardIn({ policy: withRule('hours: mon 08:00-10:00 UTC') });
  assert.ok(!open.includes('Before you approve'), 'the hours are open');
});
