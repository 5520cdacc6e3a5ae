// One POST over http or https with a time limit, as the webhook sender needs it: raw bytes out,
// status, headers and the beginning of the answer back. Redirects are not followed.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How much of an answer is kept: enough to read an error, not enough to fill the memory. */
const maxAnswerBytes = 64 * 1024;

export function post(
  url: string,
  message: { headers: Record<string, string>; body: Buffer },
  options: { signal: AbortSignal; ca?: string | undefined },
): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const isTls = new URL(url).protocol === 'https:';
  const send = isTls ? httpsRequest : httpRequest;
  const request = send(url, {
    method: 'POST',
    headers: { ...message.headers, 'Content-Length': message.body.length },
    signal: options.signal,
    // A connection of its own each time: a bot that was killed must not be met on a kept socket.
    agent: false,
    ...(isTls && options.ca !== undefined && { ca: [...rootCertificates, options.ca] }),
  });
  request.once('error', reject);
  request.once('response', (response) => {
    const chunks: Buffer[] = [];
    let kept = 0;
    response.on('data', (chunk: Buffer) => {
      if (kept < maxAnswerBytes) chunks.push(chunk.subarray(0, maxAnswerBytes - kept));
      kept += chunk.length;
    });
    response.once('error', reject);
    response.once('end', () => {
      const body = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
  request.end(message.body);
  return promise;
}
