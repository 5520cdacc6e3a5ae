// The benches: `npm run bench -- <name> [--runs N] [--json]`. Prints a table of figures, or with --json
// one line for scripts: { bench, figures: { <key>: { value, unit, min, max, peers } } }.
import { parseArgs } from 'node:util';
import { measureDecide } from './decide.ts';
import { table, type Figures } from './figures.ts';
import { measureGitHub } from './github.ts';
import { measureStory } from './story.ts';

interface Bench {
  readonly about: string;
  /** So often, unless told otherwise. */
  readonly runs: number;
  measure(runs: number): Promise<Figures>;
}

const benches: Readonly<Record<string, Bench>> = {
  story: {
    about:
      'approveToLineMs: from /approve to the line on the card; commentAlone: any comment, to its being seen.\n' +
      'revokeToCutMs: from /revoke to the dead connection; killedProxy: a plain TCP proxy killed by SIGKILL.',
    runs: 7,
    measure: measureStory,
  },
  github: {
    about:
      'deliveriesPerSecond, acceptP99Ms at 200 a second: webhooks until they are on disk; keptNowhere: a server without a disk.\n' +
      'ackP99Ms: from a command to its first reaction; grantP99Ms: from /approve to the line; commentAlone: any comment.\n' +
      'writesPerRequest: comments and edits of a request with ten sessions, to its end.\n' +
      'adversarialCommentMs: computing time of reading the worst of many texts made to be slow; plainProse: as much prose.\n' +
      'backlogSeconds: 1,000 commands that came while the bot was down; commentsAlone: as many comments without a bot.\n' +
      'rssMiB: memory after 100,000 deliveries; before: before them.',
    runs: 3,
    measure: measureGitHub,
  },
  decide: {
    about:
      'With 100,000 entities, 20,000 of them people. decisionsPerSecond: whether somebody may ask, by computing time of one core;\n' +
      'requestsPerSecond: the request with its digest and approvers; derivationAlone: as many steps that look at nothing.\n' +
      'catalogMiB: what the bot holds of it; entitiesAlone: the entities as JSON gives them.\n' +
      'adversarialFileMs: computing time of reading the worst of many files made to be slow, up to a megabyte long; ordinaryFile: a megabyte of descriptors.\n' +
      'syncSeconds: until all of it is read and judged; readAlone: until it is read.\n' +
      'ownerChangeToCutMs: from a push to the dead connection; revokedByComment: from /revoke to it.',
    runs: 3,
    measure: measureDecide,
  },
};

const exitUsage = 64;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false, // what is unknown is answered with the usage, not with a stack trace
    options: { json: { type: 'boolean' }, runs: { type: 'string' } },
  });
  const isKnown = Object.keys(values).every((name) => name === 'json' || name === 'runs');
  const name = positionals[0] ?? '';
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  const runs = values.runs === undefined ? (bench?.runs ?? 0) : Number(values.runs);
  if (!isKnown || !bench || !Number.isInteger(runs) || runs < 1) {
    process.stderr.write(
      `npm run bench -- <${Object.keys(benches).join('|')}> [--runs N] [--json]\n`,
    );
    return exitUsage;
  }
  const figures = await bench.measure(runs);
  const text = values.json
    ? JSON.stringify({ bench: name, figures })
    : [...table(figures), '', `${runs} runs, interleaved.`, bench.about].join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

process.exit(await main());
