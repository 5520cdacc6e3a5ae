// The workflow that a team starts from to test its policy: read as GitHub reads it, and its commands run where it would
// have put everything.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { createTemporaryFolder } from './support/folders.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}
interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, { permissions: object; steps: readonly Step[] }>>;
}

const workflow = parse(read('templates/policy-tests.workflow.yml')) as Workflow;
const jobs = Object.values(workflow.jobs);
const steps = jobs.flatMap((job) => job.steps);
const checkouts = steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
const runs = steps.flatMap(({ run }) => run ?? []);

test('it may read and nothing else, and takes the actions that our own CI takes, each by its commit', () => {
  assert.deepEqual(workflow.permissions, {});
  for (const { permissions } of jobs) assert.deepEqual(permissions, { contents: 'read' });
  const ours = read('.github/workflows/ci.yml');
  for (const uses of steps.flatMap((step) => step.uses ?? [])) {
    assert.match(uses, /@[0-9a-f]{40}$/);
    assert.ok(ours.includes(`uses: ${uses}`), uses);
  }
  for (const { with: given } of checkouts) assert.equal(given?.['persist-credentials'], false);
});

test('it installs the Node that sallyportd needs, and the version that is described here', () => {
  const { version, devDependencies } = JSON.parse(read('package.json')) as {
    version: string;
    devDependencies: { node: string };
  };
  const node = steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))?.with;
  assert.equal(node?.['node-version'], Number(devDependencies.node.split('.')[0]));
  assert.equal(runs[0], 'npm ci --omit=dev --prefix sallyport');
  const own = checkouts.find(({ with: given }) => given?.['path'] === 'sallyport')?.with;
  assert.equal(own?.['ref'], `v${version}`);
});

test('its commands pass on the files that operators start from, and fail once the catalog has lost what they are about', async () => {
  await using folder = await createTemporaryFolder('workflow');
  const put = (template: string, path: string) => {
    mkdirSync(dirname(folder.at(path)), { recursive: true });
    cpSync(join(root, 'templates', template), folder.at(path));
  };
  symlinkSync(root, folder.at('sallyport'));
  const descriptors: Readonly<Record<string, string>> = {
    'acme/org': 'org.yaml',
    'acme/payments-services': 'catalog-info.yaml',
  };
  for (const { with: given } of checkouts) {
    const template = descriptors[String(given?.['repository'])];
    if (template !== undefined) put(template, join(String(given?.['path']), 'catalog-info.yaml'));
  }
  put('sallyport.yml', 'sallyport.yml');
  put('policy-tests.yml', 'policy-tests.yml');
  const run = (command: string) => {
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    return spawnSync('sh', ['-c', command], { cwd: folder.path, env, encoding: 'utf8' });
  };
  const [check = '', play = '', ...more] = runs.slice(1);
  assert.deepEqual(more, []);
  for (const command of [check, play]) {
    const { status, stdout, stderr } = run(command);
    assert.equal(status, 0, stdout + stderr);
  }
  cpSync(folder.at('catalog', 'org'), folder.at('catalog', 'payments-services'), {
    recursive: true,
  });
  for (const command of [check, play]) assert.equal(run(command).status, 1, command);
});
