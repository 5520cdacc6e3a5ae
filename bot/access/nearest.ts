// "Did you mean": the one known word that a mistyped word is near to. Used on commands, policy keys and
// resource names; it only ever suggests, and nothing acts on a suggestion.

/** Words that are further apart are not near. */
export const maxSlips = 2;

/** The nearest of `known` within `maxDistance` slips, or undefined. Earlier words win a tie. */
export function nearest<Word extends string>(
  word: string,
  known: Iterable<Word>,
  maxDistance = maxSlips,
): Word | undefined {
  let best: Word | undefined;
  let bestDistance = maxDistance + 1;
  for (const candidate of known) {
    // A length apart by more than the bound cannot be near; this keeps a long word from costing anything.
    if (Math.abs(candidate.length - word.length) > maxDistance) continue;
    const distance = slips(...withoutStart(word, candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Without what both begin with. */
function withoutStart(a: string, b: string): [string, string] {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return [a.slice(length), b.slice(length)];
}

/**
 * Letters added, left out, changed, or swapped with their neighbour, to get from `a` to `b`; Infinity where they are
 * `enough` or more. What is only reached by so many is not looked at: a large catalog has long words that begin alike.
 */
function slips(a: string, b: string, enough: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  let leastOfLast = 0;
  for (let row = 1; row <= a.length; row += 1) {
    const current = row < enough ? [row] : [];
    let least = at(current, 0);
    const end = Math.min(b.length, row + enough);
    for (let column = Math.max(1, row - enough); column <= end; column += 1) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const slipped = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + changed,
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
      current[column] = slipped;
      least = Math.min(least, slipped);
    }
    // A swap goes on from the row before the last.
    if (Math.min(least, leastOfLast) >= enough) return Infinity;
    [beforeLast, last, leastOfLast] = [last, current, least];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
