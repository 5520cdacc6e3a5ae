// Ends a request that no longer is what was shown, because of what a command or a look at its issue found out.

import type { Derivation } from '../../access/explain.ts';
import type { Refusal } from '../../access/reasons.ts';
import type { AccessRequest } from '../../access/request.ts';
import type { CommandSource, Ledger } from '../../ledger/ledger.ts';
import { closeRequest } from '../../ledger/closing.ts';

export async function voidRequest(
  ledger: Ledger,
  source: CommandSource | undefined,
  {
    request,
    reason,
    derivation,
  }: { request: AccessRequest; reason: Refusal; derivation: Derivation },
): Promise<void> {
  await closeRequest(
    ledger,
    request,
    {
      event: 'void',
      actor: { kind: 'bot' },
      origin: { kind: 'bot' },
      by: 'the bot',
      reason: '',
      refusal: reason,
      derivation,
    },
    source,
  );
}
