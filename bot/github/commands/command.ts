// What every command's handler is given. A handler gathers facts, asks the domain, and hands the decision to the
// ledger; it holds no rule of its own.

import type { Facts } from '../../access/eligibility.ts';
import type { Command, Verb } from '../../access/grammar.ts';
import type { Grant } from '../../access/lifecycle.ts';
import type { IssueRef } from '../../access/request.ts';
import type { CommandSource, Ledger } from '../../ledger/ledger.ts';
import type { GitHub } from '../app.ts';
import { gatherFacts, type FactsParts } from '../facts.ts';
import type { Revoker } from '../../revoke.ts';

export interface CommandParts extends FactsParts {
  readonly ledger: Ledger;
  readonly revoker: Revoker;
  newGrantId(): string;
}

/** One command as it came in, read again from GitHub before it got here. */
export interface Given<V extends Verb> {
  readonly command: Extract<Command, { verb: V }>;
  readonly source: CommandSource;
  /** GitHub's name for the comment. */
  readonly commentNodeId: string;
  readonly issue: IssueRef;
  readonly github: GitHub;
}

/** Facts about the author and about people known from earlier. */
export function factsAbout(
  parts: CommandParts,
  { source, github }: Pick<Given<Verb>, 'source' | 'github'>,
  ids: readonly number[],
): Promise<Facts> {
  return gatherFacts(parts, github, { present: [source.author], ids });
}

/** Everybody a grant rests on: its grantee and who approved it. */
export function peopleOf(grant: Grant): readonly number[] {
  return [grant.grantee.id, ...grant.approvals.map(({ approver }) => approver.id)];
}
