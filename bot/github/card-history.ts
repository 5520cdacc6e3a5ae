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

const editsPerPage = 100;
/**
 * A card with more edits is not believed. The bot does not make so many: sessions are shown once an hour in the end. Once
 * somebody deletes the card it is written anew, without a history.
 */
const maxEdits = 2_000;

const query = `query ($id: ID!, $after: String) {
  node(id: $id) {
    ... on IssueComment {
      body
      author { __typename login }
      userContentEdits(first: ${editsPerPage}, after: $after) {
        nodes { editedAt editor { __typename login } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;

interface Editor {
  __typename: string;
  login: string;
}
interface Answer {
  node: Partial<CardPage> | null;
}
interface CardPage {
  body: string;
  author: Editor | null;
  userContentEdits: {
    nodes: readonly ({ editedAt: string; editor: Editor | null } | null)[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  } | null;
}

/** The card as it stands and how it came to that; `gone`, or with too many edits to look through. */
export async function readCard(
  github: GitHub,
  { owner, repo }: Thread,
  commentId: number,
): Promise<CardNow | 'gone' | 'edited-too-often'> {
  const comment = await absent(async () => {
    const asked = { owner, repo, comment_id: commentId };
    return (await github.rest.issues.getComment(asked)).data;
  });
  if (!comment) return 'gone';
  const edits: CardEdit[] = [];
  let first: CardPage | undefined;
  for (let after: string | null = null; ;) {
    const page: CardPage | undefined = await readPage(github, comment.node_id, after);
    if (!page) return 'gone';
    // The text of the first answer: whatever was edited since is newer than what is asked about.
    first ??= page;
    edits.push(...editsOn(page));
    const { pageInfo } = page.userContentEdits ?? {};
    if (!pageInfo?.hasNextPage || pageInfo.endCursor === null) return { body: first.body, edits };
    if (edits.length >= maxEdits) return 'edited-too-often';
    after = pageInfo.endCursor;
  }
}

async function readPage(
  github: GitHub,
  id: string,
  after: string | null,
): Promise<CardPage | undefined> {
  const answer = await found(() => github.graphql<Answer>(query, { id, after }));
  const { body, author = null, userContentEdits = null } = answer?.node ?? {};
  return body === undefined ? undefined : { body, author, userContentEdits };
}

function editsOn({ author, userContentEdits }: CardPage): CardEdit[] {
  const edits = (userContentEdits?.nodes ?? []).filter((edit) => edit !== null);
  return edits.map(({ editedAt, editor }) => ({
    at: editedAt,
    isOwn:
      editor !== null && editor.__typename === author?.__typename && editor.login === author.login,
  }));
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
