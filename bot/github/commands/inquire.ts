// `/why`, `/resources`, `/status` and `/help`: answers, of which nothing else comes.

import { explainAsking, listReachable, termsOfNamespaces } from '../../access/inquire.ts';
import { answer } from '../../ledger/replies.ts';
import { factsAbout, type CommandParts, type Given } from './command.ts';

/** Resources that one answer lists. More would be a wall; who needs another one knows its name. */
const maxListedResources = 50;

export async function why(parts: CommandParts, given: Given<'why'>): Promise<void> {
  const { command, source } = given;
  const facts = await factsAbout(parts, given, { resource: command.resource });
  const { author } = source;
  const found = explainAsking(command, author, facts);
  await answer(parts.ledger, source, { about: 'why', person: author.login, why: found });
}

/** The commands that take no words. */
export async function inquire(
  parts: CommandParts,
  given: Given<'resources' | 'status' | 'help'>,
): Promise<void> {
  const { command, source } = given;
  switch (command.verb) {
    case 'resources':
      return answer(parts.ledger, source, await listResources(parts, given));
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
) {
  const { author } = given.source;
  const facts = await factsAbout(parts, given, {});
  const listing = listReachable(author, facts, maxListedResources);
  return { about: 'resources', person: author.login, listing } as const;
}
