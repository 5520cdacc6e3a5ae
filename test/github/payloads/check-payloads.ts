// The payloads of `check_run` and `check_suite`.
import { nodeId } from '../node-ids.ts';
import { appShape } from '../shapes/app-shape.ts';
import { checkRunShape } from '../shapes/check-shape.ts';
import { apiUrl } from '../shapes/repository-shape.ts';
import type { CheckRun, Repository } from '../state.ts';
import { inRepository, type Happening, type Payload } from './happening.ts';

export function checkRunPayload(
  happening: Happening,
  repository: Repository,
  { run, action }: { run: CheckRun; action: 'created' | 'completed' | 'rerequested' },
) {
  const check_run = {
    ...checkRunShape(happening.instance, repository, run),
    started_at: run.at.toISOString(),
  } satisfies Payload<'check-run-with-simple-check-suite'>;
  return { action, check_run, ...inRepository(happening, repository) };
}

/** The checks of one App about one commit, asked for again as a whole. */
export function checkSuitePayload(happening: Happening, repository: Repository, run: CheckRun) {
  const { instance } = happening;
  const commit = repository.commits.get(run.headSha);
  const at = run.at.toISOString();
  const url = `${apiUrl(instance, repository)}/check-suites/${run.suiteId}`;
  const who = { name: commit?.author.name ?? '', email: commit?.author.email ?? '' };
  const check_suite = {
    id: run.suiteId,
    node_id: nodeId('CheckSuite', run.suiteId),
    url,
    head_sha: run.headSha,
    head_branch: null,
    before: commit?.parent ?? null,
    after: run.headSha,
    status: 'queued' as const,
    conclusion: null,
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: 1,
    check_runs_url: `${url}/check-runs`,
    created_at: at,
    updated_at: at,
    pull_requests: [],
    head_commit: {
      id: run.headSha,
      tree_id: commit?.tree.sha ?? '',
      message: commit?.message ?? '',
      timestamp: at,
      author: who,
      committer: who,
    },
    app: appShape(instance, run.app),
  };
  return { action: 'rerequested' as const, check_suite, ...inRepository(happening, repository) };
}
