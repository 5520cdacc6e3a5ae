// One HTTPS request and its whole answer, as the claim needs it. Promises a verified certificate, a bounded wait,
// a bounded answer and no redirect: a redirect would carry the request to a host nobody has trusted.

import { request as httpsRequest, Agent } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import * as tls from 'node:tls';
import { Failure } from './failure.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The authorities to believe (PEM), see {@link authorities}; Node's own when left out. */
  readonly ca?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** From dialling to the last byte of the answer. */
const requestTimeoutMs = 15_000;
/** The claim's longest answer carries a token, a few relays and their certificates. */
const maxAnswerBytes = 262_144;

/** Throws a Failure when the host cannot be reached, cannot be verified, or answers without end. */
export async function send(request: HttpRequest): Promise<HttpAnswer> {
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
  try {
    return await exchange(request, agent, signal);
  } catch (error) {
    request.signal?.throwIfAborted();
    const cause = timeout.aborted ? new Error(`no answer in ${requestTimeoutMs / 1000} s`) : error;
    throw unreachable(new URL(request.url).host, cause);
  } finally {
    agent.destroy();
  }
}

function exchange(request: HttpRequest, agent: Agent, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(request.url, {
      method: request.method,
      headers: { accept: 'application/json', ...request.headers },
      agent,
      signal,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(request.ca === undefined ? {} : { ca: [...request.ca] }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      readText(incoming, maxAnswerBytes).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        reject,
      );
    });
    outgoing.end(request.body);
  });
}

/** The body as text; rejects, and drops the connection, once it is longer than `maxBytes`. */
export async function readText(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      incoming.destroy();
      throw new Error(`the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Whom to believe about a host. A host with a private authority of its own is vouched for by that one, so that no
 * public authority can speak for it; any other by the public ones. What SALLYPORT_CA names (`extraCa`) counts in both
 * cases.
 */
export function authorities(
  ownCa: string | undefined,
  extraCa: string | undefined,
): readonly string[] | undefined {
  if (ownCa !== undefined) return extraCa === undefined ? [ownCa] : [ownCa, extraCa];
  return extraCa === undefined ? undefined : [...publicAuthorities(), extraCa];
}

/** Node 22.15 and later also know what NODE_EXTRA_CA_CERTS added; Node 20 only its built-in list. */
function publicAuthorities(): readonly string[] {
  return typeof tls.getCACertificates === 'function'
    ? tls.getCACertificates('default')
    : tls.rootCertificates;
}

/** What went wrong with a connection, in a sentence, each with the step that mends it. */
export function unreachable(host: string, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new Failure('untrusted_certificate', {
      exit: 'refused',
      message: `The certificate of ${host} is for another name (${why}).`,
      next: 'Check the name; if it is right, tell whoever runs it to renew its certificate for it.',
      cause,
    });
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return new Failure('untrusted_certificate', {
      exit: 'refused',
      message: `The certificate of ${host} cannot be verified (${why}).`,
      next: 'If your organisation has its own authority, put the path of its certificate into SALLYPORT_CA.',
      cause,
    });
  }
  // OpenSSL's reason stands in the code, or only in the sentence when a write was under way (EPROTO).
  if (/alert.protocol.version|unsupported.protocol/i.test(`${code} ${why}`)) {
    return new Failure('old_tls', {
      exit: 'protocol',
      message: `${host} speaks only versions of TLS that are too old to be trusted.`,
      next: 'Tell whoever runs it: relays need TLS 1.3, and hosts at least TLS 1.2.',
      cause,
    });
  }
  return new Failure('unreachable', {
    exit: 'unavailable',
    message: `${host} cannot be reached (${sentenceFor[code] ?? why}).`,
    next: 'Check the name and your network, then run the line again.',
    cause,
  });
}

const sentenceFor: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'names cannot be looked up just now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no way to it',
  ENETUNREACH: 'no network',
};
