// The local GitHub as a process of its own, and what people do on it: open an issue, comment, watch the
// thread. Acting goes through the REST routes with that person's own token; watching waits on the
// changes that the local GitHub announces, and never polls.
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Seeded } from '../github/seed.ts';
import type { ThreadView } from '../github/threads.ts';
import { startProcess, type Line, type RunningProcess } from '../support/processes.ts';
import { home } from './seed.ts';

export interface GitHub extends AsyncDisposable {
  readonly url: string;
  readonly apiUrl: string;
  readonly seeded: Seeded;
  readonly process: RunningProcess;
  openIssue(login: string, issue: { title: string; body: string }): Promise<{ number: number }>;
  /** Comments on an issue of the access repository and gives the comment's id. */
  comment(login: string, issue: number, body: string): Promise<number>;
  /** The text of a file on a repository's default branch, as that person sees it. */
  file(login: string, repository: string, path: string): Promise<string>;
  /** Puts another text in the place of a file that is there. */
  replaceFile(
    login: string,
    file: { repository: string; path: string; text: string },
  ): Promise<void>;
  thread(issue: number): Promise<ThreadView>;
  /** What `find` makes of the first thread, now or after a change, that it makes something of. */
  until<T>(
    issue: number,
    find: (thread: ThreadView) => T | undefined,
    withinMs?: number,
  ): Promise<T>;
  /** Called with the issue's number after every change of it. Returns how to stop. */
  onChange(listener: (issue: number) => void): () => void;
  /** Calls the bot made to routes that this GitHub does not have. */
  unhandled(): Promise<string[]>;
}

export interface GitHubStart {
  readonly seedFile: string;
  readonly port: number;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly repository: string;
  readonly onLine?: (line: Line) => void;
}

/** Starts the process and watches it. The authority has to be trusted by this process already. */
export async function startGitHub(start: GitHubStart): Promise<GitHub> {
  const running = await startProcess({
    name: 'the local GitHub',
    command: process.execPath,
    args: [`${home}test/github/main.ts`, ...optionsOf(start)],
    ...(start.onLine ? { onLine: start.onLine } : {}),
  });
  const ready = await running.line(readReady);
  const call = caller(ready);
  const changes = await watch(call, ready.seeded.controlToken);
  const issues = `/repos/${start.repository}/issues`;
  const readThread = (issue: number): Promise<ThreadView> =>
    control(call, ready, `/_local/threads/${start.repository}/${issue}`);

  return {
    ...ready,
    process: running,
    openIssue: (login, issue) =>
      asPerson(call, ready, { login, method: 'POST', path: issues, body: issue }),
    async comment(login, issue, body) {
      const path = `${issues}/${issue}/comments`;
      const made = { login, method: 'POST', path, body: { body } };
      return (await asPerson<{ id: number }>(call, ready, made)).id;
    },
    async file(login, repository, path) {
      const where = `/repos/${repository}/contents/${path}`;
      const got = { login, method: 'GET', path: where };
      const { content } = await asPerson<{ content: string }>(call, ready, got);
      return Buffer.from(content, 'base64').toString();
    },
    async replaceFile(login, { repository, path: file, text }) {
      const path = `/repos/${repository}/contents/${file}`;
      const { sha } = await asPerson<{ sha: string }>(call, ready, { login, method: 'GET', path });
      const body = {
        message: `Change ${file}`,
        content: Buffer.from(text).toString('base64'),
        sha,
      };
      await asPerson(call, ready, { login, method: 'PUT', path, body });
    },
    thread: readThread,
    until: (issue, find, withinMs = 15_000) =>
      untilFound({ changes, read: () => readThread(issue), find, withinMs }),
    onChange(listener) {
      const hear = (change: Announced): void => {
        if (change.issue !== undefined && change.repository === start.repository)
          listener(change.issue);
      };
      changes.news.on('change', hear);
      return () => void changes.news.off('change', hear);
    },
    unhandled: () => control(call, ready, '/_local/unhandled'),
    async [Symbol.asyncDispose]() {
      changes.stop();
      await running.stop();
    },
  };
}

function optionsOf(start: GitHubStart): string[] {
  return [
    `--seed=${start.seedFile}`,
    `--port=${start.port}`,
    `--tls-cert=${start.certFile}`,
    `--tls-key=${start.keyFile}`,
    `--ca=${start.caFile}`,
  ];
}

interface Ready {
  readonly url: string;
  readonly apiUrl: string;
  readonly seeded: Seeded;
}

function readReady(text: string): Ready | undefined {
  if (!text.startsWith('{"ready":true')) return undefined;
  const { url, apiUrl, ...seeded } = JSON.parse(text) as Ready & Seeded;
  return { url, apiUrl, seeded };
}

type Call = (path: string, init: RequestInit & { token: string }) => Promise<Response>;

function caller({ url }: Ready): Call {
  return async (path, { token, ...init }) => {
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'a person' };
    const response = await fetch(url + path, { ...init, headers });
    if (response.ok) return response;
    throw new Error(`GitHub answered ${response.status} to ${path}: ${await response.text()}`);
  };
}

async function asPerson<T>(
  call: Call,
  { apiUrl, url, seeded }: Ready,
  { login, method, path, body }: { login: string; method: string; path: string; body?: object },
): Promise<T> {
  const token = seeded.tokens[login];
  if (token === undefined) throw new Error(`GitHub knows nobody called ${login}`);
  const sent = body ? { body: JSON.stringify(body) } : {};
  const response = await call(apiUrl.slice(url.length) + path, { method, token, ...sent });
  return (await response.json()) as T;
}

async function control<T>(call: Call, { seeded }: Ready, path: string): Promise<T> {
  return (await (await call(path, { token: seeded.controlToken })).json()) as T;
}

interface Announced {
  readonly what: string;
  readonly repository?: string;
  readonly issue?: number;
}

interface Changes {
  readonly news: EventEmitter<{ change: [Announced] }>;
  stop(): void;
}

// Server-sent events: a line `data: …` for each change, and a comment line once we are heard.
async function watch(call: Call, token: string): Promise<Changes> {
  const abort = new AbortController();
  const news = new EventEmitter<{ change: [Announced] }>();
  news.setMaxListeners(0);
  const { body } = await call('/_local/changes', { token, signal: abort.signal });
  if (!body) throw new Error('GitHub announces no changes');
  const stream = Readable.fromWeb(body);
  const lines = createInterface({ input: stream });
  lines.on('error', () => undefined); // it ends with the process, or with us
  lines.on('line', (line) => {
    if (line.startsWith('data: ')) news.emit('change', JSON.parse(line.slice(6)) as Announced);
  });
  await once(lines, 'line');
  return { news, stop: () => abort.abort() };
}

async function untilFound<T>(wait: {
  changes: Changes;
  read: () => Promise<ThreadView>;
  find: (thread: ThreadView) => T | undefined;
  withinMs: number;
}): Promise<T> {
  const deadline = AbortSignal.timeout(wait.withinMs);
  for (;;) {
    // Asked for before reading: a change between the two would otherwise be missed.
    const change = once(wait.changes.news, 'change', { signal: deadline });
    change.catch(() => undefined);
    const view = await wait.read();
    const found = wait.find(view);
    if (found !== undefined) return found;
    await change.catch(() => {
      throw new Error(`Within ${wait.withinMs} ms the thread stayed at:\n${describe(view)}`);
    });
  }
}

function describe({ comments }: ThreadView): string {
  return comments.map(({ author, body }) => `— ${author}\n${body}`).join('\n');
}
