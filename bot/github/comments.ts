// The words of the comments that tell somebody something. A pure reading of the store through the templates: what is
// said follows from what was committed, whenever it is written.

import type { Mistake, Refusal } from '../access/reasons.ts';
import { numberOf } from '../ledger/ledger.ts';
import { grantOfRequest } from '../store/grants.ts';
import type { Posting } from '../store/outbox.ts';
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
export async function commentText(
  parts: CommentParts,
  { template, values }: Extract<Posting, { kind: 'comment' }>,
): Promise<Rendered> {
  const { templates, phrases } = parts;
  const name = `comments/${template}`;
  const { person, reason } = values;
  if (template === 'refused' && person && reason) {
    const why = phrases.refusal(JSON.parse(reason) as Refusal);
    return templates.markdown(name, { person: mention(person), why });
  }
  if (template === 'mistake' && person && reason) {
    const why = phrases.mistake(JSON.parse(reason) as Mistake);
    return templates.markdown(name, {
      person: mention(person),
      why,
      hint: hintOf(templates, values['hint']),
    });
  }
  if (template === 'help') return templates.markdown(name, {});
  return requestComment(parts, { template, values });
}

function hintOf(templates: Templates, hint: string | undefined): Rendered {
  if (!hint) return plain('');
  return {
    rendered: ` ${templates.markdown('comments/hint', { line: codeBlock(hint) }).rendered}`,
  };
}

/** A comment about what became of a request: told to its requester. */
async function requestComment(
  { store, templates, phrases }: CommentParts,
  { template, values }: { template: string; values: Readonly<Record<string, string>> },
): Promise<Rendered> {
  const stored = await readRequest(store.queries, numberOf(values['request'] ?? ''));
  if (!stored) throw new Error(`there is no request for the comment ${template}`);
  const { request, ending } = stored;
  const about = {
    requester: mention(request.requester.login),
    resource: codeSpan(request.resource),
  };
  const name = `comments/${template}`;
  const by = codeSpan(ending?.by ?? '');
  const reason = ending?.reason ? codeSpan(ending.reason) : plain('no reason was given.');
  if (template === 'granted') {
    const grant = await grantOfRequest(store.queries, stored.number);
    const card = address(`${request.issue.url}#issuecomment-${stored.cardCommentId ?? ''}`);
    return templates.markdown(name, { ...about, endsAt: formatTime(grant?.endsAt ?? ''), card });
  }
  if (template === 'revoked') {
    return templates.markdown(name, {
      ...about,
      by,
      reason,
      relays: unconfirmedOf(values['unconfirmed']),
    });
  }
  if (template === 'denied') {
    return templates.markdown(name, { ...about, request: codeSpan(request.id), by, reason });
  }
  const cause = values['reason']
    ? phrases.refusal(JSON.parse(values['reason']) as Refusal)
    : lapsed;
  return templates.markdown(name, { ...about, request: codeSpan(request.id), cause });
}

const lapsed = plain('nobody decided in time.');

/** Says so when a relay has not confirmed: until it does, or its lease ends, sessions on it may live on. */
function unconfirmedOf(relays: string | undefined): Rendered {
  if (!relays) return plain('');
  const words =
    'has not confirmed yet; it ends its sessions at the latest when its lease and grace are over, 330 seconds from now by default.';
  return { rendered: `${codeSpan(relays).rendered} ${words}` };
}
