// The accounts that the logins of the catalog stand for, kept in the store: bound once, bound anew where the catalog
// gives a login to another User, and alarmed where another account has it. GitHub is asked elsewhere.

import type { Logger } from 'pino';
import { bind, isOfAnother, type Binding, type Bound, type Holder } from './access/binding.ts';
import type { Person } from './access/request.ts';
import type { BotMetrics } from './observe/metrics.ts';
import { allBindings, bindingOf, keepBinding } from './store/accounts.ts';
import type { Queries, Store } from './store/store.ts';

export interface Accounts {
  /**
   * The number of the account for which the login of this User stands. `account` is who has the login now: the login is
   * bound to it where it is not bound to that User yet, and an alarm is raised where it stands for another.
   */
  standsFor(user: Holder, account: Person): Promise<number>;
  /**
   * Those of these logins that are not bound to their Users. Where an older version bound one, its User is noted, so
   * that whoever the catalog gives the login to next is known to be another.
   */
  unbound<User extends Holder>(
    users: ReadonlyMap<string, User>,
  ): Promise<ReadonlyMap<string, User>>;
  /** Binds logins to the accounts that have them, all or none. */
  bindAll(found: readonly { readonly user: Holder; readonly account: Person }[]): Promise<void>;
}

export interface AccountsParts {
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  now(): Date;
}

export function openAccounts({ store, log, metrics, now }: AccountsParts): Accounts {
  /** Reads and keeps in one: of two that bind a login at once, the second sees what the first made of it. */
  async function settle(queries: Queries, user: Holder, { id, login }: Person): Promise<Bound> {
    const known = await bindingOf(queries, login);
    const bound = bind(known, user, { id, seenAt: now().toISOString() });
    if (bound.kind !== 'kept') await keepBinding(queries, login, bound.binding);
    return bound;
  }

  function tell(bound: Bound, user: Holder, login: string): void {
    if (bound.kind !== 'bound-anew') return;
    const { before, binding } = bound;
    const changed = { login, known: before.id, id: binding.id, of: before.userRef, user: user.ref };
    log.warn(changed, 'the catalog gives a login to another User; it was bound anew');
  }

  return {
    async standsFor(user, account) {
      const { id, login } = account;
      const known = await bindingOf(store.queries, login);
      // Looked at first: nearly always nothing is to be kept, and then nobody waits for the disk.
      const seen = bind(known, user, { id, seenAt: now().toISOString() });
      const bound =
        seen.kind === 'kept'
          ? seen
          : await store.transaction((queries) => settle(queries, user, account));
      tell(bound, user, login);
      const { binding } = bound;
      if (binding.id !== id) {
        log.error({ login, known: binding.id, id }, 'another account has the login of a User');
        metrics.add('sallyport_bot_logins_reassigned_total', {});
      }
      return binding.id;
    },
    async unbound(users) {
      const known = await allBindings(store.queries);
      const older = [...users].filter(([login]) => known.get(login)?.userRef === null);
      if (older.length > 0) await store.transaction((queries) => note(queries, older));
      return new Map([...users].filter(([login, user]) => !isBound(known.get(login), user)));
    },
    async bindAll(found) {
      const all = await store.transaction(async (queries) => {
        const bound: Bound[] = [];
        for (const { user, account } of found) bound.push(await settle(queries, user, account));
        return bound;
      });
      for (const [index, { user, account }] of found.entries()) {
        const bound = all[index];
        if (bound) tell(bound, user, account.login);
      }
    },
  };
}

async function note(
  queries: Queries,
  users: readonly (readonly [string, Holder])[],
): Promise<void> {
  for (const [login, user] of users) {
    const known = await bindingOf(queries, login);
    if (known?.userRef !== null) continue;
    await keepBinding(queries, login, bind(known, user, known).binding);
  }
}

function isBound(known: Binding | undefined, user: Holder): boolean {
  return known !== undefined && !isOfAnother(known, user);
}
