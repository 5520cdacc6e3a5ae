// The words of the comments that tell somebody something. A pure reading of the store through the templates: what is
// said follows from what was committed, whenever it is written.

import { expiresAt } from '../access/grant-time.ts';
import { confirmLink } from '../confirm-path.ts';
import { grantOfRequest, readGrant } from '../store/grants.ts';
import type { Telling, Thread } from '../store/outbox.ts';
import { readRequest } from '../store/requests.ts';
import { reviewOfRequest } from '../store/reviews.ts';
import { readWaiting } from '../store/waiting.ts';
import {
  address,
  codeBlock,
  codeSpan,
  mention,
  plain,
  type Rendered,
  type Templates,
} from '../templates.ts';
import { helpText, resourcesText, statusText, whyText, type TextParts } from './answers.ts';
import { cardAddress } from './cards.ts';
import { showApprovers, showReview } from './phrases.ts';
import { grantedText } from './time-words.ts';
import { formatTime } from './times.ts';

/** GitHub notifies no more than fifty people by one comment. */
const maxTold = 50;

/** The Markdown of a comment, without its marker. Throws when it is about a request that is not there. */
export async function commentText(
  parts: TextParts,
  telling: Telling,
  thread: Thread,
): Promise<Rendered> {
  const { templates, phrases } = parts;
  switch (telling.about) {
    case 'refused':
      return templates.markdown('comments/refused', {
        person: mention(telling.person),
        why: phrases.refusal(telling.reason),
      });
    case 'mistake':
      return templates.markdown('comments/mistake', {
        person: mention(telling.person),
        why: phrases.mistake(telling.reason),
        hint: hintOf(templates, telling.hint),
      });
    case 'help':
      return helpText(parts, telling.terms);
    case 'why':
      return whyText(parts, telling.person, telling.why);
    case 'resources':
      return resourcesText(parts, telling.person, telling.listing);
    case 'status':
      return statusText(parts, thread);
    case 'confirm':
      return confirmText(parts, telling);
    default:
      return requestText(parts, telling, thread);
  }
}

function hintOf(templates: Templates, hint: string | undefined): Rendered {
  if (hint === undefined) return plain('');
  const { rendered } = templates.markdown('comments/hint', { line: codeBlock(hint) });
  return { rendered: ` ${rendered}` };
}

/** Where whoever approved has to sign in. */
async function confirmText(
  { store, templates, host }: TextParts,
  { request: number, confirmation }: Extract<Telling, { about: 'confirm' }>,
): Promise<Rendered> {
  const stored = await readRequest(store.queries, number);
  const waiting = await readWaiting(store.queries, confirmation);
  if (!stored || !waiting) throw new Error(`there is no approval ${confirmation} to tell of`);
  return templates.markdown('comments/confirm', {
    approver: mention(waiting.approver.login),
    request: codeSpan(stored.request.id),
    resource: codeSpan(stored.request.resource),
    link: address(confirmLink(host, waiting.id)),
    until: formatTime(waiting.until),
  });
}

/** What became of a request, told to its requester. */
async function requestText(
  { store, templates, phrases }: TextParts,
  telling: Exclude<Extract<Telling, { request: number }>, { about: 'confirm' }>,
  thread: Thread,
): Promise<Rendered> {
  const stored = await readRequest(store.queries, telling.request);
  if (!stored) throw new Error(`there is no request ${telling.request} to tell of`);
  const { request, ending } = stored;
  const about = {
    requester: mention(request.requester.login),
    resource: codeSpan(request.resource),
  };
  const name = `comments/${telling.about}`;
  const card = () => cardAddress({ ...request, cardCommentId: stored.cardCommentId }, thread);
  if (telling.about === 'granted') {
    const grant = await grantOfRequest(store.queries, stored.number);
    if (!grant) throw new Error(`there is no grant of ${request.id} to tell of`);
    return grantedText(templates, grant.time, { ...about, card: card() });
  }
  if (telling.about === 'extended') {
    const grant = await readGrant(store.queries, request.extends ?? '');
    if (!grant) throw new Error(`there is no grant that ${request.id} extends`);
    return templates.markdown(name, { ...about, endsAt: formatTime(expiresAt(grant)) });
  }
  if (telling.about === 'asked') {
    const approvers = showApprovers(telling.approvers, 'told', maxTold);
    return templates.markdown(name, {
      approvers,
      requester: codeSpan(request.requester.login),
      resource: about.resource,
      card: card(),
    });
  }
  if (telling.about === 'glass-broken' || telling.about === 'review-overdue') {
    const review = await reviewOfRequest(store.queries, stored.number);
    return templates.markdown(name, {
      ...about,
      approvers: showApprovers(telling.approvers, 'told', maxTold),
      id: plain(request.id),
      due: formatTime(review?.dueAt ?? ''),
      card: card(),
    });
  }
  const id = codeSpan(request.id);
  if (telling.about === 'reviewed') {
    const review = await reviewOfRequest(store.queries, stored.number);
    if (!review?.done) throw new Error(`there is no review of ${request.id} to tell of`);
    return templates.markdown(name, { ...about, id, ...showReview(review.done) });
  }
  if (telling.about === 'closed') {
    const cause = telling.reason ? phrases.refusal(telling.reason) : lapsed;
    return templates.markdown(name, { ...about, request: id, cause });
  }
  const by = codeSpan(ending?.by ?? '');
  const reason = ending?.reason ? codeSpan(ending.reason) : plain('no reason was given.');
  const why = ending?.refusal ? phrases.refusal(ending.refusal) : reason;
  if (telling.about === 'denied')
    return templates.markdown(name, { ...about, request: id, by, reason });
  return templates.markdown(name, { ...about, by, reason: why });
}

const lapsed = plain('nobody decided in time.');
