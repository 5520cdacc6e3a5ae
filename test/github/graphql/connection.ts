// A list in GraphQL's form (the Relay cursor connections specification), with GitHub's rule that
// whoever asks says how many they want, a hundred at most.
import { FieldError } from './field-error.ts';

export interface Slice {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

const maxPerPage = 100;

export function connectionOf(name: string, items: readonly object[], slice: Slice): object {
  const { first = null, last = null, after = null, before = null } = slice;
  requireBoundary(name, { first, last });
  let begin = after === null ? 0 : indexOf(after) + 1;
  let end = before === null ? items.length : indexOf(before);
  if (first !== null) end = Math.min(end, begin + first);
  if (last !== null) begin = Math.max(begin, end - last);
  const edges = items
    .slice(begin, end)
    .map((node, index) => ({ node, cursor: cursorOf(begin + index) }));
  return {
    totalCount: items.length,
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: begin > 0,
      hasNextPage: end < items.length,
    },
  };
}

function requireBoundary(name: string, asked: { first: number | null; last: number | null }): void {
  if (asked.first === null && asked.last === null) {
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`;
    throw new FieldError('MISSING_PAGINATION_BOUNDARIES', message);
  }
  for (const [word, count] of Object.entries(asked)) {
    if (count === null || (count >= 0 && count <= maxPerPage)) continue;
    const message = `Requesting ${count} records on the \`${name}\` connection exceeds the \`${word}\` limit of ${maxPerPage} records.`;
    throw new FieldError('EXCESSIVE_PAGINATION', message);
  }
}

function cursorOf(index: number): string {
  return Buffer.from(`cursor:v2:${index}`).toString('base64');
}

function indexOf(cursor: string): number {
  const index = /^cursor:v2:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  if (index !== undefined) return Number(index);
  throw new FieldError(
    'INVALID_CURSOR_ARGUMENTS',
    `\`${cursor}\` does not appear to be a valid cursor.`,
  );
}
