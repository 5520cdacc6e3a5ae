import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany } from '../company.ts';

const repo = 'acme/access';

test('after thirty commands in ten minutes a person is told once, and then not answered; what ends access still acts', async () => {
  let shiftMs = 0;
  const now = () => new Date(Date.now() + shiftMs);
  await using company = await startCompany({ now, maxCommands: 30 });
  const { github } = company;
  const issue = await company.granted('/connect payments-db 1h');
  const dana = github.as('dana');
  // The one that asked was the first.
  for (let n = 2; n <= 33; n += 1) await dana.comment(repo, issue, '/status');
  await company.until(issue, /more than 30 commands in ten minutes/);
  await github.settled();
  const answers = () => company.botComments(issue).filter((body) => body.includes(':reply'));
  assert.equal(
    answers().length,
    29 + 1,
    '29 answers to /status, and one that says that it is too much',
  );
  const { comments } = github.thread(repo, issue).view();
  const last = comments.findLast(({ author }) => author === 'dana');
  assert.deepEqual(last?.reactions, []);

  await github.as('bea').comment(repo, issue, '/why payments-db');
  await company.until(issue, /@bea/);
  await dana.comment(repo, issue, '/revoke');
  await company.until(issue, /was revoked/);

  shiftMs = 11 * 60_000;
  await dana.comment(repo, issue, '/resources');
  await github.thread(repo, issue).until(() => answers().length === 32);
});
