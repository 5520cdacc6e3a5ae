// "Did you mean": the one known word that a mistyped word is near to. Used on commands, policy keys and
// resource names; it only ever suggests, and nothing acts on a suggestion.

/** The nearest of `known` within `maxDistance` slips, or undefined. Earlier words win a tie. */
export function nearest<Word extends string>(
  word: string,
  known: Iterable<Word>,
  maxDistance = 2,
): Word | undefined {
  let best: Word | undefined;
  let bestDistance = maxDistance + 1;
  for (const candidate of known) {
    // A length apart by more than the bound cannot be near; this keeps a long word from costing anything.
    if (Math.abs(candidate.length - word.length) > maxDistance) continue;
    const distance = slips(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Letters added, left out, changed, or swapped with their neighbour, to get from `a` to `b`. */
function slips(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + changed,
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
