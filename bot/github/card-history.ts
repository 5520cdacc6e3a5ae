// Who wrote on a card, and when: what somebody saw who said yes to it is not always what stands there now. GitHub keeps
// every edit with its editor, also one that was taken back, and of which no webhook reached us.

import type { Thread } from '../store/outbox.ts';
import type { GitHub } from './app.ts';
import { absent, found } from './calls.ts';

export interface CardNow {
  readonly body: string;
  /** In no particular order. */
  readonly edits: readonly CardEdit[];
}

export interface CardEdit {
  /** By GitHub's clock, ISO 8601 in seconds. */
  readonly at: string;
  /** By the App that wrote the card. */
  readonly isOwn: boolean;
}

/** A card with more edits is not believed: its owner is asked again. */
const maxEdits = 100;

const query = `query ($id: ID!) {
  node(id: $id) {
    ... on IssueComment {
      body
      author { __typename login }
      userContentEdits(first: ${maxEdits}) {
        nodes { editedAt editor { __typename login } }
        pageInfo { hasNextPage }
      }
    }
  }
}`;

interface Editor {
  __typename: string;
  login: string;
}
interface Answer {
  node: {
    body?: string;
    author: Editor | null;
    userContentEdits: {
      nodes: readonly ({ editedAt: string; editor: Editor | null } | null)[];
      pageInfo: { hasNextPage: boolean };
    } | null;
  } | null;
}

/** The card as it stands and how it came to that; undefined when it is gone, or has too many edits to look through. */
export async function readCard(
  github: GitHub,
  { owner, repo }: Thread,
  commentId: number,
): Promise<CardNow | undefined> {
  const comment = await absent(async () => {
    const asked = { owner, repo, comment_id: commentId };
    return (await github.rest.issues.getComment(asked)).data;
  });
  if (!comment) return undefined;
  const answer = await found(() => github.graphql<Answer>(query, { id: comment.node_id }));
  const card = answer?.node;
  if (card?.body === undefined || card.userContentEdits?.pageInfo.hasNextPage) return undefined;
  const edits = (card.userContentEdits?.nodes ?? []).filter((edit) => edit !== null);
  return {
    body: card.body,
    edits: edits.map(({ editedAt, editor }) => ({
      at: editedAt,
      isOwn:
        editor !== null &&
        editor.__typename === card.author?.__typename &&
        editor.login === card.author.login,
    })),
  };
}

/**
 * Whether somebody else's text may have stood there at that moment: from their edit until our next one. Times are whole
 * seconds, and of one second it is not known what came first.
 */
export function wasForeignAt(edits: readonly CardEdit[], moment: string): boolean {
  const own = edits.filter(({ isOwn }) => isOwn).map(({ at }) => at);
  return edits.some(({ at, isOwn }) => {
    if (isOwn || moment < at) return false;
    const mended = own.filter((each) => each > at).toSorted()[0];
    return mended === undefined || moment <= mended;
  });
}
