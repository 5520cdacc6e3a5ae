// Figures of a bench: each the median over several runs with its spread, beside its peers, which were
// measured in the same runs. Keys stay the same from one version to the next; scripts read them.

export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** The medians of what it is compared with. */
  readonly peers: Readonly<Record<string, number>>;
}

export type Figures = Readonly<Record<string, Figure>>;

/** One figure from its samples and those of its peers. */
export function figure(
  unit: string,
  samples: readonly number[],
  peers: Readonly<Record<string, readonly number[]>>,
): Figure {
  return {
    value: median(samples),
    unit,
    min: round(Math.min(...samples)),
    max: round(Math.max(...samples)),
    peers: Object.fromEntries(Object.entries(peers).map(([name, all]) => [name, median(all)])),
  };
}

/** Rounded to a tenth: more digits would be noise. NaN without samples. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? Number.NaN) : upper;
  return round((lower + upper) / 2);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The figures as lines for a terminal: one a figure, its peers below it. */
export function table(figures: Figures): string[] {
  const rows: string[][] = [];
  for (const [key, { value, unit, min, max, peers }] of Object.entries(figures)) {
    rows.push([key, `${value} ${unit}`, `${min} to ${max}`]);
    for (const [name, median] of Object.entries(peers))
      rows.push([`  ${name}`, `${median} ${unit}`]);
  }
  const all = [['figure', 'median', 'min to max'], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
