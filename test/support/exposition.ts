// Reads Prometheus' exposition format 0.0.4 as strictly as its documentation is written, so that a text that Prometheus
// would not take is a fault here.

import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Exposition {
  readonly families: ReadonlyMap<string, Family>;
  /** The sum of the samples of this name with these labels; 0 when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

export async function scrape(port: number): Promise<Exposition> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return readExposition(await response.text());
}

export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line has to end');
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  let family: { name: string; type: string; help: string; samples: Sample[] } | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const help = /^# HELP ([a-z_]+) (.+)$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (help) {
      const [, name = '', words = ''] = help;
      assert.ok(!families.has(name), `${name} comes twice`);
      family = { name, type: '', help: words, samples: [] };
      families.set(name, family);
    } else if (type) {
      assert.equal(type[1], family?.name, line);
      if (family) family.type = type[2] ?? '';
    } else {
      const sample = readSample(line);
      assert.ok(family && isOf(family, sample.name), `${line} stands under ${family?.name}`);
      const twin = family.samples.find((each) => isSame(each, sample));
      assert.equal(twin, undefined, `${line} comes twice`);
      family.samples.push(sample);
    }
  }
  const all = [...families.values()].flatMap(({ samples }) => samples);
  return {
    families,
    value: (name, labels = {}) =>
      all
        .filter((sample) => sample.name === name)
        .filter((sample) =>
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
        )
        .reduce((sum, { value }) => sum + value, 0),
  };
}

function isOf({ name, type }: { name: string; type: string }, sample: string): boolean {
  if (type !== 'histogram') return sample === name;
  return ['_bucket', '_sum', '_count'].some((suffix) => sample === `${name}${suffix}`);
}

function isSame(one: Sample, other: Sample): boolean {
  return one.name === other.name && JSON.stringify(one.labels) === JSON.stringify(other.labels);
}

function readSample(line: string): Sample {
  const found =
    /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\+Inf|NaN|-?[0-9.e+-]+)$/.exec(
      line,
    );
  assert.ok(found, `not a sample: ${line}`);
  const [, name = '', labels = '', value = ''] = found;
  const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(
      pairs.map(([, label, text = '']) => [label, text.replaceAll(/\\(.)/g, unescape)]),
    ),
    value: value === '+Inf' ? Infinity : Number(value),
  };
}

function unescape(_whole: string, letter: string): string {
  return letter === 'n' ? '\n' : letter;
}
