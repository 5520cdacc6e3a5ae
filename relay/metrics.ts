// What is measured, for bot and relay alike: a table of names, and a registry that is made from it. Promises that only
// what stands in the table is counted and shown, that each label has values from a list, or a bounded number of those
// that settings or GitHub name, and that measuring never throws. The text is Prometheus' exposition format 0.0.4.
// Ours and not prom-client: that one has had no release since 2024 and brings the OpenTelemetry API and two packages
// for quantiles along, into the process that enforces, for what is this one page.

/** Every value; or, where settings or GitHub name them, what they are. */
export type LabelValues = readonly string[] | { readonly named: string };

interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels?: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram, ascending, in the unit of its name. */
  readonly buckets?: readonly number[];
  readonly sentence: string;
}

export type MetricTable = Readonly<Record<string, MetricRow>>;

type NamesOf<T extends MetricTable, Y extends MetricRow['type']> = {
  [N in keyof T]: T[N]['type'] extends Y ? N : never;
}[keyof T] &
  string;

/** A list with `other` in it takes any text: what it does not know counts as that. */
type ValueOf<V> = V extends readonly (infer One)[] ? ('other' extends One ? string : One) : string;

type LabelsOf<R> = R extends { readonly labels: infer L }
  ? { readonly [K in keyof L]: ValueOf<L[K]> }
  : Readonly<Record<string, never>>;

export interface Metrics<T extends MetricTable> {
  add<N extends NamesOf<T, 'counter'>>(name: N, labels: LabelsOf<T[N]>, by?: number): void;
  /** A counter is set where something else counts already. */
  set<N extends NamesOf<T, 'gauge' | 'counter'>>(
    name: N,
    labels: LabelsOf<T[N]>,
    value: number,
  ): void;
  observe<N extends NamesOf<T, 'histogram'>>(name: N, labels: LabelsOf<T[N]>, value: number): void;
  /** As Prometheus scrapes it. */
  text(): string;
}

/** As `Content-Type` of the text. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Values of a label that no list bounds; more of them count as `other`. */
export const maxNamedValues = 100;

export function openMetrics<T extends MetricTable>(table: T): Metrics<T> {
  const families = new Map(Object.entries(table).map(([name, row]) => [name, openFamily(row)]));
  const family = (name: string): Family => families.get(name) as Family;
  return {
    add(name, labels, by = 1) {
      family(name).series(labels).value += by;
    },
    set(name, labels, value) {
      family(name).series(labels).value = value;
    },
    observe(name, labels, value) {
      const { buckets = [] } = table[name] ?? {};
      const series = family(name).series(labels);
      series.value += value;
      series.count += 1;
      for (const [index, bound] of buckets.entries()) {
        if (value <= bound) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
      }
    },
    text: () =>
      Object.entries(table)
        .map(([name, row]) => familyText(name, row, family(name)))
        .join('\n'),
  };
}

interface Series {
  readonly labels: readonly (readonly [string, string])[];
  /** Of a histogram, the sum. */
  value: number;
  /** Of a histogram: how often, and how often at or below each bound. */
  count: number;
  readonly buckets: number[];
}

interface Family {
  series(labels: Readonly<Record<string, string>>): Series;
  all(): readonly Series[];
}

function openFamily({ labels = {}, buckets = [] }: MetricRow): Family {
  const known = new Map<string, Series>();
  const named = new Map<string, Set<string>>();

  function series(given: Readonly<Record<string, string>>): Series {
    const found = Object.entries(labels).map(
      ([label, values]) => [label, valueOf(label, values, given[label] ?? '')] as const,
    );
    const key = JSON.stringify(found);
    const before = known.get(key);
    if (before) return before;
    const made = { labels: found, value: 0, count: 0, buckets: buckets.map(() => 0) };
    known.set(key, made);
    return made;
  }

  function valueOf(label: string, values: LabelValues, value: string): string {
    if (isList(values)) return values.includes(value) ? value : 'other';
    const seen = named.get(label) ?? new Set();
    named.set(label, seen);
    if (seen.size < maxNamedValues) seen.add(value);
    return seen.has(value) ? value : 'other';
  }

  // What has not happened yet is shown as zero: a rate over a series that begins with one misses the first.
  if (buckets.length === 0 || Object.keys(labels).length === 0) {
    for (const combination of combinations(labels)) series(combination);
  }
  return { series, all: () => [...known.values()] };
}

/** Every combination of labels that have lists; none when one of them has not. */
function combinations(
  labels: Readonly<Record<string, LabelValues>>,
): Readonly<Record<string, string>>[] {
  return Object.entries(labels).reduce<Readonly<Record<string, string>>[]>(
    (before, [label, values]) =>
      before.flatMap((each) =>
        isList(values) ? values.map((value) => Object.assign({}, each, { [label]: value })) : [],
      ),
    [{}],
  );
}

function isList(values: LabelValues): values is readonly string[] {
  return Array.isArray(values);
}

function familyText(name: string, row: MetricRow, family: Family): string {
  const head = [`# HELP ${name} ${escapeHelp(row.sentence)}`, `# TYPE ${name} ${row.type}`];
  const lines = family.all().flatMap((series) => linesOf(name, row, series));
  return `${[...head, ...lines].join('\n')}\n`;
}

function linesOf(name: string, { type, buckets = [] }: MetricRow, series: Series): string[] {
  const { labels, value, count } = series;
  const line = (suffix: string, figure: number, more: typeof labels = []) =>
    `${name}${suffix}${braces([...labels, ...more])} ${number(figure)}`;
  if (type !== 'histogram') return [line('', value)];
  return [
    ...buckets.map((bound, index) =>
      line('_bucket', series.buckets[index] ?? 0, [['le', number(bound)]]),
    ),
    line('_bucket', count, [['le', '+Inf']]),
    line('_sum', value),
    line('_count', count),
  ];
}

function braces(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return '';
  return `{${labels.map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
