// What a commit would make of the rules: whether the policy and the descriptors in it can be used, where they cannot, and
// what could be reached with them that cannot now, or the other way round. It is read and judged as the rules are, and
// changes nothing.

import type { SettingsFault } from '../../relay/settings.ts';
import type { PolicyReading } from '../access/policy.ts';
import { differenceOf, type Difference } from '../catalog/difference.ts';
import type { Place } from '../catalog/model.ts';
import { isOfConcern, type CatalogFault } from '../catalog/snapshot.ts';
import { unknownRefs } from '../rehearsal/refs.ts';
import { unmeetableInCatalog, unmeetableInPolicy } from '../rehearsal/unmeetable.ts';
import type { Commit } from '../store/outbox.ts';
import type { GitHub } from './app.ts';
import { FileTooLong, isSameRepository, readFile } from './calls.ts';
import { readDescriptors } from './descriptors.ts';
import type { RuleTrial, TriedOut } from './rules.ts';
import { TreeTooLarge } from './trees.ts';

/** What is wrong in a commit, or only worth a look. */
export interface Finding {
  readonly path: string;
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  readonly column: number | null;
  readonly level: 'failure' | 'warning';
  /** What it is about: a key of the policy, or an entity. Empty where it is the file. */
  readonly about: string;
  readonly message: string;
}

export interface Verdict {
  readonly of: 'policy' | 'catalog';
  readonly findings: readonly Finding[];
  /** From the rules in force; null where there is nothing to compare. */
  readonly difference: Difference | null;
}

export interface VerdictParts {
  readonly rules: RuleTrial;
  /** Where the rules are read from. */
  readonly sources: {
    readonly policy: { readonly repository: string; readonly path: string };
    readonly catalog: { readonly repositories: readonly string[]; readonly path: string };
  };
}

/** Folders of a repository that GitHub does not list whole: anybody may push a branch, and each check costs these calls. */
const maxFolders = 50;

/** One of the policy and one of the descriptors, where the commit has anything to do with them. */
export async function judgeCommit(parts: VerdictParts, at: At): Promise<readonly Verdict[]> {
  const { policy, catalog } = parts.sources;
  const proposed = await orTooMuch('policy', policy.path, () => policyAt(parts, at));
  const ofPolicy = isVerdict(proposed) ? proposed : await judgePolicy(parts, at, proposed);
  const readable = isVerdict(proposed) ? undefined : proposed;
  const ofCatalog = await orTooMuch('catalog', catalog.path, () =>
    judgeDescriptors(parts, at, readable),
  );
  return [ofPolicy, ofCatalog].filter((verdict) => verdict !== undefined);
}

/** What will never be read, however often it is tried, is said of the commit: what is behind it would wait for ever. */
async function orTooMuch<T>(
  of: Verdict['of'],
  path: string,
  read: () => Promise<T>,
): Promise<T | Verdict> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FileTooLong || error instanceof TreeTooLarge)) throw error;
    return { of, findings: [wholeFile(path, error.message)], difference: null };
  }
}

function isVerdict(value: Verdict | Proposed | 'gone' | undefined): value is Verdict {
  return typeof value === 'object' && 'of' in value;
}

function wholeFile(path: string, message: string): Finding {
  return { path, line: null, column: null, level: 'failure', about: '', message };
}

interface At {
  readonly github: GitHub;
  readonly repository: string;
  readonly commit: Commit;
}

interface Proposed {
  readonly text: string;
  readonly reading: PolicyReading;
}

/** The policy of the commit; `gone` where it has none, undefined where its repository is not the policy's. */
async function policyAt(
  { sources, rules }: VerdictParts,
  { github, repository, commit }: At,
): Promise<Proposed | 'gone' | undefined> {
  if (!isSameRepository(repository, sources.policy.repository)) return undefined;
  const { path } = sources.policy;
  const file = await readFile(github, repository, { path, ref: commit.sha });
  return file ? { text: file.text, reading: rules.readPolicy(file.text) } : 'gone';
}

async function judgePolicy(
  { sources, rules }: VerdictParts,
  { commit }: At,
  proposed: Proposed | 'gone' | undefined,
): Promise<Verdict | undefined> {
  const { path } = sources.policy;
  if (proposed === undefined || !isTouched(commit, (each) => each === path)) return undefined;
  if (proposed === 'gone') {
    const message = 'There is no such file here, and it holds the policy.';
    return { of: 'policy', findings: [wholeFile(path, message)], difference: null };
  }
  const { text, reading } = proposed;
  const found = (level: Finding['level'], faults: readonly SettingsFault[]) =>
    faults.map((fault) => findingIn(path, level, fault));
  if (reading.kind === 'invalid') {
    return { of: 'policy', findings: found('failure', reading.faults), difference: null };
  }
  const tried = await rules.tryOut({ policy: reading.policy });
  const inVain = isWhole(tried)
    ? [
        ...unknownRefs(text, tried.after),
        ...unmeetableInPolicy(text, { policy: reading.policy, catalog: tried.after }),
      ]
    : [];
  return { of: 'policy', findings: found('warning', inVain), difference: compared(tried, commit) };
}

/** Of a catalog that is not whole nobody can say what it does not have. */
function isWhole(tried: TriedOut | undefined): tried is TriedOut {
  return tried?.before !== undefined && tried.after.lacking.size === 0;
}

function findingIn(path: string, level: Finding['level'], fault: SettingsFault): Finding {
  const { line, column, path: about, message } = fault;
  // A fault of the file as a whole has no line of its own.
  const place = line > 0 ? { line, column } : { line: null, column: null };
  return { path, ...place, level, about, message };
}

async function judgeDescriptors(
  { sources, rules }: VerdictParts,
  { github, repository, commit }: At,
  proposed: Proposed | 'gone' | undefined,
): Promise<Verdict | undefined> {
  const { repositories, path } = sources.catalog;
  if (!repositories.some((name) => isSameRepository(name, repository))) return undefined;
  // Locations lead to no other files than these.
  if (!isTouched(commit, (each) => each === path || /\.ya?ml$/.test(each))) return undefined;
  const checkout = await readDescriptors(github, repository, { path, ref: commit.sha, maxFolders });
  const files = await rules.tryFiles(repository, checkout);
  if (!isTouched(commit, (each) => each === path || files.paths.has(each))) return undefined;
  if (!commit.isMerged && !commit.isAskedFor && files.isHeld) return undefined;
  const reading = typeof proposed === 'object' ? proposed.reading : undefined;
  const policy = reading?.kind === 'valid' ? reading.policy : undefined;
  const tried = await rules.tryOut({ policy, files });
  // Without a policy nobody can say what a repository may define.
  if (!tried) return undefined;
  const isHere = (place: Place) => isSameRepository(place.repository, repository);
  const faults = tried.after.faults.filter(({ place }) => isHere(place)).flatMap(findingOf);
  const inVain = isWhole(tried)
    ? unmeetableInCatalog({ policy: tried.policy, catalog: tried.after }, isHere)
    : [];
  const doubts = inVain.map(({ place, message }) => findingAt(place, 'warning', { message }));
  const findings = [...faults, ...doubts];
  return { of: 'catalog', findings, difference: compared(tried, commit) };
}

/** Once it is merged, what stands may be what the commit has made of it already. */
function compared(tried: TriedOut | undefined, { isMerged }: Commit): Difference | null {
  return tried?.before && !isMerged ? differenceOf(tried.before, tried.after) : null;
}

/**
 * What may be for Backstage alone, people and whole repositories, and entities that count all the same, are only worth
 * a look.
 */
const warnings: ReadonlySet<CatalogFault['code']> = new Set([
  'people-not-believed',
  'location-refused',
  'role-without-policy',
]);

function findingOf(fault: CatalogFault): readonly Finding[] {
  if (!isOfConcern(fault)) return [];
  const { code, place, ref, message } = fault;
  const level = warnings.has(code) ? 'warning' : 'failure';
  return [findingAt(place, level, { about: ref ?? '', message })];
}

function findingAt(
  { path, line }: Place,
  level: Finding['level'],
  { about = '', message }: { about?: string; message: string },
): Finding {
  return { path, line, column: null, level, about, message };
}

function isTouched({ touched }: Commit, concerns: (path: string) => boolean): boolean {
  return touched === null || touched.some(concerns);
}
