// What deciding costs in a large company, and how long access outlives its owner. The catalog is read from a server that
// speaks like a Backstage; decisions are made as the bot makes them, on facts that stand in memory. The change of an owner
// is measured over the whole stage of the demo, from the push to the dead connection at the database client.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decideConnect, mayAsk } from '../../bot/access/connect.ts';
import type { Facts } from '../../bot/access/eligibility.ts';
import { startTrail } from '../../bot/access/explain.ts';
import { readBackstage } from '../../bot/backstage/entities.ts';
import { openCatalog } from '../../bot/catalog/source.ts';
import type { Snapshot } from '../../bot/catalog/snapshot.ts';
import { approve, openSession, requestAccess } from '../demo/actions.ts';
import { dana, omar, pia } from '../demo/cast.ts';
import { withoutLimits } from '../demo/programs.ts';
import { openStage, type Stage } from '../demo/stage.ts';
import { startLocalBackstage, type LocalBackstage } from '../support/backstage.ts';
import { measureFiles } from './worst-files.ts';
import { figure, type Figures } from './figures.ts';
import { largeCatalog, largePolicy, size } from './large-catalog.ts';

/** Decisions are made for so long, in computing time; before that, for so long without being counted. */
const measuredMs = 1_000;
const warmUpMs = 300;

export async function measureDecide(runs: number): Promise<Figures> {
  const samples: Record<string, number[]> = {};
  const keep = (name: string, value: number) => void (samples[name] ??= []).push(value);
  const policy = largePolicy();
  {
    const before = heapMiB();
    await using backstage = await startLocalBackstage({ accepts: () => true });
    backstage.entities = largeCatalog();
    const entities = heapMiB() - before;
    for (let run = 0; run < runs; run += 1) {
      const { seconds, alone, catalog } = await measureSync(backstage, policy);
      keep('sync', seconds);
      keep('read alone', alone);
      keep('catalog', heapMiB() - before - entities);
      keep('entities', entities);
      const facts = factsOf(catalog, policy);
      keep(
        'decisions',
        perSecond((nth) => mayAsk(...asked(nth), facts)),
      );
      keep(
        'requests',
        perSecond((nth) => decideConnect(question(nth), facts)),
      );
      keep('derivations', perSecond(deriveNothing));
      const { worstMs, ordinaryMs } = measureFiles(catalog);
      keep('worst file', worstMs);
      keep('ordinary file', ordinaryMs);
    }
  }
  await using stage = await openStage({ botSettings: withoutLimits });
  const { number } = await stage.github.openIssue(dana.login, { title: 'Bench', body: '' });
  for (let run = 0; run < runs; run += 1) {
    keep('revoked', await timeCut(stage, { issue: number, run: `r${run}`, by: revoke }));
    keep('owner', await timeCut(stage, { issue: number, run: `o${run}`, by: giveAway }));
  }
  const of = (name: string): readonly number[] => samples[name] ?? [];
  const peers = { derivationAlone: of('derivations') };
  return {
    decisionsPerSecond: figure('/s', of('decisions'), peers),
    requestsPerSecond: figure('/s', of('requests'), peers),
    catalogMiB: figure('MiB', of('catalog'), { entitiesAlone: of('entities') }),
    adversarialFileMs: figure('ms', of('worst file'), { ordinaryFile: of('ordinary file') }),
    syncSeconds: figure('s', of('sync'), { readAlone: of('read alone') }),
    ownerChangeToCutMs: figure('ms', of('owner'), { revokedByComment: of('revoked') }),
  };
}

/** Seconds until a catalog that was empty is read and judged; and until it was only read. */
async function measureSync({ url }: LocalBackstage, policy: Facts['policy']) {
  const load = () => readBackstage({ url, token: () => 'bench' });
  const began = performance.now();
  await load();
  const read = performance.now();
  const origins = { site: 'https://github.com', branch: 'main', path: 'catalog-info.yaml' };
  const source = { origins: { ...origins, readDirectly: new Set<string>() }, maxAgeMs: 0, load };
  const sources = openCatalog([], { backstage: source });
  await sources.refresh();
  const catalog = sources.snapshot(policy);
  const done = performance.now();
  if (catalog.resources.size !== size.resources) {
    throw new Error(`of ${size.resources} resources ${catalog.resources.size} count`);
  }
  return { seconds: (done - read) / 1_000, alone: (read - began) / 1_000, catalog };
}

function factsOf(catalog: Snapshot, policy: Facts['policy']): Facts {
  const people = Array.from({ length: size.users }, (_, user) => user);
  return {
    policy,
    policyRevision: 'bench',
    catalog,
    logins: new Map(people.map((user) => [user + 1, `u${user}`])),
    ids: new Map(people.map((user) => [`u${user}`, user + 1])),
    belonging: new Map(people.map((user) => [user + 1, 'member'])),
    unreadableTeams: new Set(),
    changedAt: new Map(),
    now: new Date(),
  };
}

/** Who asks for what, made beforehand: another resource and another person each time. */
const questions = Array.from({ length: 50_000 }, (_, nth) => questionOf(nth));

function asked(nth: number) {
  return questions[nth % questions.length] ?? questionOf(nth);
}

function questionOf(nth: number) {
  const resource = (nth * 7_919) % size.resources;
  const user = (nth * 7_907) % size.users;
  return [
    { resource: `resource:n${resource % size.namespaces}/r${resource}` },
    { id: user + 1, login: `u${user}` },
  ] as const;
}

function question(nth: number) {
  const [words, requester] = asked(nth);
  return {
    requester,
    requestId: `r${nth}`,
    issue,
    commentId: nth,
    commentNodeId: 'IC_1',
    grantId: 'g_abcdefghijklmnopqrstuvwxyz',
    viaEmail: false,
    writtenAt: new Date().toISOString(),
    command: { ...words, reason: 'The ledger is off by one cent since yesterday.' },
  };
}

const issue = {
  installationId: 1,
  repositoryId: 2,
  owner: 'acme',
  repo: 'access',
  number: 3,
  nodeId: 'I_3',
  url: 'https://github.com/acme/access/issues/3',
};

/** As many steps as `/connect` takes, without anything being looked at. */
function deriveNothing(nth: number) {
  const trail = startTrail();
  for (let step = 0; step < 6; step += 1) trail.met('person-is-known', { id: nth, user: 'nobody' });
  return { kind: 'may-ask', derivation: trail.steps };
}

/** Decisions a second of computing time of one core; each has to be a yes, and say why. */
function perSecond(decide: (nth: number) => { kind: string; derivation: readonly unknown[] }) {
  let nth = 0;
  const runFor = (ms: number): number => {
    const first = nth;
    const since = process.cpuUsage();
    for (;;) {
      for (let some = 0; some < 100; some += 1) {
        const { kind, derivation } = decide(nth);
        if (kind === 'refused' || derivation.length === 0) throw new Error('a decision was a no');
        nth += 1;
      }
      const { user, system } = process.cpuUsage(since);
      const spentMs = (user + system) / 1_000;
      if (spentMs >= ms) return ((nth - first) * 1_000) / spentMs;
    }
  };
  runFor(warmUpMs);
  return runFor(measuredMs);
}

/** What the heap holds once everything that can go is gone. */
function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

interface Cut {
  readonly issue: number;
  readonly run: string;
  /** Ends the grant, and says how everything is put right afterwards. */
  by(stage: Stage, grant: { issue: number; name: string }): Promise<() => Promise<void>>;
}

/** From what ends a grant to the database client's dead connection. */
async function timeCut(stage: Stage, { issue: number, run, by }: Cut): Promise<number> {
  const request = await requestAccess(stage.github, number, '/connect payments-db 1h\n\nBench');
  const line = await approve(stage.github, request);
  const name = line.slice(line.lastIndexOf('/') + 1);
  await using session = await openSession(stage, line, `bench-${run}`);
  await session.database.select('select 1');
  const began = performance.now();
  const putRight = await by(stage, { issue: number, name });
  const ms = (await session.database.cut(20_000)) - began;
  await putRight();
  return ms;
}

async function revoke({ github }: Stage, grant: { issue: number; name: string }) {
  await github.comment(omar.login, grant.issue, `/revoke ${grant.name} measured`);
  return async () => undefined;
}

/** Pushes a descriptor that gives the database to another group, and later the one that stood there. */
async function giveAway({ github }: Stage) {
  const file = { repository: 'acme/payments-services', path: 'catalog-info.yaml' };
  const text = await github.file(pia.login, file.repository, file.path);
  const others = text.replace('owner: group:default/payments', 'owner: group:default/engineering');
  if (others === text) throw new Error('the descriptor names no owner to replace');
  await github.replaceFile(pia.login, { ...file, text: others });
  return () => github.replaceFile(pia.login, { ...file, text });
}
