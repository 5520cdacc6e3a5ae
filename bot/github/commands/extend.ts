// `/extend`: asks for more time on a grant that is live.

import { chooseGrant } from '../../access/choose.ts';
import { decideExtend } from '../../access/extend.ts';
import { openRequest } from '../../ledger/requests.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import {
  aboutGrant,
  freshFacts,
  grantsOfIssue,
  openingOf,
  type CommandParts,
  type Given,
} from './command.ts';

export async function extend(parts: CommandParts, given: Given<'extend'>): Promise<void> {
  const { command, source } = given;
  const { ledger, store } = parts;
  const { grants, requests } = await grantsOfIssue(store, given.issue);
  const choice = chooseGrant(command.grant, grants);
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb: 'extend', ...choice });
  }
  const { grant } = choice;
  const waiting = requests.find(
    (request) => request.extends === grant.id && request.state === 'pending',
  );
  const question = {
    ...(await openingOf(parts, given)),
    grant,
    durationMs: command.durationMs,
    reason: command.reason,
    ...(waiting && { waiting: waiting.id }),
  };
  const facts = await freshFacts(parts, given, aboutGrant(grant));
  const decision = 'kind' in facts ? facts : decideExtend(question, facts);
  if (decision.kind === 'open') return openRequest(ledger, source, decision);
  return refuseCommand(ledger, source, { verb: 'extend', grant: grant.id, ...decision });
}
