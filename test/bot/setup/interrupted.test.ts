// A setup that does not go through: codes that are spent, a GitHub that is down, a disk that is full, a bot that is
// stopped. Nothing is lost that can be kept, and what is lost is told.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { create, credentials, press, startSetupBot, wayBack } from './setup-bot.ts';

const conversion = 'POST /app-manifests/{code}/conversions';

test('a code that was used is not used again, and the page says what is left to do', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const back = await wayBack(
    bot,
    await press(browser, await browser.open(bot.address), /^Create for (?!myself)/),
  );
  const code = back.searchParams.get('code');
  await fetch(`${bot.github.apiUrl}/app-manifests/${code}/conversions`, { method: 'POST' });
  const page = await browser.open(back);
  assert.equal(page.status, 400);
  assert.match(page.text, /Delete the App at GitHub, and start again/);
  assert.match(bot.told(), /Delete the App at GitHub/);
  assert.deepEqual(credentials(bot), []);
  const replayed = await browser.open(back);
  assert.equal(replayed.status, 403, 'its state is spent with it');
  const next = await browser.open(`${bot.origin}/setup`);
  assert.match(next.text, /Create the GitHub App/);
});

test('a code older than an hour is refused', async () => {
  let now = new Date();
  await using bot = await startSetupBot({ now: () => now });
  const browser = bot.browser();
  const back = await wayBack(
    bot,
    await press(browser, await browser.open(bot.address), /^Create for (?!myself)/),
  );
  now = new Date(now.getTime() + 3_600_000);
  assert.equal((await browser.open(back)).status, 400);
});

test('while GitHub is down the code is kept, and the same page works once GitHub is back', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  bot.github.addFault({ kind: 'answer', route: conversion, status: 503, times: 1 });
  const failed = await create(browser, page);
  assert.equal(failed.status, 502);
  assert.match(failed.text, /it answered with 503/);
  assert.match(failed.text, /Try again/);
  const code = failed.url.searchParams.get('code') ?? assert.fail();
  assert.ok(!bot.logged().includes(code), 'a code that is still good stands in no log');
  const [, href = ''] = /href="([^"]+)">Try again/.exec(failed.html) ?? [];
  const done = await browser.open(new URL(href.replaceAll('&amp;', '&'), failed.url));
  assert.equal(done.status, 200, done.text);
  assert.equal(await bot.ended(), 'created');
});

test('when the answer is lost after GitHub gave the keys out, the page says that an App without its key is left', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  bot.github.addFault({ kind: '502-after-write', route: conversion });
  const failed = await create(browser, page);
  assert.equal(failed.status, 502);
  const again = await browser.open(failed.url);
  assert.equal(again.status, 400);
  assert.match(again.text, /an App exists whose key nobody has/);
});

test('keys that the disk does not take are held until it does', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  // A file in the folder's place keeps out root as well, whom no mode does.
  await rename(bot.dataFolder, `${bot.dataFolder}.away`);
  await writeFile(bot.dataFolder, '');
  const failed = await create(browser, page);
  assert.equal(failed.status, 500);
  assert.match(failed.text, /The keys could not be kept/);
  await rm(bot.dataFolder);
  await rename(`${bot.dataFolder}.away`, bot.dataFolder);
  const done = await browser.open(failed.url);
  assert.equal(done.status, 200, done.text);
  assert.equal(credentials(bot).length, 3);
});

test('stopped while it alone holds the keys, it says on the terminal which App is to be deleted', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  await rename(bot.dataFolder, `${bot.dataFolder}.away`);
  await writeFile(bot.dataFolder, '');
  await create(browser, page);
  bot.stop();
  assert.equal(await bot.ended(), 'stopped');
  assert.match(
    bot.told(),
    /apps\/sallyport-acme exists, and its keys are lost.*delete it at GitHub/,
  );
});

test('stopped while GitHub gives the keys out, it keeps them before it ends', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  const held = bot.github.addFault({ kind: 'held', route: conversion, when: 'after' });
  const shown = create(browser, page).catch(() => undefined);
  await held.struck;
  bot.stop();
  held.release();
  assert.equal(await bot.ended(), 'stopped');
  await shown;
  assert.equal(credentials(bot).length, 3);
});

test('asked twice at the same time, GitHub is asked once', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const back = await wayBack(
    bot,
    await press(browser, await browser.open(bot.address), /^Create for acme/),
  );
  const held = bot.github.addFault({ kind: 'held', route: conversion, when: 'before' });
  const first = browser.open(back);
  await held.struck;
  const second = await browser.open(back);
  assert.equal(second.status, 409);
  held.release();
  assert.equal((await first).status, 200);
});

test('credentials that are there are never written over', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  await mkdir(join(bot.dataFolder, 'github-app'));
  await writeFile(join(bot.dataFolder, 'github-app', 'app-id'), '17');
  const refused = await create(browser, page);
  assert.equal(refused.status, 409);
  assert.match(refused.text, /There is an App already/);
  assert.deepEqual(credentials(bot), ['app-id']);
  assert.deepEqual(readdirSync(bot.dataFolder), ['github-app']);
});

test('stopped before anything was created it ends, and the next start prints another address', async () => {
  await using bot = await startSetupBot();
  bot.stop();
  assert.equal(await bot.ended(), 'stopped');
  await assert.rejects(fetch(bot.address));
  assert.deepEqual(credentials(bot), []);
});
