// What somebody else changed of ours on an issue: the text of a card, or a label. It is put back, and a card that was
// changed is put on record, because people act on what it says. Nothing is ever decided from either.

import { digest } from '../access/canonical.ts';
import { recordCardChange } from '../ledger/cards.ts';
import { commit } from '../ledger/ledger.ts';
import { showLabel } from '../ledger/showing.ts';
import { isCardText, requestOfCard } from '../store/cards.ts';
import { readRequest, requestsOfIssue } from '../store/requests.ts';
import type { ActingParts } from './acting.ts';
import { inSight } from './coverage.ts';
import { labelPrefix } from './postings.ts';
import { readUntil } from './visible.ts';
import { readWritten, type Written } from './written.ts';

/** After GitHub said that a comment was edited or deleted. Most are no cards, and most edits of cards are ours. */
export async function lookAtCard(
  parts: ActingParts,
  comment: { readonly id: number; readonly nodeId: string },
): Promise<void> {
  const { queries } = parts.store;
  const number = await requestOfCard(queries, comment.id);
  const stored = number === undefined ? undefined : await readRequest(queries, number);
  if (number === undefined || !stored) return;
  const { request } = stored;
  const isForeign = async (written: Written | undefined): Promise<boolean> =>
    // Whoever puts an older text of ours back has changed the card as well.
    !written?.body ||
    written.editedByOther ||
    !(await isCardText(queries, number, digest(written.body.trim())));
  const seen = await inSight(async () => {
    const { github } = await parts.coverage.as(request.issue);
    const read = async () => {
      const written = await readWritten(github, comment.nodeId);
      return { written, foreign: await isForeign(written) };
    };
    return readUntil(read, (found) => found.foreign);
  });
  if (!seen?.foreign) return;
  const { written } = seen;
  const kind = written ? 'edited' : 'deleted';
  await recordCardChange(parts.ledger, request, { kind, by: written?.editor ?? null });
}

/** After a person put a label on an issue, or took one off. */
export async function lookAtLabel(
  { store, ledger }: ActingParts,
  place: { readonly repositoryId: number; readonly number: number },
  label: string,
): Promise<void> {
  if (!label.startsWith(labelPrefix)) return;
  const [stored] = await requestsOfIssue(store.queries, place);
  if (stored) await commit(ledger, (entry) => showLabel(entry, stored.request));
}
