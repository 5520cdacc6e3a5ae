// Who may go on with the setup: whoever opened the address that the bot printed, in the browser where they opened it.
// Being first at the port counts for nothing, and an answer from GitHub counts only in the browser that asked for it:
// otherwise somebody could have their own App put into our bot, and read along. In memory; gone with the process.

import { createHmac, randomBytes } from 'node:crypto';
import type { AppOwner } from '../github/registration.ts';
import { randomSecret, sameSecret } from '../tokens/sign-ins.ts';

type Opening =
  | { readonly kind: 'opened'; readonly cookie: string }
  /** The right secret, again. */
  | { readonly kind: 'used' }
  | { readonly kind: 'wrong' };

export interface Door {
  /** Goes into the printed address and nowhere else. */
  readonly secret: string;
  /** Opens once. Whoever comes later with the same secret is too late. */
  open(secret: string): Opening;
  isOpenTo(cookie: string | undefined): boolean;
  /** What travels through GitHub: it says for whom the App was to be made, and that we said so. */
  stateFor(owner: AppOwner): string;
  /** Undefined for what stateFor did not make since the last `renew`. */
  ownerOf(state: string): AppOwner | undefined;
  /** Every state given out before leads nowhere. */
  renew(): void;
}

export function openDoor(): Door {
  const secret = randomSecret();
  let cookie: string | undefined;
  let key = randomBytes(32);

  function stateFor(owner: AppOwner): string {
    const name = owner.kind === 'personal' ? personal : owner.login;
    return `${name}.${createHmac('sha256', key).update(name).digest('base64url')}`;
  }

  return {
    secret,
    open(given) {
      if (!sameSecret(given, secret)) return { kind: 'wrong' };
      if (cookie !== undefined) return { kind: 'used' };
      cookie = randomSecret();
      return { kind: 'opened', cookie };
    },
    isOpenTo: (given) => given !== undefined && cookie !== undefined && sameSecret(given, cookie),
    stateFor,
    ownerOf(state) {
      const name = state.slice(0, Math.max(0, state.indexOf('.')));
      const owner: AppOwner =
        name === personal ? { kind: 'personal' } : { kind: 'organization', login: name };
      return sameSecret(state, stateFor(owner)) ? owner : undefined;
    },
    renew() {
      key = randomBytes(32);
    },
  };
}

/** No login has a tilde. */
const personal = '~';
