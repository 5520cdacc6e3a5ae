// A pull request as GitHub writes it into answers and webhooks.
import { associationOf } from '../access.ts';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import type { PullRequest, Repository } from '../state.ts';
import { simpleUser } from './account-shape.ts';
import { apiUrl, repositoryShape, webUrl } from './repository-shape.ts';
import { timestamp } from './timestamp.ts';

export function pullShape(instance: Instance, repository: Repository, pull: PullRequest) {
  const { number, id, author } = pull;
  const url = `${apiUrl(instance, repository)}/pulls/${number}`;
  const issueUrl = `${apiUrl(instance, repository)}/issues/${number}`;
  const html = `${webUrl(instance, repository)}/pull/${number}`;
  const end = (branch: string) => ({
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    repo: repositoryShape(instance, repository),
    sha: repository.branches.get(branch)?.sha ?? '',
    user: simpleUser(instance, repository.owner),
  });
  const head = end(pull.head);
  return {
    url,
    id,
    node_id: nodeId('PullRequest', id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${apiUrl(instance, repository)}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: `${apiUrl(instance, repository)}/statuses/${head.sha}`,
    number,
    state: 'open' as const,
    locked: false,
    title: pull.title,
    user: simpleUser(instance, author),
    body: null,
    labels: [],
    milestone: null,
    active_lock_reason: null,
    created_at: timestamp(pull.createdAt),
    updated_at: timestamp(pull.updatedAt),
    closed_at: null,
    merged_at: null,
    merge_commit_sha: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head,
    base: end(pull.base),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${apiUrl(instance, repository)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: `${apiUrl(instance, repository)}/statuses/${head.sha}` },
    },
    author_association: associationOf(instance.state, repository, author),
    auto_merge: null,
    draft: false,
    merged: false,
    mergeable: null,
    rebaseable: null,
    mergeable_state: 'unknown',
    merged_by: null,
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 1,
    additions: 0,
    deletions: 0,
    changed_files: 1,
  };
}
