import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';

const repo = 'acme/access';

const demanding = template('sallyport.yml').replace(
  'identity: oidc',
  'identity: { oidc: { max-age: 15m, acr: [phr, phrh] } }',
);

test('what is demanded of the sign-in is told by /why and /help and stands on the card, before and after the approval', async () => {
  await using company = await startCompany({ policy: demanding });
  const { github } = company;
  const issue = await company.openIssue();
  await github.as('dana').comment(repo, issue, '/why payments-db');
  const [why = ''] = await company.until(issue, /you may ask for/);
  assert.match(
    why,
    /✅ \| Whoever uses it signs in with the identity provider at most 15 min before\./,
  );
  assert.match(why, /✅ \| Whoever uses it signs in with the identity provider by `phr`, `phrh`\./);
  await github.as('dana').comment(repo, issue, '/help');
  const help = (await company.until(issue, /What holds here/)).at(-1) ?? '';
  const demand = 'at most 15 min before it is used, by `phr` or `phrh`';
  assert.ok(help.includes(`| \`oidc\`, ${demand} |`), help);
  await github.as('dana').comment(repo, issue, '/connect payments-db');
  const card = (await company.until(issue, /waiting for approval/)).at(-1) ?? '';
  assert.ok(card.includes(`\n| Sign-in | ${demand} |\n`), card);
  await github.as('omar').comment(repo, issue, '/approve');
  const granted = /granted until[\s\S]*paste this/;
  const after = (await company.until(issue, granted)).find((body) => granted.test(body)) ?? '';
  assert.ok(after.includes(`\n| Sign-in | ${demand} |\n`), after);
});

test('/why tells rule by rule what was seen, who decides, and what to comment', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/why payments-db');
  const [answer = ''] = await company.until(issue, /you may ask for/);
  assert.match(answer, /\| ✅ \| `resource:payments\/payments-db` is in the catalog/);
  assert.match(
    answer,
    /\| `reader` \| 1 h \| 4 h \| 1 approval by `omar`, `otto` \(`group:default\/payments`\) \|/,
  );
  assert.match(answer, /^\/connect resource:payments\/payments-db$/m);
  assert.doesNotMatch(answer, /@omar/, 'nobody is called for a question');

  await company.github.as('olga').comment(repo, issue, '/why payments-db');
  const [, no = ''] = await company.until(issue, /you may not ask for/);
  assert.match(no, /\| ❌ \| /);
  assert.doesNotMatch(no, /\/connect resource/);
});

test('/resources lists what may be asked for, and says so when there is nothing', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/resources');
  const [answer = ''] = await company.until(issue, /you may ask for these/);
  assert.match(
    answer,
    /\| `resource:payments\/payments-db` \| `Payments database` \| `reader` up to 4 h, `writer` up to 2 h \|/,
  );
  await company.github.as('olga').comment(repo, issue, '/resources');
  await company.until(issue, /no person with the GitHub login `olga`/);
});

test('/status lists every request on the issue and how it stands', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /No request was made on this issue/);
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  await company.github.as('dana').comment(repo, issue, '/status');
  const answer = (await company.until(issue, /\| Request \| Of/)).at(-1) ?? '';
  assert.match(
    answer,
    /\| `r2` \|.*\| waits until .* for 2 approvals by `omar`, `otto`[^|]*\| \[card\]\(https:/,
  );
  assert.match(answer, /\| `r1` \|.*\| granted until .* \| \[card\]\(https:/);
});

test('/help says what holds here, and still lists the commands while the rules cannot be read', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/help');
  const [answer = ''] = await company.until(issue, /A command is the first line/);
  assert.match(
    answer,
    /\| `payments` \| `group:default\/engineering` \| `reader` up to 8 h, `writer` up to 2 h \| 8 h \| at any time \| `oidc` \|/,
  );
  assert.match(answer, /`\/break-glass <resource>/);
});

test('where fewer people are known than have to approve, the card says so while it waits', async () => {
  const people = template('org.yaml').replace(
    'Omar Owner }, memberOf: [payments]',
    'Omar }, memberOf: []',
  );
  await using company = await startCompany({ people });
  const issue = await company.asked('/connect payments-db 30m as writer');
  const [card = ''] = company.botComments(issue);
  assert.match(
    card,
    /Still needed:\*\* 2 approvals by @otto \(`group:default\/payments`\), of whom only 1 is known\n/,
  );
  await company.github.as('otto').comment(repo, issue, '/approve');
  await company.until(
    issue,
    /Still needed:\*\* 1 approval by no known person \(`group:default\/payments`\)\n/,
  );
});
