// What becomes of an account. One that is deleted leaves what it wrote behind, under GitHub's ghost; its
// memberships, roles and tokens go, and its numeric id is 404 from then on and is never given again.
import type { Instance } from './instance.ts';
import { requireAccount } from './lookups.ts';

export function deleteAccount(instance: Instance, login: string): void {
  const { state } = instance;
  const { id } = requireAccount(state, login);
  state.accounts.delete(id);
  for (const [value, token] of state.tokens) {
    if (token.kind === 'user' && token.user.id === id) state.tokens.delete(value);
  }
  for (const { members, teams } of state.organizations.values()) {
    members.delete(id);
    for (const team of teams.values()) team.members.delete(id);
  }
  for (const { collaborators } of state.repositories.values()) collaborators.delete(id);
  instance.changed({ what: 'account' });
}
