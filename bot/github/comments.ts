// The words of the comments that tell somebody something. A pure reading of the store through the templates: what is
// said follows from what was committed, whenever it is written.

import { grantOfRequest } from '../store/grants.ts';
import type { Telling } from '../store/outbox.ts';
import { readRequest } from '../store/requests.ts';
import type { Store } from '../store/store.ts';
import {
  address,
  codeBlock,
  codeSpan,
  mention,
  plain,
  type Rendered,
  type Templates,
} from '../templates.ts';
import type { Phrases } from './phrases.ts';
import { formatTime } from './times.ts';

export interface CommentParts {
  readonly store: Store;
  readonly templates: Templates;
  readonly phrases: Phrases;
}

/** The Markdown of a comment, without its marker. Throws when it is about a request that is not there. */
export async function commentText(parts: CommentParts, telling: Telling): Promise<Rendered> {
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
      return templates.markdown('comments/help', {});
    default:
      return requestText(parts, telling);
  }
}

function hintOf(templates: Templates, hint: string | undefined): Rendered {
  if (hint === undefined) return plain('');
  const { rendered } = templates.markdown('comments/hint', { line: codeBlock(hint) });
  return { rendered: ` ${rendered}` };
}

/** What became of a request, told to its requester. */
async function requestText(
  { store, templates, phrases }: CommentParts,
  telling: Extract<Telling, { request: number }>,
): Promise<Rendered> {
  const stored = await readRequest(store.queries, telling.request);
  if (!stored) throw new Error(`there is no request ${telling.request} to tell of`);
  const { request, ending } = stored;
  const about = {
    requester: mention(request.requester.login),
    resource: codeSpan(request.resource),
  };
  const name = `comments/${telling.about}`;
  if (telling.about === 'granted') {
    const grant = await grantOfRequest(store.queries, stored.number);
    const card = address(`${request.issue.url}#issuecomment-${stored.cardCommentId ?? ''}`);
    return templates.markdown(name, { ...about, endsAt: formatTime(grant?.endsAt ?? ''), card });
  }
  const id = codeSpan(request.id);
  if (telling.about === 'closed') {
    const cause = telling.reason ? phrases.refusal(telling.reason) : lapsed;
    return templates.markdown(name, { ...about, request: id, cause });
  }
  const by = codeSpan(ending?.by ?? '');
  const reason = ending?.reason ? codeSpan(ending.reason) : plain('no reason was given.');
  if (telling.about === 'denied')
    return templates.markdown(name, { ...about, request: id, by, reason });
  return templates.markdown(name, { ...about, by, reason });
}

const lapsed = plain('nobody decided in time.');
