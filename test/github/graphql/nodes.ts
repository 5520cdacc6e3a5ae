// Comments, issues and accounts as GraphQL's objects: a record with `__typename`, whose fields are asked
// for only when the document does. Names and types are schema.graphql's.
import { associationOf, permittedRepository } from '../access.ts';
import type { Call } from '../call.ts';
import { nodeId } from '../node-ids.ts';
import { simpleUser } from '../shapes/account-shape.ts';
import { commentShape, issueShape } from '../shapes/issue-shape.ts';
import { webUrl } from '../shapes/repository-shape.ts';
import { timestamp } from '../shapes/timestamp.ts';
import { findBlob, present } from '../lookups.ts';
import type { Account, Comment, Issue, Repository } from '../state.ts';
import { connectionOf, type Slice } from './connection.ts';
import { FieldError, permitted } from './field-error.ts';

export function commentNode(call: Call, comment: Comment): object {
  const { minimizedReason: reason } = comment;
  return {
    ...writtenFields(call, comment, 'IssueComment'),
    url: () => commentShape(call.instance, comment).html_url,
    createdViaEmail: comment.createdViaEmail,
    isMinimized: reason !== null,
    minimizedReason: reason?.toLowerCase().replace('_', '-') ?? null,
    issue: () => issueNode(call, comment.issue),
    pullRequest: null,
    repository: () => repositoryNode(call, comment.issue.repository),
  };
}

export function issueNode(call: Call, issue: Issue): object {
  return {
    ...writtenFields(call, issue, 'Issue'),
    url: () => issueShape(call.instance, issue).html_url,
    createdViaEmail: false,
    number: issue.number,
    title: issue.title,
    state: issue.state.toUpperCase(),
    closed: issue.state === 'closed',
    locked: issue.locked,
    repository: () => repositoryNode(call, issue.repository),
  };
}

/** GraphQL names a bot without the suffix that REST gives it. */
export function actorNode(call: Call, account: Account): object {
  const { id, type, name } = account;
  const { html_url: url } = simpleUser(call.instance, account);
  const login = account.login.replace(/\[bot\]$/, '');
  return { __typename: type, id: nodeId(type, id), databaseId: id, login, name, url };
}

/** A text is cut off here. It is not documented; others have measured it (sveltia-cms, issue 950). */
const maxTextBytes = 512_000;

export function repositoryNode(call: Call, repository: Repository): object {
  const { id, name, owner } = repository;
  return {
    __typename: 'Repository',
    id: nodeId('Repository', id),
    databaseId: id,
    name,
    nameWithOwner: `${owner.login}/${name}`,
    isPrivate: repository.private,
    isArchived: repository.archived,
    object: (which: { oid?: string; expression?: string }) => objectNode(call, repository, which),
    owner: () => actorNode(call, owner),
    url: () => webUrl(call.instance, repository),
  };
}

/** Of the objects of git only blobs are here, and only by their hash. */
function objectNode(
  call: Call,
  repository: Repository,
  { oid, expression }: { oid?: string; expression?: string },
): object | null {
  if (oid === undefined || expression !== undefined) {
    throw new FieldError('UNPROCESSABLE', 'This GitHub finds objects by oid alone.');
  }
  permitted(() => {
    const { owner, name: repo } = repository;
    const need = { permission: 'contents', level: 'read' } as const;
    permittedRepository(call.instance.state, call.actor, { owner: owner.login, repo, need });
  });
  const blob = findBlob(repository, oid);
  if (!blob) return null;
  const { sha, bytes } = blob;
  // As git decides it: by a NUL near the beginning.
  const isBinary = bytes.subarray(0, 8_000).includes(0);
  return {
    __typename: 'Blob',
    id: nodeId('Blob', sha),
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    byteSize: bytes.length,
    isBinary,
    isTruncated: !isBinary && bytes.length > maxTextBytes,
    text: isBinary ? null : bytes.subarray(0, maxTextBytes).toString(),
    repository: () => repositoryNode(call, repository),
  };
}

function writtenFields(call: Call, subject: Comment | Issue, kind: 'Issue' | 'IssueComment') {
  const { state } = call.instance;
  const repository = 'issue' in subject ? subject.issue.repository : subject.repository;
  const last = subject.edits.at(-1);
  return {
    __typename: kind,
    id: nodeId(kind, subject.id),
    // Int has 32 bits.
    databaseId: subject.id < 2 ** 31 ? subject.id : null,
    fullDatabaseId: String(subject.id),
    body: subject.body,
    createdAt: timestamp(subject.createdAt),
    updatedAt: timestamp(subject.updatedAt),
    lastEditedAt: last ? timestamp(last.at) : null,
    // The history holds the first version as soon as there is an edit.
    includesCreatedEdit: last !== undefined,
    editor: () => (last ? presentActor(call, last.editor) : null),
    author: () => presentActor(call, subject.author),
    authorAssociation: () => associationOf(state, repository, subject.author),
    userContentEdits: (slice: Slice) =>
      connectionOf('userContentEdits', history(call, subject), slice),
  };
}

/** REST shows a ghost where an account was deleted, GraphQL nobody. */
function presentActor(call: Call, account: Account): object | null {
  const found = present(call.instance.state, account);
  return found ? actorNode(call, found) : null;
}

/** Newest first, down to the first version; an empty list for what was never edited. */
function history(call: Call, subject: Comment | Issue): object[] {
  const { edits, author, createdAt, body } = subject;
  if (edits.length === 0) return [];
  const texts = [...edits.map(({ before }) => before), body];
  const marks = [{ editor: author, at: createdAt }, ...edits];
  return marks
    .map(({ editor, at }, index) => ({
      __typename: 'UserContentEdit',
      id: nodeId('UserContentEdit', `${subject.id}-${index}`),
      createdAt: timestamp(at),
      editedAt: timestamp(at),
      editor: () => presentActor(call, editor),
      // GitHub calls it so, and gives the whole text as it was after the edit.
      diff: texts[index],
    }))
    .toReversed();
}
