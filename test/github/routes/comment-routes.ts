// Comments on issues: list, read, write, edit, delete.
import { z } from 'zod';
import { mayWrite } from '../access.ts';
import { createComment, deleteComment, editComment } from '../comment-actions.ts';
import { endpoint, type Api, type Call } from '../endpoint.ts';
import { writerOf } from '../issue-actions.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { commentShape } from '../shapes/issue-shape.ts';
import type { Comment } from '../state.ts';
import { commentFor, issueFor, requireUnlocked } from './subjects.ts';

const written = z.object({ body: z.string() });
const one = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

export function mountCommentRoutes(api: Api): void {
  const ofIssue = '/repos/{owner}/{repo}/issues/{issue_number}/comments';

  endpoint(api, 'get', ofIssue, async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'read' });
    const since = Date.parse(call.url.searchParams.get('since') ?? '') || 0;
    const found = issue.comments.filter((comment) => comment.updatedAt.getTime() >= since);
    return { status: 200, body: pageOf(call, found).map((c) => commentShape(call.instance, c)) };
  });

  endpoint(api, 'post', ofIssue, async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'write' });
    const writer = writerOf(call.actor);
    requireUnlocked(call, issue);
    const { body } = await call.body(written);
    const comment = createComment(call.instance, issue, { writer, body });
    return { status: 201, body: commentShape(call.instance, comment) };
  });

  endpoint(api, 'get', one, async (call) => {
    const comment = commentFor(call, { permission: 'issues', level: 'read' });
    return { status: 200, body: commentShape(call.instance, comment) };
  });

  endpoint(api, 'patch', one, async (call) => {
    const comment = ownOrManaged(call);
    const { body } = await call.body(written);
    editComment(call.instance, comment, { editor: writerOf(call.actor).account, body });
    return { status: 200, body: commentShape(call.instance, comment) };
  });

  endpoint(api, 'delete', one, async (call) => {
    deleteComment(call.instance, ownOrManaged(call), writerOf(call.actor).account);
    return { status: 204, body: null };
  });
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
