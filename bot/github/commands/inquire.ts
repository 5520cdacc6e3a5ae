// `/why`, `/resources`, `/status` and `/help`: answers, of which nothing else comes.

import type { Refused } from '../../access/explain.ts';
import { explainAsking, listReachable, termsOfNamespaces, type Why } from '../../access/inquire.ts';
import { answer } from '../../ledger/replies.ts';
import { freshFacts, type CommandParts, type Given } from './command.ts';

/** Resources that one answer lists. More would be a wall; who needs another one knows its name. */
const maxListedResources = 50;

export async function why(parts: CommandParts, given: Given<'why'>): Promise<void> {
  const { command, source } = given;
  const facts = await freshFacts(parts, given, { resource: command.resource });
  const { author } = source;
  const found =
    'kind' in facts ? unexplained(command, facts) : explainAsking(command, author, facts);
  await answer(parts.ledger, source, { about: 'why', person: author.login, why: found });
}

/** Where the catalog is too old to say anything by. */
function unexplained({ resource }: Given<'why'>['command'], { reason, derivation }: Refused): Why {
  return { resource, refusal: reason, steps: derivation, roles: [] };
}

/** The commands that take no words. */
export async function inquire(
  parts: CommandParts,
  given: Given<'resources' | 'status' | 'help'>,
): Promise<void> {
  const { command, source } = given;
  switch (command.verb) {
    case 'resources':
      return listResources(parts, given);
    case 'status':
      return answer(parts.ledger, source, { about: 'status' });
    case 'help':
      // Help is there also while the rules cannot be read; it then says nothing of them.
      return answer(parts.ledger, source, {
        about: 'help',
        terms: await parts.rules.current().then(termsOfNamespaces, () => null),
      });
  }
}

async function listResources(
  parts: CommandParts,
  given: Pick<Given<'resources'>, 'source' | 'github' | 'owner'>,
): Promise<void> {
  const { source } = given;
  const facts = await freshFacts(parts, given, {});
  const { author } = source;
  const listing = 'kind' in facts ? facts : listReachable(author, facts, maxListedResources);
  await answer(parts.ledger, source, { about: 'resources', person: author.login, listing });
}
