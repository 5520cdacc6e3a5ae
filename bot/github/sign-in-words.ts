// How an issue or a page says what is demanded of whoever signs in for an access.

import { formatDuration } from '../access/duration.ts';
import type { SignInDemand } from '../access/sign-in.ts';
import { codeSpan, joined, plain, type Rendered, type Templates } from '../templates.ts';

/** One text for each thing that is demanded; none where nothing is. `quote` marks the names that are the provider's. */
export function demandWords(
  templates: Templates,
  { maxAgeMs, acr }: SignInDemand,
  quote: (name: string) => Rendered = codeSpan,
): readonly string[] {
  const recent =
    maxAgeMs !== null &&
    templates.markdown('comments/sign-in-recent', { maxAge: plain(formatDuration(maxAgeMs)) });
  const ways =
    acr.length > 0 &&
    templates.markdown('comments/sign-in-way', { acr: joined(acr.map(quote), ' or ') });
  return [recent, ways].flatMap((words) => (words ? [words.rendered] : []));
}
