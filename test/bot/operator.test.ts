import assert from 'node:assert/strict';
import { rename, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import {
  askOperator,
  openOperator,
  OperatorError,
  type OperatorAnswer,
  type OperatorCommand,
} from '../../bot/operator.ts';
import { createTemporaryFolder } from '../support/folders.ts';

const revoke: OperatorCommand = { command: 'revoke', grant: 'g_x', reason: 'left the company' };
const revoked: OperatorAnswer = {
  kind: 'revoked',
  confirmed: [{ relay: 'eu-1', sessions: 2, ms: 12 }],
  unconfirmed: ['us-1'],
};

async function dataFolder(t: TestContext): Promise<string> {
  const folder = await createTemporaryFolder('operator');
  t.after(() => folder.remove());
  return folder.path;
}

async function running(t: TestContext, perform: (c: OperatorCommand) => Promise<OperatorAnswer>) {
  const folder = await dataFolder(t);
  const errors: unknown[] = [];
  const operator = await openOperator({
    dataFolder: folder,
    perform,
    report: (error) => errors.push(error),
  });
  t.after(() => operator.close());
  return { folder, errors };
}

test("the operator's command reaches the running bot and its answer comes back", async (t) => {
  const seen: OperatorCommand[] = [];
  const { folder } = await running(t, async (command) => {
    seen.push(command);
    return revoked;
  });
  assert.deepEqual(await askOperator(folder, revoke), { kind: 'answered', answer: revoked });
  assert.deepEqual(seen, [revoke]);
});

test('without a running bot there is nobody to ask', async (t) => {
  const folder = await dataFolder(t);
  assert.deepEqual(await askOperator(folder, revoke), {
    kind: 'no-bot',
    address: join(folder, 'operator.sock'),
  });
});

test("only the bot's own user can open the socket", async (t) => {
  const { folder } = await running(t, async () => revoked);
  assert.equal((await stat(join(folder, 'operator.sock'))).mode & 0o777, 0o600);
});

test('a second bot on the same data folder does not start', async (t) => {
  const { folder, errors } = await running(t, async () => revoked);
  const second = openOperator({ dataFolder: folder, perform: async () => revoked, report() {} });
  await assert.rejects(second, OperatorError);
  assert.equal((await askOperator(folder, revoke)).kind, 'answered');
  assert.deepEqual(errors, [], 'and that it was looked for is no fault of the first');
});

test('a socket that a crash left behind does not stop the next start', async (t) => {
  const folder = await dataFolder(t);
  const left = createServer().listen(join(folder, 'operator.sock'));
  await new Promise((done) => left.once('listening', done));
  // What is left after SIGKILL: the file, and nobody behind it.
  await keepFileWhileClosing(join(folder, 'operator.sock'), left);
  const operator = await openOperator({
    dataFolder: folder,
    perform: async () => revoked,
    report() {},
  });
  t.after(() => operator.close());
  assert.equal((await askOperator(folder, revoke)).kind, 'answered');
});

for (const line of ['not json', '{"command":"stop"}', '{"command":"revoke","grant":"g_x"}', '{}']) {
  test(`a command that the bot does not know does nothing: ${line}`, async (t) => {
    let performed = 0;
    const { folder } = await running(t, async () => {
      performed += 1;
      return revoked;
    });
    const socket = connect(join(folder, 'operator.sock'));
    socket.write(`${line}\n`);
    assert.deepEqual(JSON.parse(await text(socket)), { kind: 'not-understood' });
    assert.equal(performed, 0);
  });
}

test('a command that fails inside the bot is answered as failed, and the error is reported', async (t) => {
  const { folder, errors } = await running(t, async () => {
    throw new Error('the store is gone');
  });
  const reply = await askOperator(folder, revoke);
  assert.deepEqual(reply, { kind: 'answered', answer: { kind: 'failed' } });
  assert.equal(errors.length, 1);
});

async function keepFileWhileClosing(path: string, server: ReturnType<typeof createServer>) {
  await rename(path, `${path}.kept`);
  await new Promise((done) => server.close(done));
  await rename(`${path}.kept`, path);
}
