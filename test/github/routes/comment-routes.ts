// Comments on issues: list, read, write, edit, delete.
import { z } from 'zod';
import { mayWrite } from '../access.ts';
import { createComment, deleteComment, editComment } from '../comment-actions.ts';
import type { Call } from '../call.ts';
import { htmlFor } from '../comment-html.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { writerOf } from '../issue-actions.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { commentShape } from '../shapes/issue-shape.ts';
import type { Comment, Issue } from '../state.ts';
import { commentFor, issueFor, requireEditable, requireUnlocked } from './subjects.ts';

const written = z.object({ body: z.string() });
const one = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

export function mountCommentRoutes(api: Api): void {
  const ofIssue = '/repos/{owner}/{repo}/issues/{issue_number}/comments';

  endpoint(api, 'get', ofIssue, async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'read' });
    const found = pageOf(call, shownComments(call, issue));
    return { status: 200, body: found.map((one) => commentAnswer(call, one)) };
  });

  endpoint(api, 'post', ofIssue, async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'write' });
    const writer = writerOf(call.actor);
    requireUnlocked(call, issue);
    const { body } = await call.body(written);
    const viaEmail = call.via.kind === 'email';
    const comment = createComment(call.instance, issue, { writer, body, viaEmail });
    return { status: 201, body: commentAnswer(call, comment) };
  });

  endpoint(api, 'get', one, async (call) => {
    const comment = commentFor(call, { permission: 'issues', level: 'read' });
    if (call.instance.faults.hidesComment(comment.id)) throw refuse.notFound();
    return { status: 200, body: commentAnswer(call, comment) };
  });

  endpoint(api, 'patch', one, async (call) => {
    const comment = ownOrManaged(call);
    requireEditable(call, comment.issue);
    const { body } = await call.body(written);
    editComment(call.instance, comment, { editor: writerOf(call.actor).account, body });
    return { status: 200, body: commentAnswer(call, comment) };
  });

  endpoint(api, 'delete', one, async (call) => {
    deleteComment(call.instance, ownOrManaged(call), writerOf(call.actor).account);
    return { status: 204, body: null };
  });
}

function commentAnswer(call: Call, comment: Comment) {
  return { ...commentShape(call.instance, comment), ...htmlFor(call, comment.body) };
}

function shownComments({ url, instance }: Call, { comments }: Issue): Comment[] {
  const since = Date.parse(url.searchParams.get('since') ?? '') || 0;
  return comments.filter(
    ({ id, updatedAt }) => updatedAt.getTime() >= since && !instance.faults.hidesComment(id),
  );
}

/** One's own comment, or anybody's for those who may write: an App with issues: write included. */
function ownOrManaged(call: Call<'owner' | 'repo' | 'comment_id'>): Comment {
  const comment = commentFor(call, { permission: 'issues', level: 'write' });
  const isAuthor = writerOf(call.actor).account === comment.author;
  if (isAuthor || mayWrite(call.instance.state, call.actor, comment.issue.repository)) {
    return comment;
  }
  throw refuse.forbidden('Must have write access to Repository.');
}
