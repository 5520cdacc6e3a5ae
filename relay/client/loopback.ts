// The small web server on 127.0.0.1 that the browser comes back to (RFC 8252 §7.3). It takes one answer, to one path,
// with the right state, and shows a fixed page: nothing of what it was sent is ever shown or kept.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  readonly redirectUri: string;
  /** Resolves with the parameters of the first request that carries the state; rejects when `signal` is aborted. */
  answer(signal: AbortSignal): Promise<URLSearchParams>;
  close(): void;
}

export async function openLoopback(state: string): Promise<Loopback> {
  let heard: (parameters: URLSearchParams) => void;
  const first = new Promise<URLSearchParams>((resolve) => (heard = resolve));
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    const parameters = readCallback(request, host, state);
    show(response, parameters);
    if (parameters !== undefined) heard(parameters);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    redirectUri: `http://${host}/callback`,
    async answer(signal) {
      signal.throwIfAborted();
      const aborted = once(signal, 'abort').then(() => signal.throwIfAborted());
      await Promise.race([first, aborted]);
      return first;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Any page in the browser, and any program here, can send requests to this port. Without the state, which only the
 * host and we know, they are answered and forgotten; they cannot end the waiting either. A Host header that is not
 * ours is a name that was bent to 127.0.0.1.
 */
function readCallback(
  request: IncomingMessage,
  host: string,
  state: string,
): URLSearchParams | undefined {
  if (request.method !== 'GET' || request.headers.host !== host) return undefined;
  const path = request.url ?? '';
  if (!URL.canParse(path, `http://${host}`)) return undefined;
  const url = new URL(path, `http://${host}`);
  if (url.pathname !== '/callback') return undefined;
  const states = url.searchParams.getAll('state');
  return states.length === 1 && states[0] === state ? url.searchParams : undefined;
}

function show(response: ServerResponse, parameters: URLSearchParams | undefined): void {
  const [status, title, text] =
    parameters === undefined
      ? ([404, 'Nothing here', 'This page belongs to a sign-in of Sallyport.'] as const)
      : parameters.has('code')
        ? ([
            200,
            'You are signed in',
            'You can close this tab and go back to your terminal.',
          ] as const)
        : ([200, 'Not signed in', 'You can close this tab: your terminal says why.'] as const);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(page(title, text));
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Sallyport</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:20vh auto;padding:0 1rem}h1{font-size:1.5rem}</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`;
}
