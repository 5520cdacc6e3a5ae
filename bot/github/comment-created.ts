// issue_comment.created: the one event that can be a command. Most comments are none; those of Apps, those on pull
// requests and those in public repositories are no command either, and GitHub is not asked about any of them.

import type { Context } from 'probot';
import { readCommand } from '../access/command.ts';
import { actOn, type ActingParts } from './acting.ts';
import type { GitHub } from './app.ts';

type Payload = Context<'issue_comment.created'>['payload'];

export async function commentCreated(
  parts: ActingParts,
  payload: Payload,
  github: GitHub,
): Promise<void> {
  const { comment, installation, issue, repository, sender } = payload;
  if (readCommand(comment.body).kind === 'none') return;
  if (!mayAct(payload) || installation === undefined) return;
  const told = {
    id: comment.id,
    nodeId: comment.node_id,
    authorId: sender.id,
    installationId: installation.id,
    repositoryId: repository.id,
    issueNumber: issue.number,
  };
  await actOn(parts, told, github);
}

/** Who may act at all: a person, in their own name, on an issue of a repository that is not public. */
function mayAct({ comment, sender, issue, repository }: Payload): boolean {
  return (
    sender.type === 'User' &&
    comment.user?.id === sender.id &&
    !comment.performed_via_github_app &&
    !('pull_request' in issue && issue.pull_request) &&
    repository.private
  );
}
