// What is written to GitHub, each a function that says what it is for. Only the outbox calls these: whatever is said goes
// through it.

import { isTextOfIssue } from '../access/request.ts';
import type { ReactionContent, Thread } from '../store/outbox.ts';
import type { GitHub } from './app.ts';
import { absent } from './calls.ts';
import type { CheckText } from './check-text.ts';

/** A comment that was just written; `at` by GitHub's clock. */
interface Commented {
  readonly id: number;
  readonly at: string;
  /** What GitHub made of the text. */
  readonly html: string;
}

const withHtml = { mediaType: { format: 'full' } };

export async function createComment(
  github: GitHub,
  thread: Thread,
  body: string,
): Promise<Commented> {
  const { owner, repo, number } = thread;
  const { data } = await github.rest.issues.createComment({
    owner,
    repo,
    issue_number: number,
    body,
    ...withHtml,
  });
  return { id: data.id, at: data.created_at, html: data.body_html ?? '' };
}

/** Replaces a comment's text; undefined when the comment is gone. */
export async function editComment(
  github: GitHub,
  thread: Thread,
  edit: { id: number; body: string },
): Promise<Commented | undefined> {
  const { owner, repo } = thread;
  const { id, body } = edit;
  return absent(async () => {
    const edited = { owner, repo, comment_id: id, body, ...withHtml };
    const { data } = await github.rest.issues.updateComment(edited);
    return { id, at: data.updated_at, html: data.body_html ?? '' };
  });
}

/**
 * Reacts to a comment, or to an issue where its text is what is meant. GitHub keeps one reaction of a kind for each
 * author, so that twice is once.
 */
export async function react(
  github: GitHub,
  { owner, repo, number }: Thread,
  { commentId, content }: { commentId: number; content: ReactionContent },
): Promise<void> {
  const at = { owner, repo, content };
  if (isTextOfIssue(commentId)) {
    await github.rest.reactions.createForIssue({ ...at, issue_number: number });
  } else {
    await github.rest.reactions.createForIssueComment({ ...at, comment_id: commentId });
  }
}

/** Makes `label` the only one of our labels on the issue. Everybody else's labels stay. */
export async function setLabel(
  github: GitHub,
  thread: Thread,
  label: string,
  prefix: string,
): Promise<void> {
  const { owner, repo, number } = thread;
  const issue = { owner, repo, issue_number: number };
  const { data: labels } = await github.rest.issues.listLabelsOnIssue({ ...issue, per_page: 100 });
  const names = labels.map(({ name }) => name);
  if (!names.includes(label)) await github.rest.issues.addLabels({ ...issue, labels: [label] });
  for (const name of names.filter((each) => each.startsWith(prefix) && each !== label)) {
    await absent(() => github.rest.issues.removeLabel({ ...issue, name }));
  }
}

/** Says something at a commit. A later one of the same name takes its place, so that twice is once. */
export async function createCheckRun(
  github: GitHub,
  { owner, repo }: Thread,
  { sha, name, conclusion, title, summary, annotations }: CheckText & { readonly sha: string },
): Promise<void> {
  await github.rest.checks.create({
    owner,
    repo,
    name,
    head_sha: sha,
    status: 'completed',
    conclusion,
    output: { title, summary, annotations: [...annotations] },
  });
}
