// The hours of a policy as an issue shows them, on a clock that the test turns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';

const repo = 'acme/access';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The midnight before the next Monday: 1970 began on a Thursday. */
const monday = Math.ceil((Date.now() / dayMs - 4) / 7) * 7 * dayMs + 4 * dayMs;
const date = new Date(monday).toISOString().slice(0, 10);

/** A company whose hours are as given, on that Monday at nine. */
async function startAtNine(hours: string) {
  let shiftMs = monday + 9 * hourMs - Date.now();
  const now = () => new Date(Date.now() + shiftMs);
  const policy = template('sallyport.yml').replace(
    '    relays:',
    `    hours: ${hours}\n    relays:`,
  );
  const company = await startCompany({ policy, now });
  return {
    company,
    /** Stops the bot, and starts it at a later hour; a start has everything judged again. */
    async restartAfter(ms: number) {
      await company.stopBot();
      shiftMs += ms;
      await company.startBot();
    },
    /** How often the card was edited. */
    edits: (issue: number) => company.github.thread(repo, issue).view().comments[1]?.edits.length,
  };
}

test('a card that is written before the hours open says from when it can be approved, and is not edited once they do', async () => {
  const { company, restartAfter, edits } = await startAtNine('mon 12:00-16:00 UTC');
  await using _ = company;
  const issue = await company.asked('/connect payments-db 1h');
  const said = `**Before you approve:** Access is given from ${date} 12:00 UTC on, when the hours of the policy open.`;
  assert.ok(company.botComments(issue)[0]?.includes(said));
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(
    issue,
    new RegExp(`gives access only within its hours\\. They open at ${date} 12:00 UTC`),
  );

  await restartAfter(4 * hourMs);
  // Whatever this start has judged is over once the bot has stopped.
  await restartAfter(0);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  assert.equal(edits(issue), 1, 'by the approval');
});

test('a card says from when it can be approved once the hours have closed over it', async () => {
  const { company, restartAfter } = await startAtNine('[mon 08:00-10:00 UTC, mon 14:00-16:00 UTC]');
  await using _ = company;
  const issue = await company.asked('/connect payments-db 1h');
  assert.doesNotMatch(company.botComments(issue).join(), /Before you approve/);
  await restartAfter(2 * hourMs);
  await company.until(
    issue,
    new RegExp(`waiting for approval.*Access is given from ${date} 14:00 UTC on`, 's'),
  );
});
