// Revoking, wherever it comes from: a comment, the operator's socket, or a check that no longer holds. The relays are
// told first and the disk second, because cutting must not wait for anything; what they confirmed within a second is
// part of the record.

import { lastMoment } from './access/grant-time.ts';
import type { Grant } from './access/lifecycle.ts';
import { secretIn } from './access/record.ts';
import { recordRevocation, type Revocation } from './ledger/grants.ts';
import type { CommandSource, Ledger } from './ledger/ledger.ts';
import { readGrant } from './store/grants.ts';

type RevocationRequest = Omit<Revocation, 'confirmed' | 'unconfirmed'>;
type Confirmations = Pick<Revocation, 'confirmed' | 'unconfirmed'>;

/** Whoever revokes is the bot itself. */
export const byBot = { by: 'bot', actor: { kind: 'bot' }, origin: { kind: 'bot' } } as const;

export interface RevokerParts {
  readonly ledger: Ledger;
  /** Tells the relays to refuse the grant until `until` (seconds) and to cut its sessions; resolves within a second. */
  tellRelays(order: {
    readonly gid: string;
    readonly until: number;
    readonly reason: string;
    readonly relays: readonly string[];
  }): Promise<Confirmations>;
}

export interface Revoker {
  /** Revokes an active grant. `ended` is false when it had ended already. */
  revoke(
    grant: Grant,
    request: RevocationRequest,
    source?: CommandSource,
  ): Promise<Confirmations & { readonly ended: boolean }>;
}

export function createRevoker({ ledger, tellRelays }: RevokerParts): Revoker {
  return {
    async revoke(grant, asked, source) {
      const request = { ...asked, reason: withoutSecret(asked.reason) };
      const { id: gid, relays } = grant;
      const order = { gid, reason: request.reason, relays };
      const { confirmed, unconfirmed } = await tellRelays({ ...order, until: untilOf(grant) });
      const ended = await recordRevocation(
        ledger,
        grant,
        { ...request, confirmed, unconfirmed },
        source,
      );
      // It may have been extended while the relays were told: then they have to remember for longer.
      const stored = await readGrant(ledger.store.queries, gid);
      if (stored && lastMoment(stored) > lastMoment(grant)) {
        await tellRelays({ ...order, until: untilOf(stored) });
      }
      return { confirmed, unconfirmed, ended };
    },
  };
}

/** Ending access must not fail because of words; those that hold a secret go neither to a relay nor into the log. */
function withoutSecret(reason: string): string {
  const what = secretIn(reason);
  return what === undefined ? reason : `left out, because it held what looks like ${what}`;
}

/** Until its last token has ended; somebody may claim it for the first time while the relays are told. */
function untilOf(grant: Grant): number {
  return Math.ceil(Date.parse(lastMoment(grant)) / 1000);
}
