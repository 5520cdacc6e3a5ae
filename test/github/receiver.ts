// A bot that only listens, for the local GitHub's own tests, and one that does not even answer.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly payload: Record<string, unknown>;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** The status of the next answers; 202 until set. */
  answerWith(status: number): void;
  /** Keeps answers back until the returned function is called. */
  holdAnswers(): () => void;
  /** `issues.opened`, each as often as it came, sorted: GitHub promises no order. */
  heard(): string[];
  /** The payload of the last `issues.opened`, as far as a test looks at it. */
  last(name: string): unknown;
}

/** A bot that only listens. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status = 202;
  let mayAnswer = Promise.resolve();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const payload = JSON.parse(body.toString()) as Record<string, unknown>;
      received.push({ headers: request.headers, body, payload });
      void mayAnswer.then(() => response.writeHead(status).end('noted'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerWith: (next) => {
      status = next;
    },
    holdAnswers() {
      const { promise, resolve } = Promise.withResolvers<void>();
      mayAnswer = promise;
      return resolve;
    },
    heard: () => received.map(nameOf).toSorted(),
    last(name) {
      const found = received.findLast((one) => nameOf(one) === name);
      if (!found) throw new Error(`${name} did not come`);
      return found.payload;
    },
    [Symbol.asyncDispose]: () => closed(server),
  };
}

/** A receiver that takes a delivery and never answers. */
export async function startSilent(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  const close = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await close;
}

function nameOf({ headers, payload }: Received): string {
  const event = String(headers['x-github-event']);
  const { action } = payload;
  return typeof action === 'string' ? `${event}.${action}` : event;
}
