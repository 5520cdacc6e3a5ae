// A repository of the catalog that the App is taken out of: nobody can see any more who leaves a team there. What was
// read of it must not count for ever, and a GitHub that is down must not be taken for the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { startCompany } from '../company.ts';

const repo = 'acme/access';
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];

/** A company whose clock a test moves, and whose log it can wait for. */
async function openWorld() {
  let passedMs = 0;
  const lines: string[] = [];
  let look = (): void => undefined;
  const write = (line: string) => {
    lines.push(line);
    look();
  };
  const company = await startCompany({
    now: () => new Date(Date.now() + passedMs),
    log: pino({}, { write }),
  });
  const { github } = company;
  const installation = Number(github.seeded.apps['sallyport']?.installations['acme']);
  const conditions = async () => {
    const response = await fetch(`http://127.0.0.1:${company.metricsPort()}/readyz`);
    const body = (await response.json()) as {
      conditions: { name: string; holds: boolean; found?: string }[];
    };
    return body.conditions;
  };
  return {
    company,
    github,
    ahead: (ms: number) => void (passedMs = ms),
    takeOut: (name: string) => github.installation.removeRepository(installation, name, 'olga'),
    putBack: (name: string) => github.installation.addRepository(installation, name, 'olga'),
    /** Resolves once the bot's log has a line like this that it had not before. */
    async said(message: RegExp) {
      const before = lines.length;
      await new Promise<void>((resolve) => {
        look = () => {
          if (lines.slice(before).some((line) => message.test(line))) resolve();
        };
        look();
      });
    },
    /** How the condition of the catalog stands. */
    catalog: async () => (await conditions()).find(({ name }) => name === 'catalog'),
    [Symbol.asyncDispose]: () => company[Symbol.asyncDispose](),
  };
}

test('what was read of a repository that the App is taken out of counts for an hour more, is told meanwhile, and then gives nothing', async () => {
  await using world = await openWorld();
  const { company, github, ahead } = world;
  const live = await company.granted('/connect payments-db 3h');
  const waits = await company.asked('/connect payments-db 1h');
  const told = world.said(/not installed on acme\/org.*counts until 20.*fault in the catalog/);
  world.takeOut('acme/org');
  await told;

  ahead(59 * minuteMs);
  await company.granted('/connect payments-db 1h');
  const late = await world.catalog();
  assert.equal(late?.holds, false);
  assert.match(late?.found ?? '', /^acme\/org was last read at 20\S+$/);

  const over = world.said(/not installed on acme\/org.*does not count.*fault in the catalog/);
  ahead(61 * minuteMs);
  const issue = await company.openIssue();
  await github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /the catalog has no person with the GitHub login `dana`/);
  await over;
  await github.as('omar').comment(repo, waits, '/approve');
  await company.until(waits, /the catalog has no person with the GitHub login/);
  assert.ok(company.botComments(waits).every((body) => !body.includes('is granted until')));

  const mended = world.said(/installation_repositories.*was dealt with/);
  world.putBack('acme/org');
  await mended;
  await github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  assert.equal((await world.catalog())?.holds, true);
  assert.match(company.botComments(live)[0] ?? '', /granted until/, 'what is live is not ended');
});

test('a week after the App was taken out nobody is given anything by what was read before', async () => {
  await using world = await openWorld();
  const { company, github } = world;
  const told = world.said(/not installed on acme\/org.*fault in the catalog/);
  world.takeOut('acme/org');
  await told;
  world.ahead(7 * dayMs);
  const issue = await company.openIssue();
  await github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /the catalog has no person with the GitHub login `dana`/);
});

test('a GitHub that is down takes nothing away: what was read counts on, and the condition says since when', async () => {
  await using world = await openWorld();
  const { company, github, ahead } = world;
  const live = await company.granted('/connect payments-db 3h');
  const route = 'GET /repos/{owner}/{repo}/contents/{path}';
  const down = {
    kind: 'answer',
    route,
    actor: 'sallyport[bot]',
    status: 502,
    times: 1000,
  } as const;
  const outage = github.addFault(down);
  ahead(2 * hourMs);
  assert.equal((await world.catalog())?.holds, false);
  const failed = world.said(/will be tried again/);
  await github.as('dana').comment(repo, live, '/extend 30m');
  await failed;
  outage.release();
  await company.until(live, /waiting for approval/);
  assert.match(company.botComments(live)[0] ?? '', /granted until/);
});
