// The words that answer whoever only asked: /why, /resources, /status and /help. What is said was found when the
// command was decided, except for /status, which reads how things stand when it is written.

import { formatDuration } from '../access/duration.ts';
import { maxReasonChars } from '../access/grammar.ts';
import type { Listing, NamespaceTerms, Reachable, RoleTerms, Why } from '../access/inquire.ts';
import { grantBehind } from '../store/grants.ts';
import type { Thread } from '../store/outbox.ts';
import { requestsOfIssue, type StoredRequest } from '../store/requests.ts';
import type { Store } from '../store/store.ts';
import { waitingFor } from '../store/waiting.ts';
import {
  codeBlock,
  codeSpan,
  joined,
  mention,
  plain,
  type Rendered,
  type Templates,
} from '../templates.ts';
import { lapseOf } from './card-of-request.ts';
import { cardAddress } from './cards.ts';
import { foldedTable } from './length.ts';
import { neededOf, showMissing, type Phrases } from './phrases.ts';
import { demandWords } from './sign-in-words.ts';
import { standsUntil } from './time-words.ts';
import { formatTime } from './times.ts';

export interface TextParts {
  readonly store: Store;
  readonly templates: Templates;
  readonly phrases: Phrases;
  /** Of the bot, where people sign in. */
  readonly host: string;
  now(): Date;
}

/** More of a title says nothing more. */
const maxTitleChars = 100;
/** Requests that `/status` lists: the newest of an issue. The others are on their cards. */
const maxListedRequests = 20;

export function whyText(parts: TextParts, person: string, why: Why): Rendered {
  const { templates, phrases } = parts;
  const resource = codeSpan(why.resource);
  const verdict: Rendered = why.refusal
    ? { rendered: `you may not ask for ${resource.rendered}:` }
    : { rendered: `you may ask for ${resource.rendered}:` };
  const line = ['/connect', why.resource, ...(why.role ? ['as', why.role] : [])].join(' ');
  return templates.markdown('comments/why', {
    person: mention(person),
    verdict,
    rules: rulesOf(parts, why.steps, why.refusal && phrases.refusal(why.refusal)),
    roles: why.roles.length === 0 ? plain('') : block(rolesTable(parts, why.roles)),
    next: why.refusal
      ? plain('')
      : templates.markdown('comments/why-next', { line: codeBlock(line) }),
  });
}

/** One row for each rule that was looked at; the one that was not met is told as the refusal it led to. */
function rulesOf(
  { templates, phrases }: TextParts,
  steps: Why['steps'],
  refusal: Rendered | undefined,
): Rendered {
  const rows = steps.map((step) =>
    templates.markdown('comments/why-rule', {
      sign: { rendered: step.satisfied ? '✅' : '❌' },
      text: step.satisfied ? phrases.rule(step) : (refusal ?? codeSpan(step.rule)),
    }),
  );
  return joined(rows, '\n');
}

function rolesTable({ templates }: TextParts, roles: readonly RoleTerms[]): Rendered {
  const rows = roles.map(({ role, iam, defaultMs, maxMs, atOnceMs, needs }) =>
    templates.markdown('comments/role', {
      role:
        iam === undefined
          ? codeSpan(role)
          : templates.markdown('comments/role-cloud', { role, iam }),
      default: plain(formatDuration(defaultMs)),
      max: plain(formatDuration(maxMs)),
      needs: needsOf(templates, { atOnceMs, needs }),
    }),
  );
  return templates.markdown('comments/roles', { rows: joined(rows, '\n') });
}

function needsOf(
  templates: Templates,
  { atOnceMs, needs }: Pick<RoleTerms, 'needs'> & { atOnceMs: number | undefined },
): Rendered {
  const approvals = showMissing(needs);
  if (atOnceMs === undefined) return approvals;
  const max = plain(formatDuration(atOnceMs));
  return templates.markdown('comments/role-at-once', { max, approvals });
}

export function resourcesText(
  { templates, phrases }: TextParts,
  person: string,
  listing: Listing,
): Rendered {
  const who = mention(person);
  if (listing.kind === 'refused') {
    return templates.markdown('comments/refused', {
      person: who,
      why: phrases.refusal(listing.reason),
    });
  }
  const { resources, more } = listing;
  if (resources.length === 0) return templates.markdown('comments/resources-none', { person: who });
  const rows = resources.map((reachable) =>
    templates.markdown('comments/resource', {
      resource: codeSpan(reachable.resource),
      title: codeSpan(reachable.title.slice(0, maxTitleChars).toWellFormed()),
      roles: shortTerms(reachable.roles),
    }),
  );
  const rest = more === 0 ? '' : `There are ${more} more.`;
  return templates.markdown('comments/resources', {
    person: who,
    rows: joined(rows, '\n'),
    more: rest === '' ? plain('') : below(plain(rest)),
  });
}

function shortTerms(roles: Reachable['roles'] | NamespaceTerms['roles']): Rendered {
  return joined(
    roles.map(({ role, maxMs }) => ({
      rendered: `${codeSpan(role).rendered} up to ${formatDuration(maxMs)}`,
    })),
    ', ',
  );
}

export async function statusText(parts: TextParts, thread: Thread): Promise<Rendered> {
  const { templates } = parts;
  const { queries } = parts.store;
  const requests = (await requestsOfIssue(queries, thread)).toReversed();
  if (requests.length === 0) return templates.markdown('comments/status-none', {});
  const rows = await Promise.all(
    requests.slice(0, maxListedRequests).map(async (stored) => {
      const { request, cardCommentId } = stored;
      return templates.markdown('comments/status-row', {
        request: codeSpan(request.id),
        requester: codeSpan(request.requester.login),
        resource: codeSpan(request.resource),
        role: codeSpan(request.role),
        state: await standOf(parts, stored),
        card: cardAddress({ ...request, cardCommentId }, thread),
      });
    }),
  );
  const hidden = requests.length - rows.length;
  return templates.markdown('comments/status', {
    rows: joined(rows, '\n'),
    more: hidden > 0 ? below(plain(`There are ${hidden} older ones.`)) : plain(''),
  });
}

async function standOf(
  { store: { queries }, templates, now }: TextParts,
  stored: StoredRequest,
): Promise<Rendered> {
  const { request, missing } = stored;
  if (request.state === 'pending') {
    const until = formatTime(
      lapseOf(request, (await grantBehind(queries, stored)) ?? null),
    ).rendered;
    const waiting = await waitingFor(queries, stored, now());
    const approvers = joined(
      waiting.map(({ approver }) => codeSpan(approver.login)),
      ', ',
    );
    const signsIn =
      waiting.length === 0
        ? plain('')
        : templates.markdown('comments/status-unconfirmed', { approvers });
    return {
      rendered: `waits until ${until} for ${neededOf(templates, missing).rendered}${signsIn.rendered}`,
    };
  }
  const grant = request.state === 'granted' ? await grantBehind(queries, stored) : undefined;
  if (grant?.state !== 'active') return plain(grant?.state ?? request.state);
  return standsUntil(grant);
}

export function helpText(
  { templates }: TextParts,
  terms: readonly NamespaceTerms[] | null,
): Rendered {
  const rows = (terms ?? []).map((each) => helpTerm(templates, each));
  return templates.markdown('comments/help', {
    reasonChars: plain(String(maxReasonChars)),
    terms: rows.length === 0 ? plain('') : below(termsTable(templates, rows)),
  });
}

function helpTerm(templates: Templates, terms: NamespaceTerms): Rendered {
  const { namespace, requesters, roles, pendingMs, useWithinMs, identity, hours } = terms;
  const approvers =
    terms.confirm === 'sign-in' ? [templates.markdown('comments/help-confirm', {}).rendered] : [];
  const given = hours.length > 0 ? joined(hours.map(codeSpan), ', ') : plain('at any time');
  const within = useWithinMs === undefined ? undefined : formatDuration(useWithinMs);
  return templates.markdown('comments/help-term', {
    namespace: codeSpan(namespace),
    requesters: joined(requesters.map(codeSpan), ', '),
    roles: shortTerms(roles),
    pending: plain(formatDuration(pendingMs)),
    identity: {
      rendered: ['`oidc`', ...demandWords(templates, identity), ...approvers].join(', '),
    },
    hours:
      within === undefined ? given : joined([given, plain(`to be used within ${within}`)], ', '),
  });
}

function termsTable(templates: Templates, rows: readonly Rendered[]): Rendered {
  const table = templates.markdown('comments/help-terms', { rows: joined(rows, '\n') });
  const summary = plain(`What holds here: ${rows.length} namespaces`);
  return foldedTable(templates, { table, rows: rows.length, summary });
}

/** A part that stands on its own, with the blank line after it. */
function block(part: Rendered): Rendered {
  return { rendered: `${part.rendered}\n\n` };
}

/** A part below a table, which would otherwise be a row of it. */
function below(part: Rendered): Rendered {
  return { rendered: `\n\n${part.rendered}` };
}
