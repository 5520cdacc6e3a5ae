// `/revoke`: ends a grant and its sessions now.

import { chooseGrant } from '../../access/choose.ts';
import { decideOwnRevoke, decideRevoke } from '../../access/standing.ts';
import { actorOf, originOf } from '../../ledger/ledger.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { aboutGrant, factsAbout, grantsOfIssue, type CommandParts, type Given } from './command.ts';

export async function revoke(parts: CommandParts, given: Given<'revoke'>): Promise<void> {
  const { command, source } = given;
  const { grants } = await grantsOfIssue(parts.store, given.issue);
  const choice = chooseGrant(command.grant, grants);
  if (choice.kind === 'refused') {
    return refuseCommand(parts.ledger, source, { verb: 'revoke', ...choice });
  }
  const { grant } = choice;
  const question = { grant, by: source.author };
  const decision =
    decideOwnRevoke(question, parts.now()) ??
    decideRevoke(
      question,
      await factsAbout(parts, given, { ...aboutGrant(grant), mayOnlyEnd: true }),
    );
  if (decision.kind === 'refused') {
    return refuseCommand(parts.ledger, source, { verb: 'revoke', grant: grant.id, ...decision });
  }
  await parts.revoker.revoke(
    grant,
    {
      by: source.author,
      actor: actorOf(source.author),
      origin: originOf(source),
      reason: command.reason,
      derivation: decision.derivation,
    },
    source,
  );
}
