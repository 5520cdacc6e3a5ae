// Lists in pages, with the Link header (RFC 8288) that clients follow to the next one.
import type { Call } from './call.ts';

const defaultPerPage = 30;
const maxPerPage = 100;

/** The asked-for page of these items; sets `Link` on the answer when there are more. */
export function pageOf<T>(call: Call, items: readonly T[]): T[] {
  const perPage = perPageOf(call);
  const page = positive(call.url.searchParams.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const links: [string, number][] = [];
  if (page > 1) links.push(['prev', page - 1]);
  if (page < last) links.push(['next', page + 1], ['last', last]);
  if (page > 1) links.push(['first', 1]);
  setLinks(
    call,
    links.map(([rel, value]) => ({ rel, name: 'page', value: String(value) })),
  );
  return items.slice((page - 1) * perPage, page * perPage);
}

export function perPageOf(call: Call): number {
  return Math.min(positive(call.url.searchParams.get('per_page')) ?? defaultPerPage, maxPerPage);
}

export function setLinks(
  call: Call,
  links: readonly { rel: string; name: string; value: string }[],
): void {
  if (links.length === 0) return;
  const text = links.map(({ rel, name, value }) => {
    const url = new URL(call.url.pathname + call.url.search, call.instance.origin());
    url.searchParams.set(name, value);
    return `<${url.href}>; rel="${rel}"`;
  });
  call.headers.set('Link', text.join(', '));
}

function positive(text: string | null): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
