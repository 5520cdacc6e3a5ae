// Whether a no is enough to take something away. A no is given for whatever is not known, and so also because somebody
// merged a file that cannot be read, or took the App out of a repository: that gives nothing new, and ends nothing.

import type { Facts } from './eligibility.ts';
import type { RefusalCode } from './reasons.ts';
import type { Approval } from './request.ts';

/** Nothing follows from these: what ended by itself is for the deadlines, and what GitHub does not show is not known. */
const neverEnough: ReadonlySet<RefusalCode> = new Set([
  'grant-not-active',
  'members-unreadable',
  'team-unreadable',
]);
/** A person or a group that is not there could be in what could not be read. */
const aboutPeople: ReadonlySet<RefusalCode> = new Set([
  'person-unknown',
  'not-a-requester',
  'not-a-breaker',
  'approval-withdrawn',
]);

export function isCertain(
  { code }: { readonly code: RefusalCode },
  {
    namespace,
    facts: { policy, catalog, unreadableTeams },
  }: {
    readonly namespace: string;
    readonly facts: Pick<Facts, 'policy' | 'catalog' | 'unreadableTeams'>;
  },
): boolean {
  if (neverEnough.has(code)) return false;
  const isRead = (source: string) => !catalog.lacking.has(source);
  if (aboutPeople.has(code)) {
    const isPeoplesTeam = code === 'approval-withdrawn' || code === 'not-a-breaker';
    return knowsPeople({ policy, catalog }) && !(isPeoplesTeam && unreadableTeams.size > 0);
  }
  if (code === 'resource-unknown') {
    return (policy.namespaces.get(namespace)?.catalog ?? []).every(isRead);
  }
  return true;
}

/** Whether it is known whose approvals count and whose are missing, so that a card may say otherwise than before. */
export function knowsApprovals(
  approvals: readonly Approval[],
  facts: Pick<Facts, 'policy' | 'catalog' | 'unreadableTeams' | 'belonging'>,
): boolean {
  const { belonging, unreadableTeams } = facts;
  const isReadable = ({ approver }: Approval) => belonging.get(approver.id) !== 'unreadable';
  return knowsPeople(facts) && unreadableTeams.size === 0 && approvals.every(isReadable);
}

function knowsPeople({ policy, catalog }: Pick<Facts, 'policy' | 'catalog'>): boolean {
  const { users, groups } = policy.people;
  return [...users, ...groups].every((source) => !catalog.lacking.has(source));
}
