// What GitHub makes of a comment's text, as an answer has it: a team is mentioned only where the caller may see it.
import { allows, type Actor } from './access.ts';
import type { Call } from './call.ts';
import type { Instance } from './instance.ts';
import { membershipOf } from './membership.ts';
import { findAccount, findOrganization } from './state.ts';
import { createMarkdown } from './web/markdown.ts';

/** The member `body_html` of an answer, where the call asked for it. */
export function htmlFor(call: Call, body: string): { body_html?: string } {
  if (!call.accepts('full') && !call.accepts('html')) return {};
  const { instance, actor } = call;
  const render = createMarkdown({
    isAccount: (login) => findAccount(instance.state, login) !== undefined,
    isTeam: (organization, slug) => seesTeam(instance, actor, { organization, slug }),
  });
  return { body_html: String(render(body)) };
}

function seesTeam(
  { state, habits }: Instance,
  actor: Actor,
  { organization: name, slug }: { organization: string; slug: string },
): boolean {
  const organization = findOrganization(state, name);
  const team = organization?.teams.get(slug);
  if (!organization || !team) return false;
  if (actor.kind === 'installation') {
    const isOwn = actor.installation.account === organization.account;
    const isSeen = team.privacy === 'closed' && allows(actor.permissions, 'members', 'read');
    return habits.appsMentionTeams && isOwn && isSeen;
  }
  if (actor.kind !== 'user' || !membershipOf(organization, actor.account)) return false;
  return team.privacy === 'closed' || team.members.has(actor.account.id);
}
