import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { controlPath, controlProtocol, relayNameHeader } from '../../relay/control.ts';
import { openLog } from '../../bot/log.ts';
import { startCompany } from './company.ts';

/** Everything the bot answers to these bytes until it hangs up. A WebSocket that it opens is closed at once. */
function send(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += String(data);
      if (isWebSocket.test(answer)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

const isWebSocket = /^HTTP\/1\.1 101 /;

/** What a relay asks for, but for the address. */
const upgrade = [
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
  `Sec-WebSocket-Protocol: ${controlProtocol}`,
  `${relayNameHeader}: eu-1`,
  '\r\n',
].join('\r\n');

test('an upgrade to an address that is none is turned away, and the bot goes on', async () => {
  await using company = await startCompany();
  const ask = (address: string) => send(company.port(), `GET ${address} HTTP/1.1\r\n${upgrade}`);
  for (const address of ['//', '///', 'http://[/', `${controlPath}%`, `/${controlPath}`, '*']) {
    assert.doesNotMatch(await ask(address), isWebSocket, address);
  }
  // It is the address that was wrong.
  assert.match(await ask(controlPath), isWebSocket);
  const health = await fetch(`http://127.0.0.1:${company.port()}/healthz`);
  assert.equal(health.status, 200);
});

test('requests that are none are answered or cut, and the bot goes on', async () => {
  await using company = await startCompany();
  const requests = [
    'GET / HTTP/1.1\r\nConnection: close\r\nHost: [\r\n\r\n',
    'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /claim/authorize?%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /claim/consent?sign_in=%00 HTTP/1.1\r\nHost: x\r\nCookie: a=%zz\r\nConnection: close\r\n\r\n',
    // Two lengths for one body: what one reader takes for the body another would take for the next request.
    'POST /github/webhooks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  ];
  for (const request of requests) {
    const answer = await send(company.port(), request);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 (2|5)/, request);
  }
  const health = await fetch(`http://127.0.0.1:${company.port()}/healthz`);
  assert.equal(health.status, 200);
});

test('a request that is given up half-way is told by one line of the log, and nowhere else', async (t) => {
  const elsewhere = t.mock.method(console, 'error', () => undefined);
  const { promise: told, resolve } = Promise.withResolvers<string>();
  const log = openLog({
    write: (line) => void (line.includes('a request failed') && resolve(line)),
  });
  await using company = await startCompany({ log });
  const head = [
    'POST /github/webhooks HTTP/1.1',
    'Host: x',
    'Content-Length: 50',
    'X-GitHub-Delivery: 0b0c0d0e-0000-4000-8000-000000000000',
    'X-GitHub-Event: issue_comment',
    `X-GitHub-Hook-Installation-Target-ID: ${company.github.seeded.apps['sallyport']?.appId}`,
    `X-Hub-Signature-256: sha256=${'0'.repeat(64)}`,
  ].join('\r\n');
  const socket = connect(company.port(), '127.0.0.1', () =>
    socket.write(`${head}\r\n\r\nhalf`, () => socket.destroy()),
  );
  assert.match(await told, /"path":"\/github\/webhooks"/);
  assert.equal(elsewhere.mock.callCount(), 0);
});
