// What a caller reads where a fault has struck: GitHub's own error, its words for a secondary limit, or
// the page of the proxy in front of it, which is no JSON at all.
import type { StruckBy } from './faults.ts';
import { Refusal } from './refusals.ts';

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Server Error',
  502: 'Server Error',
  503: 'Service Unavailable',
};

export function struckAnswer({ status, body, retryAfterSeconds }: StruckBy, headers: Headers) {
  if (retryAfterSeconds !== undefined) headers.set('Retry-After', String(retryAfterSeconds));
  if (body === 'html') {
    const page = `<html><head><title>Unicorn!</title></head><body><p>${reasons[status]}</p></body></html>`;
    return { status, raw: Buffer.from(page), type: 'text/html; charset=utf-8' };
  }
  const message =
    body === 'secondary'
      ? 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
      : (reasons[status] ?? '');
  return { status, body: new Refusal(status, message).body() };
}
