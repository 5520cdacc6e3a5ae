// What nobody tells of is found when the bot looks by itself. The bot, its database, GitHub and Backstage are real here,
// and on one clock that the test turns.
import { test } from 'node:test';
import { startTurnedClock } from '../../support/turned-clock.ts';
import { readFromBackstage } from '../backstage/reading.ts';
import { startCompany } from '../company.ts';

const minuteMs = 60_000;

test('an owner who is replaced in Backstage, which tells nobody, has access ended at the next look', async () => {
  using clock = startTurnedClock();
  await using company = await startCompany();
  await using backstage = await readFromBackstage(company);
  const issue = await company.granted('/connect payments-db 1h');
  clock.turn((2 / 3) * minuteMs);
  // It was read for this just before the change, which does not make a look believe that it knows it.
  await company.asked('/connect payments-db 30m');
  backstage.changeOwner('group:default/payments', 'group:default/engineering');
  clock.turn((1 / 3) * minuteMs);
  await company.until(
    issue,
    /was revoked by `the bot`. Why: the entry of `resource:payments\/payments-db`/,
  );
});

test('somebody who leaves the organisation, of which no webhook tells, has access for five more minutes at most', async () => {
  using clock = startTurnedClock();
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  company.github.addFault({ kind: 'unrecorded-delivery', event: 'organization' });
  company.github.organization('acme').removeMember('dana', 'olga');
  await company.github.settled();
  clock.turn(5 * minuteMs);
  await company.until(issue, /was revoked by `the bot`. Why: `dana` does not belong/);
});
