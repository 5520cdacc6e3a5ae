// Issues, comments and reactions as GitHub writes them into answers and webhooks.
import type { components } from '@octokit/openapi-types';
import { associationOf } from '../access.ts';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import type { Comment, Issue, Reaction, ReactionContent } from '../state.ts';
import { simpleUser } from './account-shape.ts';
import { appShape } from './app-shape.ts';
import { apiUrl, labelShape, webUrl } from './repository-shape.ts';
import { timestamp } from './timestamp.ts';

type Schemas = components['schemas'];

export function issueShape(instance: Instance, issue: Issue) {
  const { repository } = issue;
  const base = apiUrl(instance, repository);
  const url = `${base}/issues/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: base,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: issueWebUrl(instance, issue),
    number: issue.number,
    title: issue.title,
    user: simpleUser(instance, issue.author),
    labels: issue.labels.map((label) => labelShape(instance, repository, label)),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.locked,
    active_lock_reason: issue.lockReason,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: issue.comments.length,
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    closed_at: issue.closedAt && timestamp(issue.closedAt),
    author_association: associationOf(instance.state, repository, issue.author),
    body: issue.body === '' ? null : issue.body,
    reactions: rollup(url, issue.reactions),
    performed_via_github_app: issue.viaApp && appShape(instance, issue.viaApp),
  } satisfies Schemas['issue'];
}

/** The form of `GET …/issues/{number}`, which also says who closed it. */
export function fullIssue(instance: Instance, issue: Issue) {
  return {
    ...issueShape(instance, issue),
    closed_by: issue.closedBy && simpleUser(instance, issue.closedBy),
  } satisfies Schemas['issue'];
}

export function commentShape(instance: Instance, comment: Comment) {
  const { issue } = comment;
  const base = apiUrl(instance, issue.repository);
  const url = `${base}/issues/comments/${comment.id}`;
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${issueWebUrl(instance, issue)}#issuecomment-${comment.id}`,
    issue_url: `${base}/issues/${issue.number}`,
    user: simpleUser(instance, comment.author),
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association: associationOf(instance.state, issue.repository, comment.author),
    body: comment.body,
    reactions: rollup(url, comment.reactions),
    performed_via_github_app: comment.viaApp && appShape(instance, comment.viaApp),
  } satisfies Schemas['issue-comment'];
}

export function reactionShape(instance: Instance, reaction: Reaction): Schemas['reaction'] {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: simpleUser(instance, reaction.user),
    content: reaction.content,
    created_at: timestamp(reaction.createdAt),
  };
}

export function issueWebUrl(instance: Instance, issue: Issue): string {
  return `${webUrl(instance, issue.repository)}/issues/${issue.number}`;
}

function rollup(url: string, reactions: readonly Reaction[]) {
  const count = (content: ReactionContent): number =>
    reactions.filter((one) => one.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    hooray: count('hooray'),
    confused: count('confused'),
    heart: count('heart'),
    rocket: count('rocket'),
    eyes: count('eyes'),
  } satisfies Schemas['reaction-rollup'];
}
