// Which commits are looked at for what they would make of the rules: those that are pushed to the default branch of a
// repository the rules come from, the head of each pull request for it, and whichever somebody asks about again. What is
// found is said by the outbox, so that a slow GitHub holds up nobody's command.

import type { Ledger } from '../ledger/ledger.ts';
import { queuePosting, type Commit } from '../store/outbox.ts';
import { split } from './calls.ts';
import type { RuleTrial } from './rules.ts';

export interface CommitParts {
  readonly ledger: Pick<Ledger, 'store' | 'now' | 'postingsQueued'>;
  readonly rules: Pick<RuleTrial, 'readsFrom'>;
}

/** Of each delivery that is about a repository. */
export interface Told {
  readonly repository: {
    readonly id: number;
    readonly full_name: string;
    readonly default_branch: string;
  };
  readonly installation?: { readonly id: number } | undefined;
}

interface Push extends Told {
  readonly after: string;
  readonly deleted: boolean;
  readonly forced: boolean;
  readonly created: boolean;
  readonly commits: readonly {
    readonly added?: readonly string[];
    readonly modified?: readonly string[];
    readonly removed?: readonly string[];
  }[];
}

interface Proposal extends Told {
  readonly pull_request: {
    readonly head: { readonly sha: string };
    readonly base: { readonly ref: string };
  };
}

/** GitHub names no more commits than this of one push. */
const maxCommitsTold = 2048;
/** More paths than these are not kept, nor longer ones together: all that matters is looked at then. */
const maxPathsKept = 1_000;
/** A posting stays in the database for ever, and a path may have thousands of characters: 64 KiB of UTF-16 units. */
const maxPathCharsKept = 65_536;

/** To the default branch. */
export async function commitPushed(parts: CommitParts, push: Push): Promise<void> {
  if (push.deleted) return;
  await lookAt(parts, push, { sha: push.after, isMerged: true, touched: touchedBy(push) });
}

export async function commitProposed(parts: CommitParts, proposal: Proposal): Promise<void> {
  const { head, base } = proposal.pull_request;
  // What is merged into another branch is no rule yet.
  if (base.ref !== proposal.repository.default_branch) return;
  await lookAt(parts, proposal, { sha: head.sha, isMerged: false, touched: null });
}

/** Somebody wants to know again: rules, catalog or bot may have changed since. `delivery` says which time it is. */
export async function commitAskedAbout(
  parts: CommitParts,
  told: Told,
  { sha, delivery }: { sha: string; delivery: string },
): Promise<void> {
  const commit = { sha, isMerged: false, isAskedFor: true, touched: null } as const;
  await lookAt(parts, told, commit, `:${delivery}`);
}

async function lookAt(
  { ledger, rules }: CommitParts,
  { repository, installation }: Told,
  commit: Commit,
  again = '',
): Promise<void> {
  if (!installation || !rules.readsFrom(repository.full_name)) return;
  const { id } = repository;
  await queuePosting(ledger.store.queries, {
    thread: {
      installationId: installation.id,
      repositoryId: id,
      ...split(repository.full_name),
      number: 0,
    },
    key: `check:${id}:${commit.sha}:${commit.isMerged ? 'merged' : 'proposed'}${again}`,
    posting: { kind: 'check', commit },
    now: ledger.now().toISOString(),
  });
  ledger.postingsQueued();
}

/** Null where the push does not say all of it. */
function touchedBy({ commits, forced, created }: Push): readonly string[] | null {
  if (forced || created || commits.length === 0 || commits.length >= maxCommitsTold) return null;
  const paths = new Set(
    commits.flatMap(({ added = [], modified = [], removed = [] }) => [
      ...added,
      ...modified,
      ...removed,
    ]),
  );
  const chars = [...paths].reduce((sum, path) => sum + path.length, 0);
  return paths.size > maxPathsKept || chars > maxPathCharsKept ? null : [...paths];
}
