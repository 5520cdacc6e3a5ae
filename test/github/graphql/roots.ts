// Where a GraphQL document begins: what the queries and the one mutation give. Rights are the REST
// routes': what the caller may not see is not found, what they may not do is forbidden.
import { canSee, permittedRepository, type Need } from '../access.ts';
import { callerKey } from '../auth.ts';
import type { Call } from '../call.ts';
import { minimizeComment } from '../comment-actions.ts';
import { readNodeId } from '../node-ids.ts';
import { timestamp } from '../shapes/timestamp.ts';
import {
  findAccount,
  findComment,
  findRepository,
  type Comment,
  type Issue,
  type Repository,
} from '../state.ts';
import { FieldError, permitted } from './field-error.ts';
import { actorNode, commentNode, issueNode, repositoryNode } from './nodes.ts';

interface MinimizeInput {
  readonly subjectId: string;
  readonly classifier: string;
  readonly clientMutationId?: string | null;
}

export function roots(call: Call) {
  const node = ({ id }: { id: string }): object => {
    const found = visible(call, id, { permission: 'issues', level: 'read' });
    return 'issue' in found ? commentNode(call, found) : issueNode(call, found);
  };
  return {
    node,
    // An error in the list is null in its place, and the others are given.
    nodes: ({ ids }: { ids: readonly string[] }) =>
      ids.map((id) => valueOrError(() => node({ id }))),
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const { state } = call.instance;
      const found = findRepository(state, owner, name);
      if (found && canSee(state, call.actor, found)) return repositoryNode(call, found);
      const message = `Could not resolve to a Repository with the name '${owner}/${name}'.`;
      throw new FieldError('NOT_FOUND', message);
    },
    user: ({ login }: { login: string }) => {
      const found = findAccount(call.instance.state, login);
      if (found?.type === 'User') return actorNode(call, found);
      const message = `Could not resolve to a User with the login of '${login}'.`;
      throw new FieldError('NOT_FOUND', message);
    },
    viewer: () => (call.actor.kind === 'anonymous' ? null : actorNode(call, call.actor.account)),
    rateLimit: () => rateLimit(call),
    minimizeComment: ({ input }: { input: MinimizeInput }) => minimize(call, input),
  };
}

function minimize(call: Call, { subjectId, classifier, clientMutationId }: MinimizeInput): object {
  const need = { permission: 'issues', level: 'write', role: 'write' } as const;
  const comment = visible(call, subjectId, need);
  if (!('issue' in comment)) throw notFound(subjectId);
  minimizeComment(call.instance, comment, classifier);
  return { minimizedComment: () => commentNode(call, comment), clientMutationId };
}

/** The issue or comment behind a global id, when the caller may do this with it. */
function visible(call: Call, id: string, need: Need): Comment | Issue {
  const { state, faults } = call.instance;
  for (const repository of state.repositories.values()) {
    const found = canSee(state, call.actor, repository) && within(repository, id);
    if (!found) continue;
    if (need.level === 'read' && 'issue' in found && faults.hidesComment(found.id)) break;
    const wanted = { owner: repository.owner.login, repo: repository.name, need };
    permitted(() => permittedRepository(state, call.actor, wanted));
    return found;
  }
  throw notFound(id);
}

function within(repository: Repository, id: string): Comment | Issue | undefined {
  const wanted = readNodeId(id);
  if (wanted?.kind === 'IssueComment') return findComment(repository, wanted.id);
  if (wanted?.kind !== 'Issue') return undefined;
  return repository.issues.find((issue) => issue.id === wanted.id);
}

function notFound(id: string): FieldError {
  return new FieldError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
}

function valueOrError(act: () => object): object {
  try {
    return act();
  } catch (error) {
    if (error instanceof FieldError) return error;
    throw error;
  }
}

function rateLimit({ instance, actor }: Call): object {
  const { limit, used, remaining, reset } = instance.rates.count(callerKey(actor), 'graphql', 0);
  const resetAt = timestamp(new Date(reset * 1000));
  return { cost: 1, nodeCount: 0, limit, used, remaining, resetAt };
}
