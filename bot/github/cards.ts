// The card of a request: one comment, brought up to date in place, that shows what is asked, how it stands and what
// happened. A pure function of what the store and the catalog say; what it shows to approvers is what they approve.

import type { Thread } from '../store/outbox.ts';
import { address, plain, type Rendered, type Templates } from '../templates.ts';
import { grantCard } from './card-of-grant.ts';
import { requestCard } from './card-of-request.ts';
import type { CardView } from './card-parts.ts';

/** The card's Markdown, its marker first. */
export function renderCard(templates: Templates, view: CardView): string {
  const { request, grant } = view;
  const isOfGrant = grant !== null && request.extends === null;
  const body = isOfGrant ? grantCard(templates, view, grant) : requestCard(templates, view);
  return `${markerOf(cardKey(request.id))}\n${body.rendered}`;
}

/** Where a card is read: in its thread, by the name that the repository has now. */
export function cardAddress(
  { issue, cardCommentId }: { issue: { url: string }; cardCommentId: number | null },
  { owner, repo, number }: Pick<Thread, 'owner' | 'repo' | 'number'>,
): Rendered {
  const path = `/${owner}/${repo}/issues/${number}#issuecomment-${cardCommentId ?? ''}`;
  return address(new URL(path, issue.url).href);
}

export function cardKey(requestId: string): string {
  return `${requestId}:card`;
}

/** What marks a comment as the one for `key`; invisible on GitHub. */
export function markerOf(key: string): string {
  return `<!-- sallyport:${plain(key).rendered} -->`;
}
