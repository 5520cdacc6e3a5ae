// A comment, or the text of an issue itself, as GitHub has it now, which is not always what a webhook said.

import type { Asking } from '../access/asking.ts';
import { textOfIssue, type AccessRequest, type IssueRef, type Person } from '../access/request.ts';
import type { GitHub } from './app.ts';
import { found } from './calls.ts';
import type { Owner } from './place.ts';

export interface Written {
  /** A comment's number, or that of the text of an issue: see textOfIssue. */
  readonly id: number;
  readonly body: string;
  readonly createdAt: string;
  readonly edited: boolean;
  /** Who edited it last; null when nobody did, or GitHub does not say. */
  readonly editor: Person | null;
  /** Edited last by another account than its author's, a person's or an App's. */
  readonly editedByOther: boolean;
  readonly viaEmail: boolean;
  /** Numeric id and present login of the author; null when the account is gone. */
  readonly author: Person | null;
  /** Where it stands, which is not always where a webhook says. */
  readonly issue: Omit<IssueRef, 'installationId'>;
  /** Of the repository. */
  readonly owner: Owner;
  /** Nobody but maintainers can comment there, and no App. */
  readonly isLocked: boolean;
  readonly isOnPullRequest: boolean;
  readonly isPublic: boolean;
}

// `fullDatabaseId`, because issues and comments have outgrown the 32 bits of `databaseId`, which is null for them.
const query = `query ($id: ID!) {
  node(id: $id) {
    __typename
    ... on IssueComment {
      ...text
      fullDatabaseId
      issue { ...place }
      pullRequest { number }
      repository { ...room }
    }
    ... on Issue { ...text ...place fullDatabaseId repository { ...room } }
  }
}
fragment text on Comment {
  body createdAt lastEditedAt createdViaEmail
  author { login ... on User { databaseId } }
  editor { login ... on User { databaseId } }
}
fragment place on Issue { id number url locked }
fragment room on Repository {
  databaseId name isPrivate
  owner { __typename login ... on User { databaseId } ... on Organization { databaseId } }
}`;

/** Only people have a number here; an App or a ghost has none. */
interface Account {
  login: string;
  databaseId?: number;
}
interface Place {
  id: string;
  number: number;
  url: string;
  locked: boolean;
}
interface Text {
  /** A decimal number as a text. */
  fullDatabaseId: string;
  body: string;
  createdAt: string;
  lastEditedAt: string | null;
  createdViaEmail: boolean;
  author: Account | null;
  editor: Account | null;
  repository: {
    databaseId: number;
    name: string;
    isPrivate: boolean;
    owner: { __typename: string; login: string; databaseId: number };
  };
}
type Node =
  | (Text & { __typename: 'IssueComment'; issue: Place; pullRequest: object | null })
  | (Text & Place & { __typename: 'Issue' });

/**
 * Reads by GitHub's name for it what was written; undefined when it is gone. REST does not say whether something was
 * edited by hand.
 */
export async function readWritten(github: GitHub, nodeId: string): Promise<Written | undefined> {
  const answer = await found(() => github.graphql<{ node: Node | null }>(query, { id: nodeId }));
  const node = answer?.node;
  if (node?.__typename !== 'IssueComment' && node?.__typename !== 'Issue') return undefined;
  const isComment = node.__typename === 'IssueComment';
  const number = Number(node.fullDatabaseId);
  const { id, number: issueNumber, url, locked } = isComment ? node.issue : node;
  const { author, editor, repository } = node;
  return {
    id: isComment ? number : textOfIssue(number),
    body: node.body,
    createdAt: node.createdAt,
    edited: node.lastEditedAt !== null,
    viaEmail: node.createdViaEmail,
    editor: personOf(editor),
    editedByOther: editor !== null && editor.login !== author?.login,
    author: personOf(author),
    issue: {
      repositoryId: repository.databaseId,
      owner: repository.owner.login,
      repo: repository.name,
      number: issueNumber,
      nodeId: id,
      url,
    },
    owner: ownerOf(repository.owner),
    isLocked: locked,
    isOnPullRequest: isComment && node.pullRequest !== null,
    isPublic: !repository.isPrivate,
  };
}

function ownerOf({ __typename, databaseId, login }: Text['repository']['owner']): Owner {
  return { id: databaseId, login, isPerson: __typename === 'User' };
}

function personOf(account: Account | null): Person | null {
  return account?.databaseId === undefined
    ? null
    : { id: account.databaseId, login: account.login };
}

/** How what asked for a request stands today. */
export async function readAsking(
  github: GitHub,
  { commentNodeId, issue }: Pick<AccessRequest, 'commentNodeId' | 'issue'>,
): Promise<Asking> {
  const now = await readWritten(github, commentNodeId);
  if (!now) return { kind: 'deleted' };
  const { repositoryId, number } = now.issue;
  if (repositoryId !== issue.repositoryId || number !== issue.number) return { kind: 'moved' };
  return now.edited ? { kind: 'edited', by: now.editor } : { kind: 'stands' };
}
