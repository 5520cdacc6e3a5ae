import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openAccounts } from '../../../bot/accounts.ts';
import type { GitHub } from '../../../bot/github/app.ts';
import { gatherFacts } from '../../../bot/github/facts.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { openStore } from '../../../bot/store/store.ts';
import { factsOf, now, people } from '../access/world.ts';

test('whoever had a login before the catalog named it does not keep its owner out', async () => {
  await using store = await openStore(':memory:');
  const github = {} as GitHub;
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const gather = (org: string | undefined, person: { id: number; login: string }) => {
    const current = async () => factsOf(org === undefined ? {} : { org });
    const rules = {
      current,
      forDecision: current,
      changed: () => false,
      doubt: () => undefined,
      policyReadAt: () => undefined,
      policy: () => assert.fail('the policy alone is not asked for'),
      catalogReadAt: () => new Map(),
    };
    const census = {
      loginOf: () => assert.fail('everybody is here'),
      belongingTo: async () => 'member' as const,
      team: () => assert.fail('no group is a team'),
      isInTeam: () => assert.fail('no group is a team'),
    };
    const owner = { id: 1, login: 'acme', isPerson: false };
    const accounts = openAccounts({ store, log, metrics: openBotMetrics(), now: () => now });
    const parts = { accounts, rules, census, now: () => now };
    return gatherFacts(parts, github, { present: [person], owner });
  };
  await gather('', { id: 4711, login: 'Dana' });
  const first = await gather(undefined, people.dana);
  assert.equal(first.ids.get('dana'), people.dana.id);
  // From then on the login is hers: somebody who takes it over later is not her.
  const later = await gather(undefined, { id: 4711, login: 'dana' });
  assert.equal(later.ids.get('dana'), people.dana.id);
  assert.match(lines.join(''), /another account has the login of a User/);
});
