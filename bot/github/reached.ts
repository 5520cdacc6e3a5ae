// Whether a mention of a team reached it. GitHub shows one as a link of its own kind only where the App may see the team
// and its members can be told; anywhere else it stays plain text, says so nowhere, and nobody hears of it. The text that
// GitHub made of a comment is therefore looked at, and whoever was not reached is told by name.

import type { Approver } from '../access/reasons.ts';

/** A mention of a team in the HTML that GitHub makes of a comment. */
const teamMention = /<(?:a|span)\b[^>]*\bclass="[^"]*\bteam-mention\b[^"]*"[^>]*>\s*@([^<\s]+)/gi;

/** Those of the approvers whose team is not among the mentions that `html` has, to be told one by one. */
export function notReached(approvers: readonly Approver[], html: string): readonly Approver[] {
  const reached = new Set([...html.matchAll(teamMention)].map(([, name]) => name?.toLowerCase()));
  return approvers.flatMap(({ ref, as, title, team, logins }) => {
    const isTold = team === null || logins.length === 0 || reached.has(team.toLowerCase());
    return isTold ? [] : [{ ref, as, title, team: null, logins }];
  });
}
