// The first start of a bot, as an operator sees it: a settings file without an App, one address on the terminal, a
// click at GitHub, and the bot that goes on. The bot is a process of its own; the browser is a real one where there is
// one.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { chromiumPath, lacksChromium, launchChromium } from '../../support/chromium.ts';
import { within } from '../../support/within.ts';
import { isReady, preparePlace, printedAddress } from './bot-process.ts';
import { create, press } from './setup-bot.ts';

test('a bot without an App prints one address; a click there creates it, and the bot goes on and answers', async () => {
  await using place = await preparePlace();
  const { github } = place;
  {
    await using bot = await place.start();
    const browser = place.browser();
    const done = await create(browser, await browser.open(await printedAddress(bot)));
    assert.match(done.text, /Sallyport acme is created/);
    await isReady(bot);
    assert.match(bot.output('stdout'), /nothing is decided until the App is installed/);

    const [, install = ''] = /href="([^"]+\/installations\/new)"/.exec(done.html) ?? [];
    await press(browser, await browser.open(install), /as olga$/);
    const { number } = await github.as('dana').openIssue('acme/access', { title: 'Ledger' });
    await github.as('dana').comment('acme/access', number, '/connect payments-db 1h');
    await github
      .thread('acme/access', number)
      .until(
        ({ comments }) => comments.some(({ body }) => /waiting for approval/.test(body)),
        30_000,
      );
    bot.signal('SIGTERM');
    assert.deepEqual(await bot.exited, { code: 0, signal: null });
    assert.equal(bot.output('stderr').match(/https:\S+\/setup\//g)?.length, 1);
  }
  await using again = await place.start();
  await isReady(again);
  assert.doesNotMatch(again.output(), /\/setup\//, 'the second start goes straight to the bot');
  const page = await place.browser().open(`${place.origin}/setup`);
  assert.equal(page.status, 404, 'the bot itself has no such page');
});

test('credentials that have become incomplete stop the start, which says what to do, and no second App is made', async () => {
  await using place = await preparePlace();
  {
    await using bot = await place.start();
    const browser = place.browser();
    await create(browser, await browser.open(await printedAddress(bot)));
    await isReady(bot);
  }
  await rm(place.folder.at('data', 'github-app', 'private-key.pem'));
  await using bot = await place.start();
  assert.deepEqual(await bot.exited, { code: 78, signal: null });
  const told = bot.output('stderr');
  assert.match(told, /private-key\.pem does not exist/);
  assert.match(
    told,
    /put them back from a backup; or delete the App at GitHub, move the folder away/,
  );
});

test('killed between GitHub and its own disk, the next start says that an App may be left, and creates another', async () => {
  await using place = await preparePlace();
  const { github } = place;
  {
    await using bot = await place.start();
    const browser = place.browser();
    const page = await browser.open(await printedAddress(bot));
    const conversion = 'POST /app-manifests/{code}/conversions';
    const held = github.addFault({ kind: 'held', route: conversion, when: 'after' });
    const shown = create(browser, page).catch(() => undefined);
    await held.struck;
    await bot.kill();
    held.release();
    await shown;
  }
  await using again = await place.start();
  const browser = place.browser();
  const page = await browser.open(await printedAddress(again));
  assert.match(
    page.text,
    /Was an earlier attempt interrupted\? Then an App may exist whose key nobody has/,
  );
  const taken = await create(browser, page);
  assert.match(taken.text, /Name has already been taken/, 'GitHub tells of the one that is left');
  // What the page says to do: the App is deleted, as its owner does on GitHub's page.
  const { apps, accounts } = github.instance.state;
  const left = apps.values().find(({ slug }) => slug === 'sallyport-acme') ?? assert.fail();
  apps.delete(left.id);
  accounts.delete(left.bot.id);
  await create(browser, await browser.open(page.url));
  await isReady(again);
});

test('stopped while it waits for an App it ends with 0 and has kept nothing', async () => {
  await using place = await preparePlace();
  await using bot = await place.start();
  const address = await printedAddress(bot);
  assert.ok(!bot.output('stdout').includes(address), 'the log is not where it stands');
  bot.signal('SIGTERM');
  assert.deepEqual(await within('it ends', bot.exited), { code: 0, signal: null });
  await assert.rejects(readFile(place.folder.at('data', 'github-app', 'app-id')), {
    code: 'ENOENT',
  });
});

test(
  'in a real browser the page, GitHub and the way back work with the policies that the pages are sent with',
  { skip: chromiumPath === undefined && lacksChromium },
  async () => {
    await using place = await preparePlace();
    await using bot = await place.start();
    await using chromium = await launchChromium();
    const page = await chromium.newPage();
    page.setDefaultTimeout(20_000);
    const address = await printedAddress(bot);
    const posted = page.waitForRequest((request) => request.url().includes('/settings/apps/new'));
    await page.goto(address);
    assert.equal(page.url(), `${place.origin}/setup`);
    await page.getByRole('button', { name: 'Create for acme' }).click();
    await page.getByRole('button', { name: 'as olga' }).click();
    await page.getByRole('heading', { name: 'Sallyport acme is created' }).waitFor();
    const { origin, referer } = await (await posted).allHeaders();
    assert.equal(origin, place.origin, 'GitHub is told which bot it is for');
    assert.equal(referer, `${place.origin}/`, 'and nothing of the page');
    const link = page.getByRole('link', { name: 'Install it on acme' });
    assert.equal(
      await link.getAttribute('href'),
      `${place.github.url}/apps/sallyport-acme/installations/new`,
    );
    await isReady(bot);
    await link.click();
    await page.getByRole('button', { name: 'as olga' }).click();
    await page.getByRole('heading', { name: 'is installed' }).waitFor();
  },
);
