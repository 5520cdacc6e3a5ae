// The local GitHub as a process of its own, for the demo:
//   node test/github/main.ts --seed seed.json [--port N] [--tls-cert F --tls-key F] [--ca F]
// Prints one line of JSON when it is ready (address, ids, keys and tokens of the seed), runs until
// SIGTERM or SIGINT. Exits with 64 and a sentence when it was called wrongly, and with 70 and the error when
// something inside it went wrong while it ran, however long ago.
import { readFile } from 'node:fs/promises';
import { inspect, parseArgs } from 'node:util';
import type { Seed } from './seed.ts';
import { startLocalGitHub, type LocalGitHub, type LocalGitHubOptions } from './server.ts';

// Both as in BSD's sysexits.h.
const usageExitCode = 64;
const surpriseExitCode = 70;

async function run(github: LocalGitHub): Promise<void> {
  const { url, apiUrl, seeded } = github;
  process.stdout.write(`${JSON.stringify({ ready: true, url, apiUrl, ...seeded })}\n`);
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGTERM', resolve);
  process.once('SIGINT', resolve);
  await promise;
  await github.close();
}

async function start(): Promise<LocalGitHub> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      port: { type: 'string', default: '0' },
      hostname: { type: 'string', default: 'localhost' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      ca: { type: 'string' },
    },
  });
  if (values.seed === undefined) throw new Error('--seed names the JSON file to begin with');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port is 0 to 65535');
  const text = async (path: string | undefined) => path && (await readFile(path, 'utf8'));
  const [cert, key, ca] = await Promise.all([
    text(values['tls-cert']),
    text(values['tls-key']),
    text(values.ca),
  ]);
  if (!cert !== !key) throw new Error('--tls-cert and --tls-key go together');
  const options: LocalGitHubOptions = {
    seed: JSON.parse(await readFile(values.seed, 'utf8')) as Seed,
    port,
    hostname: values.hostname,
    ...(cert && key && { tls: { cert, key } }),
    ...(ca && { ca }),
  };
  return startLocalGitHub(options);
}

let github: LocalGitHub | undefined;
try {
  github = await start();
  await run(github);
} catch (error) {
  process.stderr.write(`${github ? inspect(error) : (error as Error).message}\n`);
  process.exitCode = github ? surpriseExitCode : usageExitCode;
}
