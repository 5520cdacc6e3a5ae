// What a path names (a repository, an issue, a comment), found for a caller who may do what the
// route does with it; otherwise GitHub's refusal, which for what has moved says where it is now.
import { canSee, mayWrite, permittedRepository, type Need } from '../access.ts';
import type { Call } from '../call.ts';
import { refuse } from '../refusals.ts';
import { findIssue } from '../lookups.ts';
import {
  findComment,
  findRepository,
  type Comment,
  type Issue,
  type Repository,
} from '../state.ts';

export function repositoryFor(call: Call<'owner' | 'repo'>, need: Need): Repository {
  const { owner, repo } = call.params;
  const { state } = call.instance;
  if (!findRepository(state, owner, repo)) redirectFormerName(call);
  return permittedRepository(state, call.actor, { owner, repo, need });
}

export function issueFor(call: Call<'owner' | 'repo' | 'issue_number'>, need: Need): Issue {
  const repository = repositoryFor(call, need);
  const number = Number(call.params.issue_number);
  const issue = findIssue(repository, number);
  if (issue) return issue;
  const former = repository.formerIssues.get(number);
  if (former === 'deleted') throw refuse.deleted();
  if (!former || !canSee(call.instance.state, call.actor, former.repository)) {
    throw refuse.notFound();
  }
  const rest = call.url.pathname.split(`/issues/${number}`)[1] ?? '';
  throw moved(call, former.repository, `/issues/${former.number}${rest}`);
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

/** Whether an App may still edit what stands on a locked issue is a habit: see instance.ts. */
export function requireEditable({ actor, instance }: Call, issue: Issue): void {
  const isHeld = issue.locked && !instance.habits.lockedIssuesTakeAppEdits;
  if (!isHeld || actor.kind !== 'installation') return;
  throw refuse.forbidden('Unable to edit comment because issue is locked.');
}

function redirectFormerName(call: Call<'owner' | 'repo'>): void {
  const { state } = call.instance;
  const name = `${call.params.owner}/${call.params.repo}`;
  const repository = state.repositories.get(state.formerNames.get(name.toLowerCase()) ?? 0);
  if (!repository || !canSee(state, call.actor, repository)) return;
  const [, rest = ''] = call.url.pathname.split(`/repos/${name}`);
  throw moved(call, repository, rest);
}

/** By the numeric id, which stays the same whatever the repository is called next. */
function moved(call: Call, { id }: Repository, rest: string) {
  const url = `${call.instance.origin()}/api/v3/repositories/${id}${rest}${call.url.search}`;
  return refuse.moved(call.method, url);
}
