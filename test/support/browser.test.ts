import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { createBrowser, type Browser } from './browser.ts';
import { writeBrowserProgram } from './browser-program.ts';
import { createAuthority, type Authority } from './certificates.ts';
import { createTemporaryFolder } from './folders.ts';
import { answerForms } from './person.ts';
import { startProcess } from './processes.ts';

// A site whose pages each hold one thing a browser has to get right.
let authority: Authority;
let site: Server;
let elsewhere: Server;
let origin: string;
let other: string;

before(async () => {
  authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  site = createServer(tls, answer);
  elsewhere = createServer(tls, answer);
  [origin, other] = [await listen(site), await listen(elsewhere)];
});
after(() => {
  for (const server of [site, elsewhere]) server.close();
});

test('a browser brings back the cookies it was given, and only those it may keep', async () => {
  const browser = newBrowser();
  await browser.open(`${origin}/set-cookies`);
  assert.equal((await browser.open(`${origin}/cookies`)).text, '__Host-good=1; plain=2');
  assert.equal(
    (await browser.open(`${origin}/deep/cookies`)).text,
    'deep=3; __Host-good=1; plain=2',
  );
  await browser.open(`${origin}/drop-cookies`);
  assert.equal((await browser.open(`${origin}/cookies`)).text, 'plain=2');
});

test('a form is sent as a browser sends it: fields, the chosen button, where it came from', async () => {
  const browser = newBrowser();
  const page = await browser.open(`${origin}/form`);
  const [form] = page.forms;
  assert.ok(form);
  assert.deepEqual(
    form.buttons.map(({ label }) => label),
    ['Say no', 'Allow'],
  );
  const answered = await browser.submit(page, form, {
    values: { login: 'omar', note: 'a&b' },
    ...(form.buttons[0] ? { button: form.buttons[0] } : {}),
  });
  assert.equal(
    answered.text,
    `POST csrf=x%22y&login=omar&note=a%26b&answer=no ${origin} same-origin`,
  );
});

test('a person answers forms until nobody asks any more', async () => {
  const pages = await answerForms(newBrowser(), `${origin}/form`, { login: 'dana' });
  assert.equal(pages.length, 2);
  assert.match(pages[1]?.text ?? '', /login=dana&note=&answer=yes/);
});

test('a form may not end up where the policy of its page forbids', async () => {
  await assert.rejects(
    answerForms(newBrowser(), `${origin}/guarded?to=${other}/cookies`, { login: 'dana' }),
    /may not send its form to/,
  );
  const pages = await answerForms(newBrowser(), `${origin}/guarded?to=/cookies`, { login: 'dana' });
  assert.equal(pages.at(-1)?.url.pathname, '/cookies');
});

test('a browser that does not trust the authority opens nothing', async () => {
  await assert.rejects(createBrowser().open(`${origin}/form`), {
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
});

test('as a program it opens the address it is given and keeps what was shown', async () => {
  await using folder = await createTemporaryFolder();
  await writeFile(folder.at('ca.pem'), authority.caPem);
  const dana = await writeBrowserProgram(folder, { login: 'dana' }, folder.at('ca.pem'));
  await using run = await startProcess({
    name: 'browser',
    command: dana.path,
    args: [`${origin}/form`],
  });
  assert.deepEqual(await run.exited, { code: 0, signal: null }, run.output());
  const pages = await dana.pages();
  assert.equal(pages[0], 'A question\nWho? dana\nomar\nSay no\nHelp\nAllow');
  assert.match(pages[1] ?? '', /login=dana/);
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', origin);
  const pages: Record<string, () => void> = {
    '/set-cookies': () => {
      const lines = ['__Host-good=1; Secure; Path=/', '__Host-bad=1; Path=/', 'plain=2; HttpOnly'];
      response.setHeader('set-cookie', [...lines, 'deep=3; Path=/deep', 'gone=4; Max-Age=0']);
      response.writeHead(303, { location: '/cookies' }).end();
    },
    '/drop-cookies': () => {
      response.setHeader(
        'set-cookie',
        '__Host-good=; Secure; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      );
      response.end();
    },
    '/form': () =>
      response.end(`<head><title>t</title></head><h1>A question</h1>
        <form method="post" action='/told?a=1&amp;b=2'><input type=hidden name="csrf" value="x&quot;y">
        Who? <label><input type="radio" name="login" value="dana"> dana</label>
        <input type="radio" name="login" value="omar" checked> omar <textarea name=note></textarea><br>
        <button name="answer" value="no">Say no</button>
        <button type="button">Help</button><button name="answer" value="yes"><b>Allow</b></button></form>`),
    '/guarded': () => {
      response.setHeader('content-security-policy', "default-src 'none'; form-action 'self'");
      response.end(`<form method="post" action="/go${url.search}"><button>Go</button></form>`);
    },
    '/go': () => response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end(),
  };
  const show = pages[url.pathname];
  if (show) return show();
  if (url.pathname.endsWith('/cookies')) return void response.end(request.headers.cookie);
  const { origin: from, 'sec-fetch-site': site } = request.headers;
  void text(request).then((body) =>
    response.end(`${request.method} ${body} ${from} ${String(site)}`),
  );
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function newBrowser(): Browser {
  return createBrowser({ ca: authority.caPem });
}
