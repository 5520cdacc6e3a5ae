// Who may lean on whom, as a table. Each rule names who it is about, what they must not import or say, and why; a
// breach fails with that sentence. The imports are read from the source as text: no compiler is asked.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

interface Source {
  /** Path below the repository, with forward slashes. */
  readonly path: string;
  readonly code: string;
  /** Imported files below the repository, and packages by name. */
  readonly imports: readonly string[];
}

const sources = globSync(['bot/**/*.ts', 'relay/**/*.ts', 'test/**/*.ts', '.ci/*.ts'], {
  cwd: root,
  // test/backstage/ has packages of its own.
  exclude: ['**/node_modules/**'],
}).map(read);

function read(file: string): Source {
  const path = file.replaceAll('\\', '/');
  const text = readFileSync(join(root, file), 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return { path, code, imports: importsIn(path, code) };
}

/** Files below the repository, and packages by name. */
function importsIn(path: string, code: string): readonly string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].map(([, a, b, c]) => resolveImport(path, a ?? b ?? c ?? ''));
}

function resolveImport(from: string, name: string): string {
  if (name.startsWith('.')) return posix.join(posix.dirname(from), name);
  if (name.startsWith('node:')) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

interface Rule {
  readonly why: string;
  readonly about: RegExp;
  readonly except?: RegExp;
  /** Imports that they must not have; or, with `only`, the ones they may have among those that match `only`. */
  readonly never?: RegExp;
  readonly only?: { readonly among: RegExp; readonly allowed: RegExp };
  /** Words of the code that they must not use. */
  readonly says?: RegExp;
}

const octokit = /^(probot|@octokit\/.*|octokit)$/;
const pure =
  /^(bot\/access\/|bot\/catalog\/(?!source)|relay\/(grant|proof|claim|frames|control|control-messages|jws|refusals|metrics)\.ts$|relay\/server\/admission\.ts$)/;

const rules: readonly Rule[] = [
  {
    why: 'The relay believes grants, not the bot: it imports nothing of it.',
    about: /^relay\//,
    never: /^bot\//,
  },
  {
    why: 'The relay holds no power over GitHub or the identity provider.',
    about: /^relay\//,
    never: /^(probot|@octokit\/.*|openid-client|kysely|better-sqlite3)$/,
  },
  {
    why: 'The client installs in a second: ws, jose and Node are all it needs.',
    about: /^relay\/client\//,
    except: /^relay\/client\/pack\.ts$/,
    only: { among: /^(?!node:|relay\/)/, allowed: /^(ws|jose)$/ },
  },
  {
    why: 'The client leans on the shared formats alone, not on the relay.',
    about: /^relay\/client\//,
    never: /^relay\/server\//,
  },
  {
    why: 'The relay leans on the shared formats alone, not on the client.',
    about: /^relay\/server\//,
    never: /^relay\/client\//,
  },
  {
    why: 'The bot imports the shared formats of the relay and nothing else of it.',
    about: /^bot\//,
    except: /^bot\/cli\/relay\.ts$/,
    never: /^relay\/(server|client)\//,
  },
  {
    why: 'Decisions and formats are pure: no clock, process, timer or network, and packages only for parsing and hashing.',
    about: pure,
    only: {
      among: /^(?!bot\/(access|catalog)\/|relay\/)/,
      allowed: /^(node:(crypto|buffer)|markdown-it|yaml|zod|jose)$/,
    },
    says: /\bDate\.now\(|new Date\(\)|\bperformance\.|\bTemporal\.Now\b|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bfetch\(|Math\.random\(/,
  },
  {
    why: 'The domain knows neither GitHub nor the database nor the bot around it.',
    about: /^bot\/(access|catalog)\//,
    never: /^bot\/(?!access\/|catalog\/)/,
  },
  {
    why: 'Only github/ names octokit and probot.',
    about: /^bot\//,
    except: /^bot\/github\//,
    never: octokit,
  },
  {
    why: 'Only store/ names the database.',
    about: /^bot\//,
    except: /^bot\/store\//,
    never: /^(kysely|better-sqlite3)$/,
  },
  {
    why: 'Only identity/ names openid-client.',
    about: /^bot\//,
    except: /^bot\/identity\//,
    never: /^openid-client$/,
  },
  {
    why: 'The setup is over before the bot starts: it touches neither access nor what is kept of it.',
    about: /^bot\/setup\//,
    never:
      /^bot\/(access|audit|catalog|identity|ledger|relays|store)\/|^bot\/(main|start|operator)\.ts$/,
  },
  {
    why: 'Only the start, the settings and what copies a data folder know of the setup: no room creates an App.',
    about: /^bot\//,
    except: /^bot\/(setup\/|(main|config|backup|restore)\.ts$)/,
    never: /^bot\/setup\//,
  },
  {
    why: 'Only the three config.ts read the environment.',
    about: /^(bot|relay)\//,
    except: /^(bot|relay\/server|relay\/client)\/config\.ts$/,
    says: /process\.env\b/,
  },
  {
    why: 'A program has one exit: its main.',
    about: /^(bot|relay)\//,
    except: /^(bot\/cli\/sallyportd|relay\/client\/main|relay\/client\/pack)\.ts$/,
    says: /process\.exit\(|process\.exitCode/,
  },
  {
    why: 'What is observed decides nothing: observe/ reaches neither GitHub nor the relays, and nothing of the domain leans on it.',
    about: /^bot\/observe\//,
    never: /^bot\/(github|relays|identity|catalog|cli)\//,
  },
  {
    why: 'A rehearsal changes nothing: it leans on the domain and its words, and on nothing that acts or keeps.',
    about: /^bot\/rehearsal\//,
    only: {
      among: /^(bot\/|relay\/)/,
      allowed:
        /^(bot\/(rehearsal|access|catalog)\/|bot\/(github\/(phrases|times)|templates|start-fault)\.ts$|relay\/(settings|setting-files|yaml)\.ts$)/,
    },
  },
  {
    why: 'Handlers never import each other.',
    about: /^bot\/github\/commands\/(?!command\.ts|void\.ts)/,
    never: /^bot\/github\/commands\/(?!command\.ts|void\.ts)/,
  },
  {
    why: 'No branch of the product knows of tests or of the demo.',
    about: /^(bot|relay)\//,
    never: /^test\//,
    says: /\bdemo\b|NODE_ENV/i,
  },
];

for (const rule of rules) {
  test(rule.why, () => {
    const concerned = sources.filter(
      ({ path }) => rule.about.test(path) && !rule.except?.test(path),
    );
    assert.notEqual(concerned.length, 0, 'the rule is about nobody: its pattern has gone stale');
    assert.deepEqual(
      concerned.flatMap((source) => breaches(rule, source)),
      [],
    );
  });
}

function breaches({ never, only, says }: Rule, { path, code, imports }: Source): string[] {
  const wrong = imports.filter(
    (name) => never?.test(name) || (only?.among.test(name) && !only.allowed.test(name)),
  );
  const said = says?.exec(code)?.[0];
  return [
    ...wrong.map((name) => `${path} imports ${name}`),
    ...(said === undefined ? [] : [`${path} says ${said.trim()}`]),
  ];
}

test('there is no circle of imports', () => {
  const graph = new Map(sources.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  assert.deepEqual(circles, []);
});

test('every file opens by saying what it is', () => {
  const mute = sources
    .filter(({ path }) => /^(bot|relay)\//.test(path))
    .filter(({ path }) => !/^(#!.*\n)?\/\/ \S/.test(readFileSync(join(root, path), 'utf8')));
  assert.deepEqual(
    mute.map(({ path }) => path),
    [],
  );
});

test('no file is longer than can be read in one go', () => {
  const long = sources.filter(
    ({ path }) => readFileSync(join(root, path), 'utf8').split('\n').length > 400,
  );
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  );
});

test('no room is a cupboard', () => {
  const cupboard = /(^|\/)(utils?|helpers?|lib|core|common|misc|shared|types)(\.ts$|\/)/;
  assert.deepEqual(
    sources.map(({ path }) => path).filter((path) => cupboard.test(path)),
    [],
  );
});

test('the top level of the repository is what README says it is', (t) => {
  const git = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  if (git.status !== 0 || git.stdout === '')
    return t.skip('without Git nobody knows what is tracked');
  // Hidden folders belong to tools, and are told of where the tool is.
  const tracked = git.stdout.split('\0').flatMap((path) => /^([^./][^/]*)\//.exec(path)?.[1] ?? []);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const told = [...readme.matchAll(/^\| `([^`/]+)\/` +\|/gm)].map(([, folder = '']) => folder);
  assert.deepEqual(told.sort(), [...new Set(tracked)].sort());
});

test('what npm installs without the tools is enough to run both programs: they import no other package', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const running = sources.filter(
    ({ path }) => /^(bot|relay)\//.test(path) && path !== 'relay/client/pack.ts',
  );
  const foreign = running.flatMap(({ path, code }) => {
    // Types are gone by the time it runs.
    const kept = code.replaceAll(/(?:^|\n)\s*(?:import|export) type [^;]*;/g, '');
    return importsIn(path, kept)
      .filter((name) => !/^(bot|relay)\/|^node:/.test(name) && !Object.hasOwn(dependencies, name))
      .map((name) => `${path} imports ${name}`);
  });
  assert.deepEqual(foreign, []);
});
