// Branches and pull requests, as far as a pull request can be opened.
import { z } from 'zod';
import { endpoint, type Api } from '../endpoint.ts';
import { writerOf } from '../issue-actions.ts';
import { nodeId } from '../node-ids.ts';
import { createBranch, openPull } from '../pull-actions.ts';
import { refuse } from '../refusals.ts';
import { apiUrl } from '../shapes/repository-shape.ts';
import { pullShape } from '../shapes/pull-shape.ts';
import { repositoryFor } from './subjects.ts';

const newRef = z.object({ ref: z.string().startsWith('refs/heads/'), sha: z.string() });
const newPull = z.object({ title: z.string().min(1), head: z.string(), base: z.string() });

export function mountPullRoutes(api: Api): void {
  endpoint(api, 'post', '/repos/{owner}/{repo}/git/refs', async (call) => {
    const need = { permission: 'contents', level: 'write', role: 'write' } as const;
    const repository = repositoryFor(call, need);
    const { ref, sha } = await call.body(newRef);
    const head = repository.branches.get(repository.defaultBranch);
    // Branches begin at the default branch's head here; nobody needs another beginning yet.
    if (head?.sha !== sha) throw refuse.unprocessable('Object does not exist');
    createBranch(repository, ref.slice('refs/heads/'.length));
    const url = `${apiUrl(call.instance, repository)}/git/${ref}`;
    const object = {
      type: 'commit',
      sha,
      url: `${apiUrl(call.instance, repository)}/git/commits/${sha}`,
    };
    return { status: 201, body: { ref, node_id: nodeId('Ref', ref), url, object } };
  });

  endpoint(api, 'post', '/repos/{owner}/{repo}/pulls', async (call) => {
    const { instance } = call;
    const need = { permission: 'pull_requests', level: 'write' } as const;
    const repository = repositoryFor(call, need);
    const { account: author } = writerOf(call.actor);
    const pull = openPull(instance, repository, { author, ...(await call.body(newPull)) });
    return { status: 201, body: pullShape(instance, repository, pull) };
  });
}
