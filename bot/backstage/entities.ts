// Reads from a running Backstage, over its catalog API, every entity that access may depend on. All of it or nothing:
// a page that fails, is too large or is no page fails the reading. Plain `fetch`: one endpoint is asked, and the
// `@backstage/catalog-client` that asks it brings 28 packages along. It believes nothing of what it read but its shape.

import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import type { SourceEntities } from '../catalog/source.ts';

export interface Backstage {
  /** Where its backend is, without a slash at the end: `https://backstage.acme.dev`. */
  readonly url: string;
  /** Asked for before every call; the calls of one reading may take longer than a token lives. */
  token(): string | Promise<string>;
}

export interface ReadingLimits {
  /** Entities a call asks for. */
  readonly pageEntities: number;
  /** Pages of one reading at most. */
  readonly maxPages: number;
  /** All pages of a reading together, unpacked: a catalog that is larger is a mistake or an attack. */
  readonly maxBytes: number;
  readonly callMs: number;
  readonly readingMs: number;
}

/** 100,000 users take about 60 MB in 200 pages. */
export const readingLimits: ReadingLimits = {
  pageEntities: 500,
  maxPages: 1000,
  maxBytes: 134_217_728,
  callMs: 8000,
  readingMs: 60_000,
};

/** Whether it can be connected to is asked there, so that the many other entities never travel. */
const target = 'metadata.annotations.sallyport.dev/target';
const filters = [
  'kind=user',
  'kind=group',
  ...['resource', 'component', 'api'].map((kind) => `kind=${kind},${target}`),
];
const fields = [
  'apiVersion',
  'kind',
  ...['name', 'namespace', 'title', 'annotations'].map((key) => `metadata.${key}`),
  ...['type', 'owner', 'memberOf', 'parent', 'children', 'members'].map((key) => `spec.${key}`),
];

const pageShape = z.object({
  items: z.array(z.unknown()),
  totalItems: z.int().min(0),
  // It carries the whole query, and goes into the address of the next call.
  pageInfo: z.object({ nextCursor: z.string().min(1).max(8192).optional() }),
});
type Page = z.infer<typeof pageShape>;

/** Reads them once. Rejects with a sentence for the operator when it cannot have all of them. */
export async function readBackstage(
  backstage: Backstage,
  limits: ReadingLimits = readingLimits,
): Promise<SourceEntities> {
  const reading = {
    hash: createHash('sha256'),
    bytes: 0,
    signal: AbortSignal.timeout(limits.readingMs),
  };
  const entities: unknown[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < limits.maxPages; pages += 1) {
    const page = await readPage({ backstage, limits, reading }, cursor);
    for (const item of page.items) entities.push(item);
    cursor = page.pageInfo.nextCursor;
    if (cursor === undefined) return whole(entities, page.totalItems, reading.hash);
  }
  throw new Error(`its catalog has more than ${limits.maxPages} pages`);
}

interface Reading {
  readonly backstage: Backstage;
  readonly limits: ReadingLimits;
  readonly reading: { readonly hash: Hash; bytes: number; readonly signal: AbortSignal };
}

/**
 * Pages are ordered by an id that an entity keeps, so that what exists throughout a reading is read exactly once.
 * Fewer than were counted at its start means that something went away meanwhile, or was lost on the way here.
 */
function whole(entities: readonly unknown[], counted: number, hash: Hash): SourceEntities {
  if (entities.length < counted) {
    throw new Error(`it counted ${counted} entities and gave ${entities.length}`);
  }
  // Without the permission Backstage answers 200 and shows nothing.
  if (entities.length === 0) {
    throw new Error('it shows no entity at all; give the token the permission catalog.entity.read');
  }
  return { entities, revision: `sha-256:${hash.digest('base64url')}` };
}

async function readPage({ backstage, limits, reading }: Reading, cursor?: string): Promise<Page> {
  const query = new URLSearchParams({ limit: String(limits.pageEntities), fields: fields.join() });
  if (cursor !== undefined) query.set('cursor', cursor);
  else for (const filter of filters) query.append('filter', filter);
  const call = AbortSignal.any([AbortSignal.timeout(limits.callMs), reading.signal]);
  try {
    const response = await fetch(
      `${backstage.url}/api/catalog/entities/by-query?${query.toString()}`,
      {
        headers: { authorization: `Bearer ${await backstage.token()}`, accept: 'application/json' },
        // The token is for this address and no other.
        redirect: 'error',
        signal: call,
      },
    );
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(refusalOf(response.status));
    }
    const text = await readText(response, { limits, reading });
    const page = pageShape.safeParse(parseJson(text));
    if (page.success) return page.data;
  } catch (error) {
    throw new Error(sentenceOf(error, limits), { cause: error });
  }
  throw new Error('it answered something else than a page of entities');
}

/** Unpacked text is counted: a small answer may unfold into one that fills the memory. */
async function readText(
  response: Response,
  { limits, reading }: Pick<Reading, 'limits' | 'reading'>,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    reading.bytes += chunk.byteLength;
    if (reading.bytes > limits.maxBytes) {
      throw new Error(`its catalog is larger than ${limits.maxBytes} bytes`);
    }
    reading.hash.update(chunk);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf(status: number): string {
  if (status === 401) {
    return 'it does not accept the token (401); look at backend.auth.externalAccess there';
  }
  if (status === 403) {
    return 'it does not let the token read the catalog (403); look at accessRestrictions there';
  }
  return `it answered ${status}`;
}

function sentenceOf(error: unknown, { callMs, readingMs }: ReadingLimits): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') {
    return `it took longer than ${callMs} ms to answer, or ${readingMs} ms for all of it`;
  }
  // `fetch failed` says nothing; what failed is the cause.
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
