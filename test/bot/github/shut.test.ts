// What an owner shuts, they may open again: the thread then has to tell what ended meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Thread, ThreadView } from '../../github/threads.ts';
import { startCompany, type Company } from '../company.ts';

const repo = 'acme/access';

const elsewhere = 'acme/payments-services';

interface World extends AsyncDisposable {
  readonly company: Company;
  /** Resolves once the bot's log has had so many lines like this. */
  said(message: RegExp, times?: number): Promise<void>;
}

async function openWorld(): Promise<World> {
  const lines: string[] = [];
  let look = (): void => undefined;
  const log = pino(
    {},
    {
      write(line: string) {
        lines.push(line);
        look();
      },
    },
  );
  const company = await startCompany({ log });
  return {
    company,
    said: (message, times = 1) =>
      new Promise((resolve) => {
        look = () => {
          if (lines.filter((line) => message.test(line)).length >= times) resolve();
        };
        look();
      }),
    [Symbol.asyncDispose]: () => company[Symbol.asyncDispose](),
  };
}

/** An issue with a live grant in any repository of the company. */
async function granted({ github }: Company, where: string): Promise<Thread> {
  const { number } = await github.as('dana').openIssue(where, { title: 'Ledger', body: '' });
  const thread = github.thread(where, number);
  for (const [who, words, answer] of [
    ['dana', '/connect payments-db 1h', /waiting for approval/],
    ['omar', '/approve', /is granted until/],
  ] as const) {
    await github.as(who).comment(where, number, words);
    await thread.until(({ comments }) => comments.some(({ body }) => answer.test(body)));
  }
  return thread;
}

/** The card shows the end, and whoever had access is told of it. */
const tellsOfTheEnd = ({ comments }: ThreadView): boolean =>
  comments.some(({ isBot, body }) => isBot && /:card[^]*: revoked/.test(body)) &&
  comments.some(({ isBot, body }) => isBot && body.includes(':revoked'));

test('an App that is put back tells what ended since it was taken out, though it is another installation', async () => {
  await using world = await openWorld();
  const { company } = world;
  const { github } = company;
  const threads = [await granted(company, repo), await granted(company, elsewhere)] as const;
  const { installations } = github.seeded.apps['sallyport'] ?? assert.fail();
  github.installation.remove(Number(installations['acme']), 'olga');
  await world.said(/a repository is shut/, threads.length);
  const anew = github.installation.add('sallyport', 'acme', 'olga', ['access']);
  await threads[0].until(tellsOfTheEnd);
  assert.ok(!tellsOfTheEnd(threads[1].view()));
  github.installation.addRepository(anew, elsewhere, 'olga');
  await threads[1].until(tellsOfTheEnd);
  // The request still names the installation that is gone; its card is looked after all the same.
  const card = threads[1].view().comments.find(({ body }) => body.includes(':card'));
  await github.as('olga').editComment(elsewhere, card?.id ?? 0, 'nothing to see');
  await threads[1].until(tellsOfTheEnd);
});

test('what was to be said on an issue that was deleted is set aside, and waits for nobody', async () => {
  await using world = await openWorld();
  const { company } = world;
  const issue = await company.asked('/connect payments-db 1h');
  await company.github.as('olga').deleteIssue(repo, issue);
  await world.said(/r1:closed.*refused a posting for good/);
});
