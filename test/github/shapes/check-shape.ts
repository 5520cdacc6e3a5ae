// Check runs as GitHub writes them into answers and webhooks.
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import type { CheckRun, Repository } from '../state.ts';
import { appShape } from './app-shape.ts';
import { apiUrl, webUrl } from './repository-shape.ts';
import { timestamp } from './timestamp.ts';

export function checkRunShape(instance: Instance, repository: Repository, run: CheckRun) {
  const url = `${apiUrl(instance, repository)}/check-runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: `${webUrl(instance, repository)}/runs/${run.id}`,
    details_url: run.detailsUrl ?? `${webUrl(instance, repository)}/runs/${run.id}`,
    status: run.status,
    conclusion: run.conclusion,
    started_at: timestamp(run.at),
    completed_at: run.status === 'completed' ? timestamp(run.at) : null,
    output: {
      title: run.output?.title ?? null,
      summary: run.output?.summary ?? null,
      text: run.output?.text ?? null,
      annotations_count: run.output?.annotations.length ?? 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: appShape(instance, run.app),
    pull_requests: [],
  };
}
