// Who belongs to an organisation and to its teams. A member of a team belongs to every team above it,
// and an invitation that nobody has accepted counts for nothing.
import type { Account, Membership, Organization, Team, TeamMembership } from './state.ts';

/** Undefined for an outsider, and for somebody who was only invited. */
export function membershipOf(
  organization: Organization | undefined,
  account: Account,
): Membership | undefined {
  const found = organization?.members.get(account.id);
  return found?.state === 'active' ? found : undefined;
}

/**
 * The membership that GitHub tells of: the direct one, also while it is pending, otherwise one that
 * comes from a team below.
 */
export function teamMembershipOf(
  organization: Organization,
  team: Team,
  account: Account,
): TeamMembership | undefined {
  const direct = team.members.get(account.id);
  if (direct) return direct;
  const isBelow = teamsBelow(organization, team).some(
    (one) => one.members.get(account.id)?.state === 'active',
  );
  return isBelow ? { role: 'member', state: 'active' } : undefined;
}

/** Ids of the active members of a team and of the teams below it, with their role. */
export function teamMembers(organization: Organization, team: Team): Map<number, TeamMembership> {
  const found = new Map<number, TeamMembership>();
  for (const [id, membership] of team.members) {
    if (membership.state === 'active') found.set(id, membership);
  }
  for (const below of teamsBelow(organization, team)) {
    for (const [id, { state }] of below.members) {
      if (state === 'active' && !found.has(id)) found.set(id, { role: 'member', state });
    }
  }
  return found;
}

function teamsBelow({ teams }: Organization, team: Team): Team[] {
  return [...teams.values()].filter((one) => isBelow(one, team));
}

function isBelow(team: Team, above: Team): boolean {
  if (team.parent === null) return false;
  return team.parent === above || isBelow(team.parent, above);
}
