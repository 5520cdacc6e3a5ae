// `/connect`: asks for access.

import { decideConnect } from '../../access/connect.ts';
import { openRequest } from '../../ledger/requests.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { nextRequestNumber } from '../../store/requests.ts';
import { factsAbout, type CommandParts, type Given } from './command.ts';

export async function connect(parts: CommandParts, given: Given<'connect'>): Promise<void> {
  const { command, source, commentNodeId, issue } = given;
  const facts = await factsAbout(parts, given, []);
  // Commands are handled one after the other, so the number is still free when the request is kept.
  const requestId = `r${await nextRequestNumber(parts.store.queries)}`;
  const question = {
    command,
    requester: source.author,
    requestId,
    issue,
    commentId: source.commentId,
    commentNodeId,
  };
  const decision = decideConnect(question, facts);
  if (decision.kind === 'open') return openRequest(parts.ledger, source, decision);
  return refuseCommand(parts.ledger, source, { verb: 'connect', ...decision });
}
