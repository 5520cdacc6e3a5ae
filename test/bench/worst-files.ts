// What the worst file costs to read: whoever may push to a repository of the catalog, or of the policy, writes one.
import { readFile } from '../../bot/catalog/file.ts';
import type { Snapshot } from '../../bot/catalog/snapshot.ts';
import { unknownRefs } from '../../bot/rehearsal/refs.ts';

/** As long as a file may be that is read. */
const chars = 1_000_000;

/** Each was seen to take minutes before the reader was made for it, or is of that kind. */
const units: readonly string[] = [
  '&a ',
  '!a ',
  '[',
  '{a: ',
  '- ',
  '? ',
  'a: 1\n',
  'a:\n b:\n',
  '---\n',
  '%FOO\n',
  'kind: User\n---\n',
  '# x\n',
];

export interface FileReadings {
  readonly worstMs: number;
  readonly ordinaryMs: number;
}

/** What has to be numbered to be slow: keys, and what aliases stand for. */
const numbered: readonly ((nth: number) => string)[] = [
  (nth) => `k${nth}: 1\n`,
  (nth) => `${nth === 0 ? '!!omap\n' : ''}- k${nth}: 1\n`,
  (nth) => `- &a${nth} 1\n- *a${nth}\n`,
  (nth) => `&a${nth} b${nth}: *a${nth}\n`,
];

/**
 * Computing time of the worst of them, a policy that misspells groups of this catalog included, and of as many characters
 * of ordinary descriptors.
 */
export function measureFiles(catalog: Snapshot): FileReadings {
  const ordinary = textOf((nth) => ordinaryUser(nth));
  readMs(ordinary);
  const texts = [
    crowdedLocation(),
    ...numbered.map(textOf),
    ...units.map((unit) => textOf(() => unit)),
  ];
  const misspelt = computingMs(() => unknownRefs(misspeltPolicy(catalog), catalog));
  return { worstMs: Math.max(misspelt, ...texts.map(readMs)), ordinaryMs: readMs(ordinary) };
}

function textOf(part: (nth: number) => string): string {
  const parts: string[] = [];
  for (let length = 0, nth = 0; ; nth += 1) {
    const next = part(nth);
    if (length + next.length > chars) return parts.join('');
    parts.push(next);
    length += next.length;
  }
}

/** As many targets as keys that stand before them. */
function crowdedLocation(): string {
  const half = (part: (nth: number) => string) => textOf(part).slice(0, chars / 2);
  const keys = half((nth) => `  k${String(nth).padStart(5, '0')}: 1\n`);
  return `apiVersion: backstage.io/v1alpha1\nkind: Location\nspec:\n${keys.slice(0, keys.lastIndexOf('\n') + 1)}  targets:\n${half(() => '  - a\n')}`;
}

function ordinaryUser(nth: number): string {
  return `---
apiVersion: backstage.io/v1alpha1
kind: User
metadata:
  name: u${nth}
  annotations: { github.com/user-login: u${nth} }
spec: { memberOf: [g${nth % 50}] }
`;
}

/** Each group is compared with every other, for the one that may be meant. */
function misspeltPolicy({ groups }: Snapshot): string {
  return [...groups.keys()].map((ref) => `- ${ref}-x\n`).join('');
}

function readMs(text: string): number {
  return computingMs(() =>
    readFile({ repository: 'acme/org', path: 'catalog-info.yaml', revision: 'bench', text }),
  );
}

function computingMs(work: () => unknown): number {
  const since = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}
