// Revoking, wherever it comes from: a comment, the operator's socket, or a check that no longer holds. The relays are
// told first and the disk second, because cutting must not wait for anything; what they confirmed within a second is
// part of the record.

import type { Grant } from './access/lifecycle.ts';
import { recordRevocation, type Revocation } from './ledger/grants.ts';
import type { CommandSource, Ledger } from './ledger/ledger.ts';

type RevocationRequest = Omit<Revocation, 'confirmed' | 'unconfirmed'>;
type Confirmations = Pick<Revocation, 'confirmed' | 'unconfirmed'>;

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
    async revoke(grant, request, source) {
      const until = Math.ceil(Date.parse(grant.endsAt) / 1000);
      const { confirmed, unconfirmed } = await tellRelays({
        gid: grant.id,
        until,
        reason: request.reason,
        relays: grant.relays,
      });
      const ended = await recordRevocation(
        ledger,
        grant,
        { ...request, confirmed, unconfirmed },
        source,
      );
      return { confirmed, unconfirmed, ended };
    },
  };
}
