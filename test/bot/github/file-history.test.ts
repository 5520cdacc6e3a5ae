// What a file was before, as GitHub has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { readDescriptors } from '../../../bot/github/descriptors.ts';
import { newestUsable } from '../../../bot/github/file-history.ts';
import { installationClient, startAcme } from '../../github/fixture.ts';
import { requireAccount } from '../../github/lookups.ts';
import { putFile, removeFile } from '../../github/repository-actions.ts';
import { findRepository } from '../../github/state.ts';
import { policyOf, policyText, resource } from '../access/world.ts';

const at = { repository: 'acme/access', path: 'a/b.yaml' };

/** A repository in which one file gets one version after the other; undefined takes it away. */
async function openHistory(versions: readonly (string | undefined)[]) {
  const github = await startAcme();
  const { instance } = github;
  const repository = findRepository(instance.state, 'acme', 'access') ?? assert.fail();
  const account = requireAccount(instance.state, 'omar');
  const made = { path: at.path, branch: 'main', message: 'Change', account };
  for (const text of versions) {
    if (text === undefined) removeFile(instance, repository, made);
    else putFile(instance, repository, { ...made, bytes: Buffer.from(text) });
    putFile(instance, repository, { ...made, path: 'other', bytes: Buffer.from(`${text}`) });
  }
  return {
    github,
    octokit: installationClient(github),
    [Symbol.asyncDispose]: () => github.close(),
  };
}

test('the versions of a file are looked at from the newest on, until one can be used', async () => {
  await using world = await openHistory(['1', '2', undefined, '3', '4']);
  const seen: string[] = [];
  const found = await newestUsable(world.octokit, at, ({ text, commit, revision }) => {
    seen.push(text);
    return text === '2' ? { commit, revision } : undefined;
  });
  assert.deepEqual(seen, ['4', '3', '2']);
  const { commits } =
    findRepository(world.github.instance.state, 'acme', 'access') ?? assert.fail();
  assert.equal(commits.get(found?.commit ?? '')?.files.get(at.path)?.sha, found?.revision);
  assert.deepEqual(world.github.unhandled, []);
});

test('ten versions are looked at, and what is older is not', async () => {
  await using world = await openHistory(Array.from({ length: 12 }, (_, n) => `${n}`));
  const seen: string[] = [];
  const found = await newestUsable(world.octokit, at, ({ text }) => void seen.push(text));
  assert.equal(found, undefined);
  assert.deepEqual(seen, ['11', '10', '9', '8', '7', '6', '5', '4', '3', '2']);
});

test('a version that is too long to be read is passed over', async () => {
  await using world = await openHistory(['good', 'x'.repeat(1024 * 1024 + 1)]);
  assert.equal(await newestUsable(world.octokit, at, ({ text }) => text), 'good');
});

test('while GitHub does not give out the history a repository counts as unread, and the next reading looks again', async () => {
  await using world = await openHistory([resource({ name: 'b' }), '{']);
  const route = 'GET /repos/{owner}/{repo}/commits';
  world.github.addFault({ kind: 'answer', status: 502, route, times: 1 });
  const { repository, path } = at;
  const open = () => readDescriptors(world.octokit, repository, { path });
  const catalog = openCatalog([{ repository, open }]);
  const codes = async () => (await catalog.refresh()).map(({ code }) => code);
  assert.deepEqual(await codes(), ['unreadable']);
  assert.deepEqual(await codes(), ['broken-file']);
  const { policy } = policyOf(policyText.replaceAll('acme/payments-services', repository));
  assert.deepEqual([...catalog.snapshot(policy).resources.keys()], ['resource:payments/b']);
});
