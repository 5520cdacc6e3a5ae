// Check runs: an App writes one about a commit, and whoever may read the repository reads it.
import { z } from 'zod';
import { addCheckRun } from '../check-actions.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { checkRunShape } from '../shapes/check-shape.ts';
import { repositoryFor } from './subjects.ts';

/** In one call; more are added by updating the run (docs, "Create a check run"). */
const maxAnnotations = 50;

const annotation = z.object({
  path: z.string().min(1),
  start_line: z.int(),
  end_line: z.int(),
  start_column: z.int().optional(),
  end_column: z.int().optional(),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: z.string().min(1),
  title: z.string().max(255).optional(),
});
const conclusion = z.enum(['success', 'failure', 'neutral', 'action_required']);
const newRun = z
  .object({
    name: z.string().min(1),
    head_sha: z.string().regex(/^[0-9a-f]{40}$/),
    status: z.enum(['queued', 'in_progress', 'completed']).default('queued'),
    conclusion: conclusion.optional(),
    details_url: z.url().optional(),
    external_id: z.string().optional(),
    output: z
      .object({
        title: z.string().min(1),
        summary: z.string().max(65_535),
        text: z.string().max(65_535).optional(),
        annotations: z.array(annotation).max(maxAnnotations).default([]),
      })
      .optional(),
  })
  .refine(({ status, conclusion: end }) => (status === 'completed') === (end !== undefined), {
    error: 'a conclusion is for what is completed',
  })
  .refine(({ output }) => output?.annotations.every(isOnOneLine) !== false, {
    error: 'columns are for annotations of one line',
  });

/** GitHub refuses columns where an annotation spans lines. */
function isOnOneLine(each: z.infer<typeof annotation>): boolean {
  return each.start_column === undefined || each.start_line === each.end_line;
}

export function mountCheckRoutes(api: Api): void {
  endpoint(api, 'post', '/repos/{owner}/{repo}/check-runs', async (call) => {
    const { instance, actor } = call;
    const repository = repositoryFor(call, { permission: 'checks', level: 'write' });
    if (actor.kind !== 'installation') {
      throw refuse.forbidden('You must authenticate via a GitHub App.');
    }
    const wanted = await call.body(newRun);
    if (!repository.commits.has(wanted.head_sha)) {
      throw refuse.unprocessable(`No commit found for SHA: ${wanted.head_sha}`);
    }
    const run = {
      id: instance.state.nextId(),
      suiteId: instance.state.nextId(),
      app: actor.app,
      name: wanted.name,
      headSha: wanted.head_sha,
      status: wanted.status,
      conclusion: wanted.conclusion ?? null,
      detailsUrl: wanted.details_url ?? null,
      externalId: wanted.external_id ?? '',
      output: wanted.output ?? null,
      at: instance.now(),
    };
    addCheckRun(instance, repository, run);
    return { status: 201, body: checkRunShape(instance, repository, run) };
  });

  endpoint(api, 'get', '/repos/{owner}/{repo}/commits/{ref}/check-runs', async (call) => {
    const repository = repositoryFor(call, { permission: 'checks', level: 'read' });
    const sha = repository.branches.get(call.params.ref)?.sha ?? call.params.ref;
    const all = repository.checkRuns.filter(({ headSha }) => headSha === sha).toReversed();
    // Of those with one name the last alone, as `filter=latest`, the default, has it.
    const latest = all.filter(
      (run, index) => all.findIndex(({ name }) => name === run.name) === index,
    );
    const runs = pageOf(call, latest).map((run) => checkRunShape(call.instance, repository, run));
    return { status: 200, body: { total_count: latest.length, check_runs: runs } };
  });
}
