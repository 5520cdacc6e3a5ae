// `/connect`: asks for access.

import { decideConnect } from '../../access/connect.ts';
import { openGranted, openRequest } from '../../ledger/requests.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { freshFacts, openingOf, type CommandParts, type Given } from './command.ts';

export async function connect(parts: CommandParts, given: Given<'connect'>): Promise<void> {
  const { ledger } = parts;
  const { command, source, viaEmail, writtenAt } = given;
  const facts = await freshFacts(parts, given, { resource: command.resource });
  if ('kind' in facts) return refuseCommand(ledger, source, { verb: 'connect', ...facts });
  const asked = { ...(await openingOf(parts, given)), command, viaEmail, writtenAt };
  const decision = decideConnect({ ...asked, grantId: parts.newGrantId() }, facts);
  if (decision.kind === 'open') return openRequest(ledger, source, decision);
  if (decision.kind === 'granted') return openGranted(ledger, source, decision);
  return refuseCommand(ledger, source, { verb: 'connect', ...decision });
}
