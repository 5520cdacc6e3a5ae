import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Octokit } from '@octokit/rest';
import { pino } from 'pino';
import { createApp } from '../../bot/github/app.ts';
import { openLog } from '../../bot/log.ts';
import { openBotMetrics } from '../../bot/observe/metrics.ts';

const token = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';
/** What somebody wrote on an issue: nobody who reads the log is meant to read it. */
const words = 'The ledger is off by one cent.';

interface Told {
  readonly name?: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly cause?: Told;
  readonly parts?: readonly Told[];
}

/** The line that the log writes for this error, as text and as what it says of it. */
function logged(thrown: unknown): { readonly line: string; readonly err: Told } {
  const lines: string[] = [];
  openLog({ write: (line) => void lines.push(line) }).error({ err: thrown }, 'it failed');
  const [line = ''] = lines;
  assert.equal(lines.length, 1);
  assert.equal(line.indexOf('\n'), line.length - 1, 'one line');
  return { line, err: (JSON.parse(line) as { err: Told }).err };
}

/** Where a GitHub stands that knows nobody, and repeats in its answer what it was sent. */
async function startRefusing() {
  const server = createServer((request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    const { authorization } = request.headers;
    response.end(JSON.stringify({ message: 'Bad credentials', authorization }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop };
}

/** What a real octokit throws when it writes a comment there. */
async function failedCall(baseUrl: string): Promise<Error> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const octokit = new Octokit({ auth: token, baseUrl, log: silent });
  const comment = { owner: 'acme', repo: 'access', issue_number: 7, body: words };
  const thrown: unknown = await octokit.rest.issues.createComment(comment).then(
    () => assert.fail('it was taken'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Error);
  return thrown;
}

/** Everything that hangs on an error, as a logger that knows no better would write it down. */
const carried = (error: Error): string => JSON.stringify(error);

test('a refused call to GitHub is logged by its words and status, without its token or what was written', async () => {
  await using github = await startRefusing();
  const error = await failedCall(github.url);
  assert.match(carried(error), /"authorization"/, 'the error carries the header');
  assert.ok(carried(error).includes(token) && carried(error).includes(words));
  const { line, err } = logged(error);
  const { name, message, status } = err;
  assert.deepEqual({ name, status }, { name: 'HttpError', status: 401 });
  assert.match(message, /^Bad credentials/);
  assert.match(err.stack ?? '', /^HttpError: Bad credentials/);
  for (const secret of [token, words, 'authorization']) assert.ok(!line.includes(secret), secret);
});

test('a call that reached nobody is logged with its cause down to the code of the system', async () => {
  const github = await startRefusing();
  await github.stop();
  const error = await failedCall(github.url);
  const { line, err } = logged(error);
  assert.equal(err.status, 500);
  assert.match(err.message, /ECONNREFUSED/);
  assert.equal(err.cause?.message, 'fetch failed');
  assert.equal(err.cause.cause?.code, 'ECONNREFUSED');
  for (const secret of [token, words, 'authorization']) assert.ok(!line.includes(secret), secret);
});

test('a delivery whose handlers fail is logged by what each of them said, without the delivery', async () => {
  await using github = await startRefusing();
  const refused = await failedCall(github.url);
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const thrown = await failedEvent([refused, full]);
  assert.ok(thrown instanceof AggregateError);
  assert.ok(carried(thrown).includes(words), 'the error carries the payload');
  assert.ok(
    thrown.errors.every((part: Error) => carried(part).includes(words)),
    'and so does each',
  );
  const { line, err } = logged(thrown);
  assert.deepEqual(
    err.parts?.map(({ message, code, status }) => ({ message, code, status })),
    [
      { message: refused.message, code: undefined, status: 401 },
      { message: 'database or disk is full', code: 'SQLITE_FULL', status: undefined },
    ],
  );
  for (const secret of [token, words, 'payload', 'authorization'])
    assert.ok(!line.includes(secret), secret);
});

/** What Probot rejects with when each of its handlers throws one of these. */
async function failedEvent(faults: readonly Error[]): Promise<unknown> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const settings = { apiUrl: 'http://127.0.0.1:1', appId: 7, privateKey: pem };
  const { probot } = createApp(settings, pino({ level: 'silent' }), openBotMetrics());
  await probot.load((app) => {
    for (const fault of faults) {
      app.on('issue_comment', () => {
        throw fault;
      });
    }
  });
  const payload = { action: 'created', comment: { body: words } };
  const delivery = { id: 'd-1', name: 'issue_comment', payload } as unknown;
  return probot.receive(delivery as Parameters<typeof probot.receive>[0]).then(
    () => assert.fail('it was dealt with'),
    (error: unknown) => error,
  );
}

test('an error that is logged alone is told no differently', async () => {
  await using github = await startRefusing();
  const lines: string[] = [];
  openLog({ write: (line) => void lines.push(line) }).error(await failedCall(github.url));
  const { level, time, err } = JSON.parse(lines[0] ?? '') as {
    level: number;
    time: string;
    err: Told;
  };
  assert.equal(level, 50);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(err.status, 401);
  assert.ok(!lines.join('').includes(token));
});

test('something thrown that is no error is told, and an object only as being one', () => {
  const told = (thrown: unknown): string => logged(thrown).err.message;
  assert.equal(told('the queue is gone'), 'the queue is gone');
  assert.equal(told(null), 'null');
  assert.equal(told(7n), '7');
  const { line, err } = logged({ token, words });
  assert.equal(err.message, '[object Object]');
  assert.ok(!line.includes(token) && !line.includes(words));
});
