// `sallyportd policy test` and `explain` on real files.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../bot/cli/command.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { cases, people, policy, rules, run, services, templates } from './policy-files.ts';

test('the cases that operators start from hold for the policy and the catalog that they start from', async () => {
  // As the README has it, for the top of the repository.
  const readme = await readFile(join(templates, '..', 'README.md'), 'utf8');
  const [, line = ''] = /^npx --no -- sallyportd policy (test [^`]+)\n```/m.exec(readme) ?? [];
  const words = line.replaceAll('\\\n', '').replaceAll('templates/', `${templates}/`);
  const { code, out, err } = await run(...words.split(/ +/));
  assert.equal(code, 0, out);
  assert.match(out, /^ok {4}One owner is not enough to write$/m);
  assert.match(out, /\n10 cases, 0 failed\.$/);
  assert.equal(err, '');
});

test('a policy that decides otherwise fails the test, at the line of each case that it breaks', async () => {
  await using folder = await createTemporaryFolder('policy');
  const looser = folder.at('sallyport.yml');
  const text = await readFile(policy, 'utf8');
  await writeFile(looser, text.replace('max: 2h, approvals: 2', 'max: 2h, approvals: 1'));
  const words = ['--policy', looser, '--catalog', people, '--catalog', services];
  const { code, out } = await run('test', cases, ...words);
  assert.equal(code, 1);
  const [place = '', other = '', ...more] = out.match(/^FAIL .*$/gm) ?? [];
  // The second owner finds that the first one was enough.
  assert.match(other, /Two owners are \(/);
  assert.deepEqual(more, []);
  const [, line = ''] =
    /^FAIL {2}One owner is not enough to write \(.*policy-tests\.yml:(\d+)\)$/.exec(place) ?? [];
  const named = (await readFile(cases, 'utf8')).split('\n')[Number(line) - 1];
  assert.match(named ?? '', /- name: One owner is not enough to write/);
  assert.match(out, /expect {2}expected {2}open\n +found {5}granted\n/);
  assert.match(out, /\n10 cases, 2 failed\.$/);

  const told = await run('test', cases, ...words, '--json');
  assert.equal(told.code, 1);
  const report = JSON.parse(told.out) as { passed: number; failed: number; cases: unknown[] };
  assert.deepEqual([report.passed, report.failed, report.cases.length], [8, 2, 10]);
});

test('cases with a fault are not played: every fault is told with its file, line and column', async () => {
  await using folder = await createTemporaryFolder('policy');
  const file = folder.at('cases.yml');
  await writeFile(file, 'version: 1\ncases:\n  - { who: dana, ask: payments-db, expect: open }\n');
  const { code, out, err } = await run('test', file, ...rules);
  assert.deepEqual([code, out], [1, '']);
  assert.deepEqual(err.split('\n'), [
    `${file}:3:18: cases[0].ask: There is no key ask here. Did you mean asks?`,
    'Nothing was tested.',
  ]);
});

test('a file that is not there, or is none, is told in plain words', async () => {
  await using folder = await createTemporaryFolder('policy');
  const none = folder.at('none.yml');
  for (const [words, outcome] of [
    [['check', none], 'The policy was not checked.'],
    [['test', none, ...rules], 'Nothing was tested.'],
    [['check', policy, '--catalog', `acme/org=${none}`], 'The policy was not checked.'],
    [
      ['explain', 'x', '--as', 'dana', '--catalog', people, '--policy', none],
      'Nothing was explained.',
    ],
  ] as const) {
    const { code, out, err } = await run(...words);
    assert.deepEqual([code, out, err], [1, '', `${none} does not exist.\n${outcome}`]);
  }
  const { err } = await run('check', folder.path);
  assert.equal(err, `${folder.path} is not a file.\nThe policy was not checked.`);
});

test('explain says what /why would, to whoever runs it about somebody else, and by its exit code whether they may ask', async () => {
  const may = await run('explain', 'payments-db', '--as', 'dana', ...rules);
  assert.equal(may.code, 0);
  assert.match(may.out, /^dana may ask for resource:payments\/payments-db:\n/);
  assert.match(may.out, /✓ person-is-known: Whoever asks is user:default\/dana in the catalog\./);
  assert.match(may.out, /✓ requester-is-eligible: Members of group:default\/engineering may ask\./);
  assert.match(may.out, /To ask, comment: \/connect resource:payments\/payments-db$/);
  const words = ['--as', 'user:default/dana', '--role', 'root', '--at', '2026-11-24T09:00Z'];
  const no = await run('explain', 'payments-db', ...words, ...rules);
  assert.equal(no.code, 1);
  assert.match(no.out, /✗ role-exists: resource:payments\/payments-db has no role root\./);
  await using folder = await createTemporaryFolder('policy');
  const confirmed = (await readFile(policy, 'utf8')).replace('# stewards:', 'stewards:');
  await writeFile(folder.at('sallyport.yml'), confirmed);
  const files = [
    '--policy',
    folder.at('sallyport.yml'),
    '--catalog',
    people,
    '--catalog',
    services,
  ];
  const fresh = await run('explain', 'payments-db', '--as', 'dana', '--new', ...files);
  assert.equal(fresh.code, 0);
  assert.match(
    fresh.out,
    /✓ stewards-confirm: [^]*and 1 approval by .*\(group:default\/platform\)/,
  );
  const nobody = await run('explain', 'payments-db', '--as', 'user:default/dan', ...rules);
  assert.deepEqual([nobody.code, nobody.out], [1, '']);
  assert.match(nobody.err, /has no user:default\/dan that counts\.\nNothing was explained\./);
});

test('who is in a GitHub team is stated, and said to be missing where it was not', async () => {
  await using folder = await createTemporaryFolder('policy');
  const org = (await readFile(join(templates, 'org.yaml'), 'utf8')).replace(
    'metadata: { name: engineering }',
    'metadata: { name: engineering, annotations: { github.com/team-slug: Acme/Engineering } }',
  );
  await writeFile(folder.at('org.yaml'), org);
  const words = [
    '--as',
    'dana',
    '--policy',
    policy,
    '--catalog',
    `acme/org=${folder.at('org.yaml')}`,
  ];
  const asked = ['explain', 'payments-db', ...words, '--catalog', services];
  const without = await run(...asked);
  assert.equal(without.code, 1);
  assert.match(without.out, /Nobody was said to be in Acme\/Engineering, so that nobody is\./);
  const stated = await run(...asked, '--team', 'acme/engineering=bea,user:default/dana');
  assert.equal(stated.code, 0, stated.out);
});

test('with a descriptor file that is broken nothing is tested: nobody knows what is missing', async () => {
  await using folder = await createTemporaryFolder('policy');
  await writeFile(folder.at('org.yaml'), 'kind: [User\n');
  const words = ['--policy', policy, '--catalog', `acme/org=${folder.at('org.yaml')}`];
  const { code, out, err } = await run('test', cases, ...words);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /org\.yaml:\d+: .*\nNothing was tested\.$/);
});

for (const words of [
  [],
  ['tset', cases, ...rules],
  ['check', policy, policy],
  ['test', ...rules],
  ['test', cases],
  ['test', cases, cases, ...rules],
  ['test', cases, ...rules, '--catalog', 'org.yaml'],
  ['test', cases, ...rules, '--at', '2026-11-24T09:00Z'],
  ['explain', 'payments-db', ...rules],
  ['explain', '--as', 'dana', ...rules],
  ['explain', 'payments-db', '--as', '@dana', ...rules],
  ['explain', 'payments-db', '--as', 'dana', '--at', 'noon', ...rules],
  ['explain', 'payments-db', '--as', 'dana', '--team', 'acme/dba', ...rules],
]) {
  const shown = words.map((word) => word.split('/').at(-1)).join(' ');
  test(`words of policy that are not understood read no file: ${shown || 'none'}`, async () => {
    await assert.rejects(run(...words), UsageError);
  });
}
