// Which words act at all, whatever they say: those that stand on GitHub unedited, where they are said to stand, by the
// very person they are said to be by, written by hand on a page of GitHub's, where commands are allowed. What is turned
// away here gets no answer: it was not said to us, or by nobody whom an answer would reach.

import type { Reading } from '../access/command.ts';
import type { Verb } from '../access/grammar.ts';
import { allowsPublic, type Policy } from '../access/policy.ts';
import type { Told } from './thread.ts';
import type { Written } from './written.ts';

export type Ignored =
  | 'deleted'
  | 'another-comment'
  | 'another-author'
  | 'author-gone'
  | 'on-another-issue'
  | 'edited'
  | 'sent-by-email'
  | 'on-a-pull-request'
  | 'in-a-public-repository'
  | 'on-a-locked-issue';

export interface Judged {
  /** What GitHub has now; undefined when it is gone. */
  readonly now: Written | undefined;
  readonly told: Told;
  readonly reading: Reading;
  readonly policy: Pick<Policy, 'publicRepositories' | 'emailedComments'>;
}

/** Why words do not act, or undefined where they do. */
export function whyIgnored({ now, told, reading, policy }: Judged): Ignored | undefined {
  if (!now) return 'deleted';
  if (now.id !== told.id) return 'another-comment';
  if (now.author === null) return 'author-gone';
  if (now.author.id !== told.authorId) return 'another-author';
  // A yes means what it says where it stands; nobody may carry it to another request.
  const { repositoryId, number } = now.issue;
  if (repositoryId !== told.repositoryId || number !== told.issueNumber) return 'on-another-issue';
  if (now.edited) return 'edited';
  if (now.viaEmail && !mayComeByEmail(reading, policy)) return 'sent-by-email';
  if (now.isOnPullRequest) return 'on-a-pull-request';
  const { owner, repo } = now.issue;
  if (now.isPublic && !allowsPublic(policy, `${owner}/${repo}`)) return 'in-a-public-repository';
  // On a locked issue nobody can be answered, and what cannot be shown is not given. Ending access still works.
  if (now.isLocked && !isOneOf(reading, withdrawals)) return 'on-a-locked-issue';
  return undefined;
}

/** Whether no later day makes it better: GitHub itself said so of the words. The rest may be an untrue hint. */
export function isForGood(ignored: Ignored, reading: Reading): boolean {
  // An emergency of while the issue was locked is over; the other commands wait until they can be answered.
  if (ignored === 'on-a-locked-issue') return isOneOf(reading, new Set(['break-glass']));
  return forGood.has(ignored);
}

const forGood: ReadonlySet<Ignored> = new Set([
  'author-gone',
  'edited',
  'sent-by-email',
  'on-a-pull-request',
  'in-a-public-repository',
]);

/** What takes something back. */
const withdrawals: ReadonlySet<Verb> = new Set(['deny', 'cancel', 'revoke']);

export function isWithdrawal(reading: Reading): boolean {
  return isOneOf(reading, withdrawals);
}

/** What a mailbox never says, whatever the policy: whoever can read somebody's mail could approve in their name. */
const byHandAlone: ReadonlySet<Verb> = new Set(['approve', 'review', 'break-glass']);

function mayComeByEmail(
  reading: Reading,
  { emailedComments }: Pick<Policy, 'emailedComments'>,
): boolean {
  return emailedComments === 'requests' && !isOneOf(reading, byHandAlone);
}

function isOneOf(reading: Reading, verbs: ReadonlySet<Verb>): boolean {
  return reading.kind === 'command' && verbs.has(reading.command.verb);
}
