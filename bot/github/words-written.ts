// issue_comment.created and issues.opened: the events that can be a command. Most comments are none; those of Apps and
// those on pull requests are no command either, nor are those in public repositories that the policy does not list, and
// GitHub is not asked about any of them.

import type { Context } from 'probot';
import { allowsPublic } from '../access/policy.ts';
import { textOfIssue } from '../access/request.ts';
import { actOn, readingOf, type ActingParts } from './acting.ts';
import type { GitHub } from './app.ts';

type Payload = Context<'issue_comment.created' | 'issues.opened'>['payload'];

export async function wordsWritten(
  parts: ActingParts,
  payload: Payload,
  github: GitHub,
): Promise<void> {
  const { installation, issue, repository, sender } = payload;
  const words = 'comment' in payload ? payload.comment : payload.issue;
  const id = 'comment' in payload ? words.id : textOfIssue(words.id);
  if (readingOf(parts, { id, body: words.body ?? '' }).kind === 'none') return;
  if (!mayAct(payload, words) || installation === undefined) return;
  if (!repository.private && !(await isListed(parts, repository.full_name))) return;
  const told = {
    id,
    nodeId: words.node_id,
    authorId: sender.id,
    installationId: installation.id,
    repositoryId: repository.id,
    issueNumber: issue.number,
  };
  await actOn(parts, told, github);
}

/** Who may act at all: a person, in their own name, on an issue. */
function mayAct(
  { sender, issue }: Payload,
  words: {
    readonly user: { readonly id: number } | null;
    readonly performed_via_github_app?: object | null;
  },
): boolean {
  return (
    sender.type === 'User' &&
    words.user?.id === sender.id &&
    !words.performed_via_github_app &&
    !('pull_request' in issue && issue.pull_request)
  );
}

async function isListed({ rules }: ActingParts, repository: string): Promise<boolean> {
  return allowsPublic(await rules.policy(), repository);
}
