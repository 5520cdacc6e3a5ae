// Where a repository is now. A thread keeps the name that its repository had, and names change hands: a repository is
// renamed, its organisation is, and another takes the name. Only numbers stay. What is read here is asked by the name,
// which GitHub leads on where it was left, and by the number where the name is another's.

import type { IssueRef } from '../access/request.ts';
import type { GitHub } from './app.ts';
import { absent, found } from './calls.ts';

/** A repository as a thread knows it. */
export type Place = Pick<IssueRef, 'repositoryId' | 'owner' | 'repo'>;

/** The account that a repository belongs to, under the login that it has now. */
export interface Owner {
  readonly id: number;
  readonly login: string;
  /** A person, and no organisation that anybody could belong to. */
  readonly isPerson: boolean;
}

/** A repository under the name that it has now. */
export interface Located {
  readonly name: { readonly owner: string; readonly repo: string };
  readonly owner: Owner;
}

type Repository = Awaited<ReturnType<GitHub['rest']['repos']['get']>>['data'];

/** `replaced`: it is out of sight, and its name is another repository's. `hidden`: it is out of sight. */
export async function locate(
  github: GitHub,
  { owner, repo, repositoryId }: Place,
): Promise<Located | 'replaced' | 'hidden'> {
  const named = await absent(async () => (await github.rest.repos.get({ owner, repo })).data);
  if (named?.id === repositoryId) return located(named);
  // Where GitHub's own redirects lead; a number is never given to another.
  const numbered = await absent(async () => {
    const asked = { repository_id: repositoryId };
    const { data } = await github.request('GET /repositories/{repository_id}', asked);
    return data as Repository;
  });
  if (numbered?.id === repositoryId) return located(numbered);
  return named ? 'replaced' : 'hidden';
}

function located({ name, owner }: Repository): Located {
  return {
    name: { owner: owner.login, repo: name },
    owner: { id: owner.id, login: owner.login, isPerson: owner.type === 'User' },
  };
}

/**
 * `gone`: deleted, or moved out of our sight. `hidden`: the whole repository is, so that nothing is known. `replaced`: it
 * is, and its name is another repository's. `public` and `archived`: the issue is there, in a repository that everybody
 * reads now, or in which nobody can write any more.
 */
export type IssuePlace = 'there' | 'public' | 'archived' | 'moved' | 'gone' | 'hidden' | 'replaced';

const placeQuery = `query ($id: ID!) {
  node(id: $id) { ... on Issue { number repository { databaseId isPrivate isArchived } } }
}`;

interface PlaceAnswer {
  node: {
    number?: number;
    repository?: { databaseId: number; isPrivate: boolean; isArchived: boolean };
  } | null;
}

type Sought = Place & Pick<IssueRef, 'nodeId' | 'number'>;

/** Whether an issue is still where it was. A repository may be renamed meanwhile; its issues stay the same. */
export async function placeOfIssue(github: GitHub, issue: Sought): Promise<IssuePlace> {
  const shown = await shownPlace(github, issue);
  if (shown !== undefined) return shown;
  const now = await locate(github, issue);
  if (typeof now === 'string') return now;
  // Much follows from this, so that both of GitHub's interfaces have to say so.
  return (await isServed(github, { ...now.name, number: issue.number })) ? 'there' : 'gone';
}

/** Where an issue is, by one call; undefined where GitHub shows none, from which alone nothing follows. */
export async function shownPlace(
  github: GitHub,
  { nodeId, number, repositoryId }: Sought,
): Promise<IssuePlace | undefined> {
  const answer = await found(() => github.graphql<PlaceAnswer>(placeQuery, { id: nodeId }));
  if (!answer?.node?.repository) return undefined;
  const { databaseId, isPrivate, isArchived } = answer.node.repository;
  if (answer.node.number !== number || databaseId !== repositoryId) return 'moved';
  if (isArchived) return 'archived';
  return isPrivate ? 'there' : 'public';
}

/** Whether REST serves the issue at its place; where it has moved, the answer is that of another place. */
async function isServed(
  github: GitHub,
  { owner, repo, number }: Pick<IssueRef, 'owner' | 'repo' | 'number'>,
): Promise<boolean> {
  try {
    const { data } = await github.rest.issues.get({ owner, repo, issue_number: number });
    const place = `/repos/${owner}/${repo}`.toLowerCase();
    return data.number === number && data.repository_url.toLowerCase().endsWith(place);
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 404 || status === 410) return false;
    throw error;
  }
}
