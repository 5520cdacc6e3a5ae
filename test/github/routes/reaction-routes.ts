// Reactions on issues and comments. They have no webhook, on GitHub as here.
import { z } from 'zod';
import { react, removeReaction } from '../comment-actions.ts';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { writerOf } from '../issue-actions.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { reactionShape } from '../shapes/issue-shape.ts';
import type { Comment, Issue } from '../state.ts';
import { commentFor, issueFor, requireUnlocked } from './subjects.ts';

export const reactionContents = [
  '+1',
  '-1',
  'laugh',
  'hooray',
  'confused',
  'heart',
  'rocket',
  'eyes',
] as const;
const wanted = z.object({ content: z.enum(reactionContents) });
const read = { permission: 'issues', level: 'read' } as const;
const write = { permission: 'issues', level: 'write' } as const;

export function mountReactionRoutes(api: Api): void {
  const ofComment = '/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions';
  endpoint(api, 'get', ofComment, async (call) => listed(call, commentFor(call, read)));
  endpoint(api, 'post', ofComment, async (call) => added(call, commentFor(call, write)));
  endpoint(api, 'delete', `${ofComment}/{reaction_id}`, async (call) =>
    removed(call, commentFor(call, write)),
  );

  const ofIssue = '/repos/{owner}/{repo}/issues/{issue_number}/reactions';
  endpoint(api, 'get', ofIssue, async (call) => listed(call, issueFor(call, read)));
  endpoint(api, 'post', ofIssue, async (call) => added(call, issueFor(call, write)));
  endpoint(api, 'delete', `${ofIssue}/{reaction_id}`, async (call) =>
    removed(call, issueFor(call, write)),
  );
}

function listed(call: Call, { reactions }: Comment | Issue) {
  const content = call.url.searchParams.get('content');
  const found = reactions.filter((one) => content === null || one.content === content);
  const body = pageOf(call, found).map((one) => reactionShape(call.instance, one));
  return { status: 200 as const, body };
}

async function added(call: Call, subject: Comment | Issue) {
  requireUnlocked(call, 'issue' in subject ? subject.issue : subject);
  const { content } = await call.body(wanted);
  const user = writerOf(call.actor).account;
  const { reaction, isNew } = react(call.instance, subject, { user, content });
  const body = reactionShape(call.instance, reaction);
  return isNew ? { status: 201 as const, body } : { status: 200 as const, body };
}

/** Only one's own: GitHub lets nobody take back another's reaction. */
async function removed(call: Call<'reaction_id'>, subject: Comment | Issue) {
  const id = Number(call.params.reaction_id);
  const reaction = subject.reactions.find((one) => one.id === id);
  if (!reaction) throw refuse.notFound();
  if (reaction.user !== writerOf(call.actor).account) {
    throw refuse.forbidden('You can only delete your own reactions.');
  }
  removeReaction(call.instance, subject, reaction);
  return { status: 204 as const, body: null };
}
