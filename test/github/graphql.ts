// The GraphQL a bot needs: `node`, `nodes` and `viewer` on issues and comments, and `minimizeComment`.
// A small executor that is honest about its size: a field it does not know is an error in GitHub's
// words, not null. Rights are the REST routes': what the caller may not see is not found.
import { z } from 'zod';
import { canSee, mayWrite, permittedRepository } from './access.ts';
import { minimizeComment } from './comment-actions.ts';
import type { Call } from './endpoint.ts';
import {
  GraphqlSyntaxError,
  parseOperation,
  type Field,
  type Selection,
} from './graphql-parser.ts';
import { nodeId, readNodeId } from './node-ids.ts';
import { refuse } from './refusals.ts';
import { commentShape, issueShape } from './shapes/issue-shape.ts';
import { findComment, type Account, type Comment, type Edit, type Issue } from './state.ts';

const requestSchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullable().default(null),
});

interface GraphqlError {
  readonly type?: string;
  readonly message: string;
  readonly path?: readonly string[];
}

/** Thrown by a resolver; becomes an entry of `errors`, with null in its place. */
class FieldError extends Error {
  readonly code = 'graphql-field';
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

type Resolver = (args: Readonly<Record<string, unknown>>) => unknown;

/** Something with fields; `type` is its name in GitHub's schema. */
interface Node {
  readonly type: string;
  readonly fields: Readonly<Record<string, Resolver>>;
}

export async function answerGraphql(call: Call): Promise<{ status: 200; body: unknown }> {
  if (call.actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (call.actor.kind === 'app') throw refuse.notAccessible({});
  const { query, variables } = await call.body(requestSchema);
  const errors: GraphqlError[] = [];
  try {
    const operation = parseOperation(query, variables ?? {});
    const root = operation.kind === 'query' ? queryRoot(call) : mutationRoot(call);
    const data = select(root, operation.selection, { errors, path: [] });
    return { status: 200, body: errors.length > 0 ? { data, errors } : { data } };
  } catch (error) {
    if (!(error instanceof GraphqlSyntaxError)) throw error;
    return { status: 200, body: { errors: [{ message: error.message }] } };
  }
}

/** Whether a request changes anything; one that cannot be read does not. */
export function isMutation(body: string): boolean {
  try {
    return /^[\s,]*mutation\b/.test(requestSchema.parse(JSON.parse(body)).query);
  } catch {
    return false;
  }
}

interface Progress {
  readonly errors: GraphqlError[];
  readonly path: readonly string[];
}

function select(node: Node, selection: readonly Selection[], progress: Progress): unknown {
  const result: Record<string, unknown> = {};
  for (const one of selection) {
    if (one.kind === 'fragment') {
      const matches = one.onType === node.type || interfacesOf(node.type).includes(one.onType);
      if (matches) Object.assign(result, select(node, one.selection, progress));
      continue;
    }
    const path = [...progress.path, one.alias];
    try {
      result[one.alias] = complete(fieldOf(node, one), one, { errors: progress.errors, path });
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      progress.errors.push({ type: error.type, message: error.message, path });
      result[one.alias] = null;
    }
  }
  return result;
}

function fieldOf(node: Node, field: Field): unknown {
  if (field.name === '__typename') return node.type;
  const resolver = Object.hasOwn(node.fields, field.name) ? node.fields[field.name] : undefined;
  if (!resolver) {
    const message = `Field '${field.name}' doesn't exist on type '${node.type}'`;
    throw new FieldError('undefinedField', message);
  }
  return resolver(field.args);
}

function complete(value: unknown, field: Field, progress: Progress): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => complete(one, field, progress));
  if (isNode(value)) return select(value, field.selection, progress);
  return value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'fields' in value;
}

function interfacesOf(type: string): readonly string[] {
  const actors = ['User', 'Bot', 'Organization', 'Mannequin'];
  if (actors.includes(type)) return ['Actor', 'Node'];
  return ['Comment', 'Node', ...(type === 'IssueComment' ? ['Minimizable'] : [])];
}

function queryRoot(call: Call): Node {
  const find = (id: unknown): Node => {
    const node = typeof id === 'string' ? visible(call, id) : undefined;
    if (node) return 'issue' in node ? commentNode(call, node) : issueNode(call, node);
    throw new FieldError(
      'NOT_FOUND',
      `Could not resolve to a node with the global id of '${String(id)}'`,
    );
  };
  return {
    type: 'Query',
    fields: {
      node: ({ id }) => find(id),
      nodes: ({ ids }) => (Array.isArray(ids) ? ids.map(find) : []),
      viewer: () => (call.actor.kind === 'anonymous' ? null : actorNode(call.actor.account)),
    },
  };
}

const minimizing = z.object({
  subjectId: z.string(),
  classifier: z.enum(['ABUSE', 'DUPLICATE', 'OFF_TOPIC', 'OUTDATED', 'RESOLVED', 'SPAM']),
  clientMutationId: z.string().optional(),
});

function mutationRoot(call: Call): Node {
  return {
    type: 'Mutation',
    fields: {
      minimizeComment: ({ input }) => {
        const wanted = minimizing.safeParse(input);
        if (!wanted.success) throw new FieldError('argumentLiteralsIncompatible', 'Bad input');
        const { subjectId, classifier, clientMutationId = null } = wanted.data;
        const comment = visible(call, subjectId);
        if (!comment || !('issue' in comment)) {
          throw new FieldError('NOT_FOUND', `Could not resolve to a node with '${subjectId}'`);
        }
        if (!mayWrite(call.instance.state, call.actor, comment.issue.repository)) {
          throw new FieldError('FORBIDDEN', 'Resource not accessible by integration');
        }
        minimizeComment(call.instance, comment, classifier);
        const fields = {
          minimizedComment: () => commentNode(call, comment),
          clientMutationId: () => clientMutationId,
        };
        return { type: 'MinimizeCommentPayload', fields };
      },
    },
  };
}

/** The issue or comment behind a global id, when the caller may read it. */
function visible(call: Call, id: string): Comment | Issue | undefined {
  const wanted = readNodeId(id);
  const { state } = call.instance;
  for (const repository of state.repositories.values()) {
    if (!canSee(state, call.actor, repository)) continue;
    const found =
      wanted?.kind === 'Issue'
        ? repository.issues.find((issue) => issue.id === wanted.id)
        : wanted?.kind === 'IssueComment' && findComment(repository, wanted.id);
    if (!found) continue;
    const need = { permission: 'issues', level: 'read' } as const;
    const name = { owner: repository.owner.login, repo: repository.name };
    permittedRepository(state, call.actor, { ...name, need });
    return found;
  }
  return undefined;
}

function commentNode(call: Call, comment: Comment): Node {
  return {
    type: 'IssueComment',
    fields: {
      ...writtenFields(comment, 'IssueComment'),
      url: () => commentShape(call.instance, comment).html_url,
      createdViaEmail: () => comment.createdViaEmail,
      isMinimized: () => comment.minimizedReason !== null,
      minimizedReason: () => comment.minimizedReason?.toLowerCase() ?? null,
      issue: () => issueNode(call, comment.issue),
      // There are no pull requests here.
      pullRequest: () => null,
      repository: () => repositoryNode(comment.issue.repository),
    },
  };
}

function repositoryNode(repository: Comment['issue']['repository']): Node {
  return {
    type: 'Repository',
    fields: {
      id: () => nodeId('Repository', repository.id),
      databaseId: () => repository.id,
      name: () => repository.name,
      isPrivate: () => repository.private,
      owner: () => actorNode(repository.owner),
    },
  };
}

function issueNode(call: Call, issue: Issue): Node {
  return {
    type: 'Issue',
    fields: {
      ...writtenFields(issue, 'Issue'),
      url: () => issueShape(call.instance, issue).html_url,
      createdViaEmail: () => false,
      number: () => issue.number,
      title: () => issue.title,
      state: () => issue.state.toUpperCase(),
      locked: () => issue.locked,
    },
  };
}

function writtenFields(subject: Comment | Issue, kind: 'Issue' | 'IssueComment') {
  const last = subject.edits.at(-1);
  return {
    id: () => nodeId(kind, subject.id),
    databaseId: () => subject.id,
    body: () => subject.body,
    createdAt: () => subject.createdAt.toISOString(),
    updatedAt: () => subject.updatedAt.toISOString(),
    lastEditedAt: () => last?.at.toISOString() ?? null,
    // True when the history holds the first version, which it does as soon as there is an edit.
    includesCreatedEdit: () => last !== undefined,
    editor: () => last && actorNode(last.editor),
    author: () => actorNode(subject.author),
    userContentEdits: () => editsNode(subject.edits),
  } satisfies Record<string, Resolver>;
}

function editsNode(edits: readonly Edit[]): Node {
  const nodes = edits.map(({ editor, at }) => {
    const fields = { editedAt: () => at.toISOString(), editor: () => actorNode(editor) };
    return { type: 'UserContentEdit', fields };
  });
  const fields = { totalCount: () => edits.length, nodes: () => nodes };
  return { type: 'UserContentEditConnection', fields };
}

function actorNode(account: Account): Node {
  // GraphQL names a bot without the suffix that REST gives it.
  const login = account.login.replace(/\[bot\]$/, '');
  return {
    type: account.type,
    fields: {
      login: () => login,
      id: () => nodeId(account.type, account.id),
      databaseId: () => account.id,
    },
  };
}
