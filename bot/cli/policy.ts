// `sallyportd policy`: reads a policy, tests it against cases, and explains it, on files alone: neither bot nor GitHub
// is asked, so that a team runs it in its own CI before a change of the policy is merged.

import { join } from 'node:path';
import { explainAsking } from '../access/inquire.ts';
import { readPolicy } from '../access/policy.ts';
import { isOfConcern, type CatalogFault } from '../catalog/snapshot.ts';
import { openPhrases } from '../github/phrases.ts';
import { readCases, type PolicyTest } from '../rehearsal/cases.ts';
import { readText } from '../rehearsal/disk.ts';
import { gatherStated, unstatedTeams, type Rulebook } from '../rehearsal/facts.ts';
import { catalogFaultLine, readRulebook, type CatalogPlace } from '../rehearsal/files.ts';
import { judgeCase, verdictData } from '../rehearsal/judge.ts';
import { originsLeftOut, unknownRefs, type LeftOut } from '../rehearsal/refs.ts';
import { unmeetableInPolicy } from '../rehearsal/unmeetable.ts';
import { explanationLines, faultLine, printableJson, verdictLines } from '../rehearsal/print.ts';
import { StartFault } from '../start-fault.ts';
import { openTemplates } from '../templates.ts';
import { type Command, exitCodes, readWords, type Terminal, UsageError } from './command.ts';
import { orTellFault } from './fault.ts';
import { only, readAt, readPerson, readPlaces, readTeams } from './policy-words.ts';

const templatesFolder = join(import.meta.dirname, '..', '..', 'templates');
const defaultPolicy = 'sallyport.yml';
/** More faults of a kind than these are not told one by one. */
const maxFaults = 20;

const rulesOptions = {
  policy: { type: 'string', default: defaultPolicy },
  catalog: { type: 'string', multiple: true },
} as const;

export const policyCommand: Command = {
  summary: 'check, test or explain a policy, on files',
  help: `Usage: sallyportd policy check [FILE | --policy FILE] [--catalog ORIGIN=PATH …]
       sallyportd policy test CASES --catalog ORIGIN=PATH … [--policy FILE] [--json]
       sallyportd policy explain RESOURCE --as PERSON --catalog ORIGIN=PATH …
                  [--role ROLE] [--at MOMENT] [--team ORG/TEAM=PERSON,…] [--new]
                  [--policy FILE]

check reads a policy, sallyport.yml where no file is named, and lists every fault as
file:line:column and what was expected. With a catalog it also lists groups and people that the
policy names and the catalog does not have, approvals that nobody could give, and entities that do
not fit the policy.

test plays every case of a file, as templates/policy-tests.yml shows it, and says where
something else is decided than the case expects, and why.

explain says what /why would say to a person on an issue: rule by rule, whether they may ask
for the resource, and who decides.

  --policy FILE               the policy; left out, sallyport.yml
  --catalog OWNER/NAME=PATH   a checkout of a repository of descriptors, read as the bot reads it:
                              catalog-info.yaml at its top, and what Locations lead to from there.
                              Where the bot's catalog.path is another, name that file itself; the
                              top is then the folder that has .git. Once for each repository.
  --catalog LOCATION=FILE     descriptors that a Backstage has from elsewhere, as the policy names
                              the place: 'msgraph:default/*=people.yaml'. Nothing is followed.
  --json                      print what became of each case for a program
  --as PERSON                 a GitHub login, or a ref such as user:default/dana
  --at MOMENT                 such as 2026-11-24T09:00Z or 2026-11-24T09:00[Europe/Berlin];
                              left out, now
  --team ORG/TEAM=PERSON,…    who GitHub says is in a team; nobody is in one that is left out
  --new                       the resource is new, or has another owner or address than before

Exit codes: 0 the policy has no fault, every case is as expected, or the person may ask;
1 otherwise, or a file cannot be used; 64 not understood.`,
  async run([what, ...words], terminal) {
    const run = new Map([
      ['check', check],
      ['test', testPolicy],
      ['explain', explain],
    ]).get(what ?? '');
    if (!run) throw new UsageError('Say what: sallyportd policy check, test or explain');
    return run(words, terminal);
  },
};

async function check(words: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals, values } = readWords({
    args: [...words],
    options: rulesOptions,
    allowPositionals: true,
  });
  const file = only(positionals, 'Name one policy: sallyportd policy check FILE') ?? values.policy;
  const places = values.catalog === undefined ? [] : readPlaces(values.catalog);
  return orTellFault(terminal, 'The policy was not checked.', async () => {
    const text = readText(file);
    const reading = readPolicy(text, file);
    if (reading.kind === 'invalid') {
      for (const fault of reading.faults) terminal.err(faultLine(file, fault));
      return exitCodes.refused;
    }
    const names = [...reading.policy.namespaces.keys()].join(', ') || 'nothing';
    if (places.length === 0) {
      terminal.out(`This policy can be used. It has rules for ${names}.
Whether there are the groups and people that it names is checked with --catalog.`);
      return exitCodes.done;
    }
    const { rulebook, faults, notes } = await readRulebook(file, places);
    const leftOut = tellLeftOut(rulebook, places, terminal);
    const { repositories, locations, hasPeople } = leftOut;
    const isWhole = repositories.length + locations.length === 0;
    const unknown = hasPeople ? [] : unknownRefs(text, rulebook.catalog);
    // Who could approve is not known by half a catalog.
    const unmeetable = isWhole ? unmeetableInPolicy(text, rulebook) : [];
    const inVain = [...unknown, ...unmeetable].map((fault) => faultLine(file, fault));
    tellSome(notes, terminal);
    const unfit = tellSome(inVain, terminal) + tellCatalogFaults(faults, terminal);
    if (repositories.length + unfit > 0) return exitCodes.refused;
    terminal.out(`This policy can be used. It has rules for ${names}, and the catalog fits it.`);
    if (!isWhole) {
      const what = hasPeople ? 'Groups and people were not checked' : 'Not all of it was checked';
      terminal.out(`${what}: only a Backstage has what is missing.`);
    }
    return exitCodes.done;
  });
}

async function testPolicy(words: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals, values } = readWords({
    args: [...words],
    options: { ...rulesOptions, json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const ask = 'Name one file of cases: sallyportd policy test CASES';
  const file = only(positionals, ask);
  if (file === undefined) throw new UsageError(ask);
  const places = readPlaces(values.catalog);
  return orTellFault(terminal, 'Nothing was tested.', async () => {
    const tests = casesIn(file);
    const rulebook = await openRulebook(values.policy, places, terminal);
    return report({ file, tests, rulebook, json: values.json }, terminal);
  });
}

function report(
  {
    file,
    tests,
    rulebook,
    json,
  }: { file: string; tests: readonly PolicyTest[]; rulebook: Rulebook; json: boolean },
  terminal: Terminal,
): number {
  const now = new Date();
  const phrases = openPhrases(templatesFolder, 'printed');
  const judged = tests.map((test) => ({ test, verdict: judgeCase(test, rulebook, now) }));
  const failed = judged.filter(({ verdict }) => verdict.kind !== 'passed').length;
  if (json) {
    const cases = judged.map(({ test, verdict }) => verdictData(test, verdict));
    terminal.out(printableJson({ passed: tests.length - failed, failed, cases }));
  } else {
    for (const { test, verdict } of judged) {
      terminal.out(verdictLines(file, test, { verdict, phrases }).join('\n'));
    }
    terminal.out(`${tests.length} ${tests.length === 1 ? 'case' : 'cases'}, ${failed} failed.`);
  }
  return failed === 0 ? exitCodes.done : exitCodes.refused;
}

async function explain(words: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals, values } = readWords({
    args: [...words],
    options: {
      ...rulesOptions,
      as: { type: 'string' },
      role: { type: 'string' },
      at: { type: 'string' },
      team: { type: 'string', multiple: true },
      new: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const ask = 'Name one resource: sallyportd policy explain RESOURCE --as PERSON';
  const resource = only(positionals, ask);
  if (resource === undefined || values.as === undefined) throw new UsageError(ask);
  const who = readPerson(values.as);
  const places = readPlaces(values.catalog);
  const stated = {
    now: values.at === undefined ? new Date() : readAt(values.at),
    teams: readTeams(values.team),
    outsiders: [],
    newResource: values.new ? resource : undefined,
  };
  return orTellFault(terminal, 'Nothing was explained.', async () => {
    const rulebook = await openRulebook(values.policy, places, terminal);
    const gathering = gatherStated(rulebook, [who], stated);
    if (gathering.kind === 'contradicted') throw new StartFault(gathering.why);
    const { facts, personOf } = gathering;
    const person = personOf(who);
    const asked = { resource, ...(values.role !== undefined && { role: values.role }) };
    const why = explainAsking(asked, person, facts);
    const unstated = unstatedTeams(rulebook, resource, stated.teams);
    const phrases = openPhrases(templatesFolder, 'printed');
    const templates = openTemplates(templatesFolder);
    terminal.out(explanationLines(person.login, { why, unstated, phrases, templates }).join('\n'));
    return why.refusal ? exitCodes.refused : exitCodes.done;
  });
}

/** Reads policy and catalog, and tells of entities that do not count although somebody seems to rely on them. */
async function openRulebook(
  policy: string,
  places: readonly CatalogPlace[],
  terminal: Terminal,
): Promise<Rulebook> {
  const { rulebook, faults, notes } = await readRulebook(policy, places);
  tellLeftOut(rulebook, places, terminal);
  tellSome(notes, terminal);
  tellCatalogFaults(faults, terminal);
  return rulebook;
}

function tellLeftOut(
  { policy }: Pick<Rulebook, 'policy'>,
  places: readonly CatalogPlace[],
  terminal: Terminal,
): LeftOut {
  const given = places.map(({ origin }) => origin);
  const leftOut = originsLeftOut(policy, given);
  for (const name of [...leftOut.repositories, ...leftOut.locations]) {
    terminal.err(
      `The policy trusts ${name}, and no --catalog gives it: what it defines is missing.`,
    );
  }
  return leftOut;
}

/** Returns how many there are that concern somebody. */
function tellCatalogFaults(faults: readonly CatalogFault[], terminal: Terminal): number {
  return tellSome(faults.filter(isOfConcern).map(catalogFaultLine), terminal);
}

/** Returns how many there are. */
function tellSome(lines: readonly string[], terminal: Terminal): number {
  for (const line of lines.slice(0, maxFaults)) terminal.err(line);
  if (lines.length > maxFaults) terminal.err(`… and ${lines.length - maxFaults} more.`);
  return lines.length;
}

function casesIn(file: string): readonly PolicyTest[] {
  const reading = readCases(readText(file));
  if (reading.kind === 'valid') return reading.tests;
  throw new StartFault(reading.faults.map((fault) => faultLine(file, fault)));
}
