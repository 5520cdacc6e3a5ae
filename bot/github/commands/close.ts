// `/deny` and `/cancel`: end a request without a grant.

import { chooseRequest } from '../../access/choose.ts';
import { decideCancel, decideDeny, type EndDecision } from '../../access/close.ts';
import type { AccessRequest } from '../../access/request.ts';
import { actorOf, originOf } from '../../ledger/ledger.ts';
import { closeRequest } from '../../ledger/closing.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { requestsOfIssue } from '../../store/requests.ts';
import { factsAbout, type CommandParts, type Given } from './command.ts';
import { voidRequest } from './void.ts';

export async function deny(parts: CommandParts, given: Given<'deny'>): Promise<void> {
  await close(parts, given, async (request) => {
    const facts = await factsAbout(parts, given, {
      ids: [request.requester.id],
      mayOnlyEnd: true,
      resource: request.resource,
    });
    return decideDeny({ request, denier: given.source.author }, facts);
  });
}

export async function cancel(parts: CommandParts, given: Given<'cancel'>): Promise<void> {
  await close(parts, given, (request) =>
    decideCancel({ request, by: given.source.author }, parts.now()),
  );
}

async function close(
  { ledger, store }: CommandParts,
  given: Given<'deny'> | Given<'cancel'>,
  decide: (request: AccessRequest) => EndDecision | Promise<EndDecision>,
): Promise<void> {
  const { command, source, issue } = given;
  const { verb } = command;
  const requests = await requestsOfIssue(store.queries, issue);
  const choice = chooseRequest(
    command,
    source.author,
    requests.map(({ request }) => request),
  );
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb, ...choice });
  }
  const { request } = choice;
  const decision = await decide(request);
  if (decision.kind === 'refused') {
    return refuseCommand(ledger, source, { verb, request: request.id, ...decision });
  }
  if (decision.kind === 'voided') return voidRequest(ledger, source, { request, ...decision });
  await closeRequest(
    ledger,
    request,
    {
      event: verb,
      actor: actorOf(source.author),
      origin: originOf(source),
      by: source.author.login,
      reason: command.verb === 'deny' ? command.reason : '',
      derivation: decision.derivation,
    },
    source,
  );
}
