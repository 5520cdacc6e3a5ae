// `/connect`: asks for access.

import { decideConnect } from '../../access/connect.ts';
import { openRequest } from '../../ledger/requests.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { factsAbout, openingOf, type CommandParts, type Given } from './command.ts';

export async function connect(parts: CommandParts, given: Given<'connect'>): Promise<void> {
  const { command, source } = given;
  const facts = await factsAbout(parts, given, { resource: command.resource });
  const decision = decideConnect({ ...(await openingOf(parts, given)), command }, facts);
  if (decision.kind === 'open') return openRequest(parts.ledger, source, decision);
  return refuseCommand(parts.ledger, source, { verb: 'connect', ...decision });
}
