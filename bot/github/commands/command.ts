// What every command's handler is given. A handler gathers facts, asks the domain, and hands the decision to the
// ledger; it holds no rule of its own.

import type { Facts } from '../../access/eligibility.ts';
import type { Command, Verb } from '../../access/grammar.ts';
import type { Refused } from '../../access/explain.ts';
import { refuseStale } from '../../access/freshness.ts';
import type { Grant } from '../../access/lifecycle.ts';
import type { Opening } from '../../access/opening.ts';
import type { AccessRequest, IssueRef } from '../../access/request.ts';
import type { CommandSource, Ledger } from '../../ledger/ledger.ts';
import type { GitHub } from '../app.ts';
import { grantOfRequest } from '../../store/grants.ts';
import { nextRequestNumber, requestsOfIssue } from '../../store/requests.ts';
import type { Store } from '../../store/store.ts';
import type { Owner } from '../place.ts';
import { gatherFacts, type Concerned, type FactsParts } from '../facts.ts';
import { CatalogTooOld } from '../rules.ts';
import type { Revoker } from '../../revoke.ts';

export interface CommandParts extends FactsParts {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly revoker: Revoker;
  newGrantId(): string;
  /** The name of an approval that waits for its approver's sign-in. */
  newConfirmationId(): string;
  /** Comments by this App are ours. */
  readonly appId: number;
  /** The repository of the policy, `owner/name`. */
  readonly home: string;
}

/** One command as it came in, read again from GitHub before it got here. */
export interface Given<V extends Verb> {
  readonly command: Extract<Command, { verb: V }>;
  readonly source: CommandSource;
  /** GitHub's name for the comment. */
  readonly commentNodeId: string;
  readonly issue: IssueRef;
  /** Of the issue's repository, as it is now. */
  readonly owner: Owner;
  /** When the comment was written, as GitHub says. */
  readonly writtenAt: string;
  /** Whether it came as a reply by e-mail. */
  readonly viaEmail: boolean;
  readonly github: GitHub;
}

/** Facts about the author, and about what else a command concerns. */
export function factsAbout(
  parts: CommandParts,
  { source, github, owner }: Pick<Given<Verb>, 'source' | 'github' | 'owner'>,
  about: Omit<Concerned, 'present' | 'owner'>,
): Promise<Facts> {
  return gatherFacts(parts, github, { present: [source.author], owner, ...about });
}

/**
 * The same, by which something may be given or told; refused once a Backstage has not answered for too long. Nobody need
 * wait for that, nor whoever comes behind them and ends access.
 */
export async function freshFacts(
  parts: CommandParts,
  given: Pick<Given<Verb>, 'source' | 'github' | 'owner'>,
  about: Omit<Concerned, 'present' | 'owner'>,
): Promise<Facts | Refused> {
  try {
    return await factsAbout(parts, given, about);
  } catch (error) {
    if (!(error instanceof CatalogTooOld) || error.mayWait) throw error;
    return refuseStale(error.freshness);
  }
}

/** What the facts of a grant concern: its grantee and who approved it, and its resource. */
export function aboutGrant(grant: Grant): Omit<Concerned, 'present' | 'owner'> {
  return { ids: peopleOf(grant), resource: grant.resource };
}

/** What a comment that asks for something brings along; its request gets the next number. */
export async function openingOf(
  { store }: CommandParts,
  { source, commentNodeId, issue }: Pick<Given<Verb>, 'source' | 'commentNodeId' | 'issue'>,
): Promise<Opening> {
  const { author: requester, commentId } = source;
  // Commands are handled one after the other, so the number is still free when the request is kept.
  const requestId = `r${await nextRequestNumber(store.queries)}`;
  return { requester, requestId, issue, commentId, commentNodeId };
}

/** Everybody a grant rests on: its grantee and who approved it. */
export function peopleOf(grant: Grant): readonly number[] {
  return [grant.grantee.id, ...grant.approvals.map(({ approver }) => approver.id)];
}

/** The grants and requests of an issue, for the commands that choose among them. */
export async function grantsOfIssue(
  { queries }: Store,
  issue: { readonly repositoryId: number; readonly number: number },
): Promise<{ grants: Grant[]; requests: AccessRequest[] }> {
  const stored = await requestsOfIssue(queries, issue);
  const grants = await Promise.all(stored.map(({ number }) => grantOfRequest(queries, number)));
  return {
    grants: grants.filter((grant) => grant !== undefined),
    requests: stored.map(({ request }) => request),
  };
}
