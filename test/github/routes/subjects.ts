// What a path names (a repository, an issue, a comment), found for a caller who may do what the
// route does with it; otherwise GitHub's refusal.
import { mayWrite, permittedRepository, type Need } from '../access.ts';
import type { Call } from '../endpoint.ts';
import { refuse } from '../refusals.ts';
import { findComment, type Comment, type Issue, type Repository } from '../state.ts';

export function repositoryFor(call: Call<'owner' | 'repo'>, need: Need): Repository {
  const { owner, repo } = call.params;
  return permittedRepository(call.instance.state, call.actor, { owner, repo, need });
}

export function issueFor(call: Call<'owner' | 'repo' | 'issue_number'>, need: Need): Issue {
  const repository = repositoryFor(call, need);
  const number = Number(call.params.issue_number);
  const issue = repository.issues.find((one) => one.number === number);
  if (!issue) throw refuse.notFound();
  return issue;
}

export function commentFor(call: Call<'owner' | 'repo' | 'comment_id'>, need: Need): Comment {
  const repository = repositoryFor(call, need);
  const comment = findComment(repository, Number(call.params.comment_id));
  if (!comment) throw refuse.notFound();
  return comment;
}

/** A locked issue takes nothing from an App, nor from a person who cannot write to the repository. */
export function requireUnlocked(call: Call, issue: Issue): void {
  if (!issue.locked) return;
  const { actor, instance } = call;
  if (actor.kind === 'user' && mayWrite(instance.state, actor, issue.repository)) return;
  throw refuse.forbidden('Unable to create comment because issue is locked.');
}
