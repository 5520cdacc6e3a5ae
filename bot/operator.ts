// How the operator's commands reach the running bot: a Unix socket in its data folder (a named pipe on Windows) that
// only the bot's own user can open. One JSON line in, one JSON line out, then it closes. Whoever can open it is the
// operator: there is no other sign-in, and nothing here is reachable over a network.

import { createHash } from 'node:crypto';
import { chmod, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StartFault } from './start-fault.ts';

const operatorCommand = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('revoke'),
    grant: z.string().max(64),
    reason: z.string().max(500),
  }),
  z.strictObject({ command: z.literal('grants') }),
]);
export type OperatorCommand = z.infer<typeof operatorCommand>;
type CommandName = OperatorCommand['command'];

const liveGrant = z.object({
  id: z.string(),
  grantee: z.string(),
  resource: z.string(),
  role: z.string(),
  /** ISO 8601 in UTC: when it ends; where nobody has claimed it, by when it has to be. */
  until: z.string(),
  isClaimed: z.boolean(),
  /** Sessions that are open, as far as the relays have said. */
  sessions: z.number(),
  issue: z.string(),
});
export type LiveGrant = z.infer<typeof liveGrant>;

const undone = [
  z.object({ kind: z.literal('not-understood') }),
  z.object({ kind: z.literal('failed') }),
] as const;

const answerSchemas = {
  revoke: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('revoked'),
      confirmed: z.array(z.object({ relay: z.string(), sessions: z.number(), ms: z.number() })),
      unconfirmed: z.array(z.string()),
    }),
    z.object({ kind: z.literal('unknown-grant') }),
    z.object({ kind: z.literal('already-ended'), state: z.string() }),
    ...undone,
  ]),
  grants: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('grants'), grants: z.array(liveGrant), more: z.number() }),
    ...undone,
  ]),
};
/**
 * To `revoke`, `confirmed`: what each relay cut and after how many milliseconds it said so; `unconfirmed`: relays that did
 * not. To `grants`, `more`: how many there are beside these.
 */
export type AnswerTo<Name extends CommandName> = z.infer<(typeof answerSchemas)[Name]>;
export type OperatorAnswer = AnswerTo<CommandName>;
const answers: { readonly [Name in CommandName]: z.ZodType<AnswerTo<Name>> } = answerSchemas;

export interface OperatorDeps {
  readonly dataFolder: string;
  /** Carries the command out. What it throws is answered as `failed` and passed to `report`. */
  perform(command: OperatorCommand): Promise<OperatorAnswer>;
  report(error: unknown): void;
}

/** A command is one short line; whatever sends more, or takes longer, is not our command line. */
const maxCommandChars = 4096;
/** The bot may answer with a list. */
const maxAnswerChars = 4_194_304;
const answerTimeoutMs = 10_000;
/** What Linux leaves for a socket's path (`sun_path`) without its closing zero; other systems leave less. */
const maxSocketPathBytes = process.platform === 'linux' ? 107 : 103;

/** Another bot serves this data folder, or the socket cannot be made. */
export class OperatorError extends StartFault {
  readonly code = 'operator_socket';
}

/**
 * Listens until closed. Throws OperatorError when another bot runs on the same data folder, or no socket can be made.
 */
export async function openOperator(deps: OperatorDeps): Promise<{ close(): Promise<void> }> {
  const address = operatorAddress(deps.dataFolder);
  const isPipe = process.platform === 'win32';
  if (!isPipe && Buffer.byteLength(address) > maxSocketPathBytes) {
    throw new OperatorError([`${address} is too long for a socket. Choose a shorter data folder.`]);
  }
  if (!isPipe) await removeStale(address);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    serve(socket, deps);
  });
  await listenPrivately(server, address);
  if (!isPipe) await chmod(address, 0o600);
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export type OperatorReply<Name extends CommandName> =
  | { readonly kind: 'answered'; readonly answer: AnswerTo<Name> }
  | { readonly kind: 'no-bot'; readonly address: string }
  | { readonly kind: 'broken'; readonly detail: string };

/** Sends one command to the bot that runs on this data folder. Never throws. */
export async function askOperator<Name extends CommandName>(
  dataFolder: string,
  command: OperatorCommand & { readonly command: Name },
): Promise<OperatorReply<Name>> {
  const address = operatorAddress(dataFolder);
  const socket = connect(address);
  socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error('The bot did not answer.')));
  try {
    socket.write(`${JSON.stringify(command)}\n`);
    const line = await readLine(socket, maxAnswerChars);
    if (line === '') return { kind: 'broken', detail: 'The bot hung up without an answer.' };
    const parsed = answers[command.command].safeParse(parseJson(line));
    if (parsed.success) return { kind: 'answered', answer: parsed.data };
    return { kind: 'broken', detail: 'The bot answered in a way that this version does not know.' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const nobody = code === 'ENOENT' || code === 'ECONNREFUSED';
    return nobody ? { kind: 'no-bot', address } : { kind: 'broken', detail: message };
  } finally {
    socket.destroy();
  }
}

/** Where the running bot of a data folder listens. */
function operatorAddress(dataFolder: string): string {
  const folder = resolve(dataFolder);
  if (process.platform !== 'win32') return join(folder, 'operator.sock');
  const name = createHash('sha256').update(folder.toLowerCase()).digest('hex').slice(0, 32);
  return `\\\\.\\pipe\\sallyport-${name}`;
}

function serve(socket: Socket, deps: OperatorDeps): void {
  socket.setTimeout(answerTimeoutMs, () => socket.destroy());
  // The command line may be interrupted at any moment; its command has been carried out or was never read.
  socket.on('error', () => socket.destroy());
  readLine(socket, maxCommandChars)
    .then(async (line) => {
      // Another start, or a restore, only looked whether somebody is here.
      if (line === '') {
        socket.destroy();
        return;
      }
      const command = operatorCommand.safeParse(parseJson(line));
      const answer: OperatorAnswer = command.success
        ? await deps.perform(command.data)
        : { kind: 'not-understood' };
      socket.end(`${JSON.stringify(answer)}\n`);
    })
    .catch((error: unknown) => {
      deps.report(error);
      if (!socket.destroyed) socket.end(`${JSON.stringify({ kind: 'failed' })}\n`);
    });
}

/** A line without its end; empty when the other side hung up without a word. */
async function readLine(socket: Socket, maxChars: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
    if (text.length > maxChars) break;
  }
  if (text === '') return '';
  throw new Error('The other side sent no whole line.');
}

// A socket file that nobody answers on was left by a crash; one that somebody answers on belongs to a running bot, and
// two bots on one database would each believe that they decide.
async function removeStale(address: string): Promise<void> {
  const state = await new Promise<string>((done) => {
    const probe = connect(address);
    probe.once('connect', () => done('alive')).once('error', (error) => done(codeOf(error)));
    probe.once('connect', () => probe.destroy());
  });
  if (state === 'ENOENT') return;
  if (state !== 'ECONNREFUSED') {
    throw new OperatorError([
      state === 'alive'
        ? `A bot is running on this data folder already (${address}). Stop it first.`
        : `${address} cannot be used (${state}). Remove it, or choose another data folder.`,
    ]);
  }
  await unlink(address);
}

// The mask is set around the call that makes the file, so that it is never open to others, not even for a moment.
async function listenPrivately(server: Server, address: string): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  const mask = process.umask(0o177);
  try {
    server.listen(address, listening.resolve);
  } finally {
    process.umask(mask);
  }
  await listening.promise;
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
