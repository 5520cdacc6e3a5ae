// Packs the client into an npm package of its own: one file, nothing to install with it. `npm run pack [-- --out DIR]`
// makes DIR/sallyport/ and DIR/sallyport-<version>.tgz (DIR is dist when left out). Promises the same bytes for the
// same sources and versions; it publishes nothing.

import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface RootPackage {
  readonly version: string;
  readonly license: string;
}

async function pack(out: string): Promise<void> {
  const { version, license } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as RootPackage;
  const folder = join(out, 'sallyport');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await bundle(join(folder, 'sallyport.mjs'), version);
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'LICENSE-bundled'), await bundledLicenses());
  await writeFile(join(folder, 'README.md'), readmeFor(version));
  const manifest = `${JSON.stringify(manifestOf(version, license), null, 2)}\n`;
  await writeFile(join(folder, 'package.json'), manifest);
  // --ignore-scripts: the package has none, and whoever adds one should notice here. npm dates every entry alike.
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await promisify(execFile)(npm, ['pack', '--ignore-scripts', '--pack-destination', out], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  process.stdout.write(`${folder}\n${join(out, `sallyport-${version}.tgz`)}\n`);
}

async function bundle(outfile: string, version: string): Promise<void> {
  await build({
    // Paths in comments count from here, wherever this is run.
    absWorkingDir: root,
    entryPoints: ['relay/client/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'inline',
    define: { SALLYPORT_VERSION: JSON.stringify(version) },
    plugins: [withoutNativeParts],
    // ws is CommonJS and requires Node's own modules; a file in module format has no `require` unless it makes one.
    banner: {
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}

/** ws looks for two native packages and does without them; left in, one that happens to lie near would be loaded. */
const withoutNativeParts: Plugin = {
  name: 'without native parts',
  setup({ onResolve, onLoad }) {
    const namespace = 'absent';
    onResolve({ filter: /^(bufferutil|utf-8-validate)$/ }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /./, namespace }, () => ({ contents: "throw new Error('not bundled')" }));
  },
};

/** Both are MIT, which asks for its notice in every copy. */
async function bundledLicenses(): Promise<string> {
  const texts = [];
  for (const [name, file] of [
    ['jose', 'LICENSE.md'],
    ['ws', 'LICENSE'],
  ] as const) {
    const text = await readFile(join(root, 'node_modules', name, file), 'utf8');
    texts.push(`sallyport.mjs contains ${name}:\n\n${text.trim()}\n`);
  }
  return texts.join('\n\n');
}

function manifestOf(version: string, license: string): object {
  return {
    name: 'sallyport',
    version,
    description: 'A local port to a private service, for as long as you were granted it',
    type: 'module',
    bin: { sallyport: 'sallyport.mjs' },
    files: ['sallyport.mjs', 'LICENSE-bundled'],
    engines: { node: '>=20' },
    license,
  };
}

function readmeFor(version: string): string {
  return `# sallyport

The client of Sallyport: just-in-time access to private TCP services from a GitHub issue. Copy the line from the card on
your issue:

    npx sallyport@${version} connect <host>/<grant>

You sign in with your browser; programs on this machine then reach the service at the address that is shown, until the
grant ends. \`sallyport --help\` lists the options and the exit statuses.

One file, no dependency to install, Node 20 or newer.
`;
}

const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
await pack(resolve(values.out));
