// The local GitHub over TLS, as a process of its own, and its sign-in.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createBrowser } from '../support/browser.ts';
import { createAuthority } from '../support/certificates.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { startProcess, type RunningProcess } from '../support/processes.ts';
import { within } from '../support/within.ts';
import { acme, startAcme, sallyport } from './fixture.ts';
import type { Seeded } from './seed.ts';

test('as a process it speaks TLS, says in one line where it is, and ends on SIGTERM', async () => {
  await using folder = await createTemporaryFolder('local-github');
  const authority = await createAuthority();
  const { cert, key } = await authority.issue(['localhost', '127.0.0.1']);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(folder.at(name), text);
    return folder.at(name);
  };
  await using running = await startMain([
    `--seed=${await file('seed.json', JSON.stringify(acme))}`,
    `--tls-cert=${await file('cert.pem', cert)}`,
    `--tls-key=${await file('key.pem', key)}`,
  ]);
  const ready = JSON.parse(await running.line((text) => text)) as Seeded & Ready;
  assert.equal(ready.ready, true);
  assert.match(ready.url, /^https:\/\/localhost:\d+$/);
  assert.match(String(ready.tokens['dana']), /^ghp_/);
  const browser = createBrowser({ ca: authority.caPem });
  assert.match((await browser.open(ready.url)).text, /acme\/access/);
  running.signal('SIGTERM');
  const exit = await within('it ends', running.exited);
  assert.deepEqual(exit, { code: 0, signal: null });
});

test('called without a seed it says so and exits with 64', async () => {
  await using running = await startMain([]);
  const { code } = await within('it ends', running.exited);
  assert.equal(code, 64);
  assert.match(running.output('stderr'), /--seed/);
});

interface Ready {
  readonly ready: boolean;
  readonly url: string;
}

function startMain(args: readonly string[]): Promise<RunningProcess> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  return startProcess({
    name: 'the local GitHub',
    command: process.execPath,
    args: [main, ...args],
  });
}

test('a webhook reaches a receiver whose certificate is private, and no other', async () => {
  const authority = await createAuthority();
  const certificate = await authority.issue(['localhost']);
  const receiver = createServer(certificate, (_request, response) => response.end());
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `https://localhost:${(receiver.address() as AddressInfo).port}/`;
  try {
    await using trusting = await startAcme({ ca: authority.caPem, tls: certificate });
    await using other = await startAcme();
    for (const github of [trusting, other]) {
      github.setWebhookUrl('sallyport', url);
      await github.as('dana').openIssue('acme/access', { title: 'Hello' });
      await within('the delivery ends', github.settled());
    }
    assert.equal(trusting.deliveries[0]?.status, 'OK');
    assert.equal(other.deliveries[0]?.status, 'failed to connect to host');
  } finally {
    receiver.close();
    receiver.closeAllConnections();
  }
});

test("an App's sign-in ends in a token for the person who was chosen, once, with the right verifier", async () => {
  await using github = await startAcme();
  const { clientId, clientSecret } = sallyport(github);
  const verifier = 'v'.repeat(43);
  const query = new URLSearchParams({
    client_id: clientId,
    state: 's1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const askCode = async (): Promise<string> => {
    const choice = await fetch(`${github.url}/login/oauth/authorize?${query.toString()}`);
    assert.match(await choice.text(), /Authorize Sallyport/);
    const answer = await fetch(`${github.url}/login/oauth/authorize`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: github.url },
      body: new URLSearchParams([...query, ['login', 'dana']]),
    });
    const back = new URL(String(answer.headers.get('location')));
    assert.equal(back.origin + back.pathname, 'https://bot.example/callback');
    assert.equal(back.searchParams.get('state'), 's1');
    return String(back.searchParams.get('code'));
  };
  const exchange = async (fields: Record<string, string>): Promise<Record<string, string>> => {
    const answer = await fetch(`${github.url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields }),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const code = await askCode();
  const { access_token: token = '' } = await exchange({ code, code_verifier: verifier });
  assert.match(token, /^ghu_/);
  const headers = { authorization: `Bearer ${token}` };
  const user = (await (await fetch(`${github.apiUrl}/user`, { headers })).json()) as {
    login: string;
  };
  assert.equal(user.login, 'dana');
  const again = await exchange({ code, code_verifier: verifier });
  assert.equal(again['error'], 'bad_verification_code');
  const wrong = await exchange({ code: await askCode(), code_verifier: 'w'.repeat(43) });
  assert.equal(wrong['error'], 'bad_verification_code');
  const stranger = await exchange({ code: await askCode(), client_secret: 'guess' });
  assert.equal(stranger['error'], 'incorrect_client_credentials');
});
