// The payloads of `pull_request`.
import { pullShape } from '../shapes/pull-shape.ts';
import type { PullRequest, Repository } from '../state.ts';
import { inRepository, type Happening } from './happening.ts';

export type PullNews =
  | { readonly action: 'opened' }
  | { readonly action: 'synchronize'; readonly before: string; readonly after: string }
  | {
      readonly action: 'edited';
      readonly from: { readonly branch: string; readonly sha: string };
    };

export function pullPayload(
  happening: Happening,
  repository: Repository,
  { pull, news }: { pull: PullRequest; news: PullNews },
) {
  const body = {
    number: pull.number,
    pull_request: pullShape(happening.instance, repository, pull),
    ...inRepository(happening, repository),
  };
  if (news.action === 'edited') {
    const { branch, sha } = news.from;
    const changes = { base: { ref: { from: branch }, sha: { from: sha } } };
    return { action: news.action, changes, ...body };
  }
  return { ...news, ...body };
}
