// Turns codes with their data into the words of templates/: refusals.yml, mistakes.yml, rules.yml and checks.yml. One
// way for each kind of data, none for single codes: which words a reason or a rule gets is for the templates alone.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { formatDuration } from '../access/duration.ts';
import type { Step } from '../access/explain.ts';
import type { Approver, Missing, Mistake, Refusal } from '../access/reasons.ts';
import type { ReviewDone } from '../store/reviews.ts';
import {
  codeSpan,
  fill,
  joined,
  mention,
  plain,
  teamMention,
  terminalText,
  type Rendered,
  type Templates,
} from '../templates.ts';
import { formatTime } from './times.ts';

export interface Phrases {
  /** What a rule looked at that was met, or that waits to be. One that led to a refusal is told by that. */
  rule(step: Pick<Step, 'rule' | 'fact' | 'satisfied'>): Rendered;
  refusal(refusal: Refusal): Rendered;
  mistake(mistake: Mistake): Rendered;
  /** Of a check at a commit. */
  title(code: string, data: { readonly count: number }): Rendered;
}

/** `manner` says where they are read: on an issue, or `printed` on a terminal. */
export function openPhrases(folder: string, manner: 'shown' | 'printed' = 'shown'): Phrases {
  const read = (file: string) =>
    parse(readFileSync(join(folder, file), 'utf8')) as Record<string, string>;
  const refusals = read('refusals.yml');
  const mistakes = read('mistakes.yml');
  const rules = read('rules.yml');
  const titles = read('checks.yml');
  return {
    rule: ({ rule, fact, satisfied }) => {
      const name = satisfied ? rule : `${rule}.waits`;
      return phrase(`rules.yml ${name}`, rules[name], { data: fact, manner });
    },
    refusal: ({ code, data }) => phrase(`refusals.yml ${code}`, refusals[code], { data, manner }),
    mistake: ({ code, data }) => phrase(`mistakes.yml ${code}`, mistakes[code], { data, manner }),
    title: (code, data) => phrase(`checks.yml ${code}`, titles[code], { data, manner }),
  };
}

interface Said {
  readonly data: object;
  readonly manner: Manner;
}

function phrase(name: string, text: string | undefined, { data, manner }: Said): Rendered {
  if (text === undefined) throw new Error(`templates/${name}: there is no such text`);
  // A text need not name all that is known of a case.
  const shown = Object.entries(data).map(
    ([key, value]) => [key.replace(/Ms$/, ''), key, value] as const,
  );
  const used = shown.filter(([blank]) => text.includes(`{{${blank}}}`));
  const values = Object.fromEntries(
    used.map(([blank, key, value]) => [blank, show(key, value, manner)]),
  );
  return fill(name, text, values);
}

function show(key: string, value: unknown, manner: Manner): Rendered {
  const quote = quotes[manner];
  if (typeof value === 'number')
    return plain(key.endsWith('Ms') ? formatDuration(value) : String(value));
  if (typeof value === 'string') return key.endsWith('At') ? formatTime(value) : quote(value);
  if (!Array.isArray(value)) throw new Error(`no words for ${key}`);
  if (value.length === 0) return { rendered: emptyList[key] ?? 'none' };
  if (key === 'missing') return showMissing(value as Missing[], manner);
  if (key === 'approvers') return showApprovers(value as Approver[], manner);
  const list = joined((value as string[]).map(quote), ', ');
  const [before = '', after = ''] = aroundList[key] ?? [];
  return { rendered: `${before}${list.rendered}${after}` };
}

/** What stands around a list whose text is a sentence of its own. */
const aroundList: Readonly<Record<string, readonly [string, string]>> = {
  suggestions: ['Did you mean ', '?'],
  requests: ['There is no more to decide on ', '.'],
  grants: ['These have ended: ', '.'],
};

/** What stands in the place of a list that is empty: our own words, which name commands. */
const emptyList: Readonly<Record<string, string>> = {
  suggestions: 'Names are those of the catalog.',
  requests: 'Comment /connect to make one.',
  grants: 'Comment /connect to ask for access.',
  approvers: 'nobody; the catalog names no owner who is a known person',
};

/** More people of a group than these are not named one by one: a card is read, and a mention is a notification. */
const maxNamed = 10;
/** More groups and people than these are not listed one by one. */
const maxListed = 10;

/** Names are shown as code, or printed on a terminal; approvers may be told by a mention, which notifies. */
type Manner = 'shown' | 'told' | 'printed';

const quotes: Readonly<Record<Manner, (text: string) => Rendered>> = {
  shown: codeSpan,
  told: codeSpan,
  printed: terminalText,
};

/** People by name with the group that entitles them, `max` of each, or the team that they are. */
export function showApprovers(
  approvers: readonly Approver[],
  manner: Manner = 'shown',
  max = maxNamed,
): Rendered {
  const shown = approvers
    .slice(0, maxListed)
    .map((approver) => showApprover(approver, manner, max));
  const hidden = approvers.length - shown.length;
  if (hidden > 0) shown.push(plain(`and ${hidden} more`));
  return joined(shown, '; ');
}

function showApprover({ logins, ref, team }: Approver, manner: Manner, max: number): Rendered {
  const quote = quotes[manner];
  const group = quote(ref).rendered;
  if (manner === 'told' && team !== null)
    return { rendered: `${teamMention(team).rendered} (${group})` };
  const show = manner === 'told' ? mention : quote;
  const named = logins.slice(0, max).map(show);
  const more = logins.length > max ? ` and ${logins.length - max} more` : '';
  const names = named.length > 0 ? joined(named, ', ').rendered : 'no known person';
  return { rendered: `${names}${more} (${group})` };
}

/** What a request that waits still needs. */
export function neededOf(
  templates: Templates,
  missing: readonly Missing[],
  manner: Manner = 'shown',
): Rendered {
  if (missing.length === 0) return templates.markdown('comments/one-more', {});
  return showMissing(missing, manner);
}

/** What is missing. The card asks with mentions; a refusal only says who could, and notifies nobody. */
export function showMissing(missing: readonly Missing[], manner: Manner = 'shown'): Rendered {
  if (missing.length === 0) return plain('nothing');
  return joined(
    missing.map((each) => showDemand(each, manner)),
    ' and ',
  );
}

function showDemand({ count, of }: Missing, manner: Manner): Rendered {
  const needed = `${count} ${count === 1 ? 'approval' : 'approvals'}`;
  const known = new Set(of.flatMap(({ logins }) => logins)).size;
  // Where nobody is known at all, the approvers say so.
  const few =
    known > 0 && known < count ? `, of whom only ${known} ${known === 1 ? 'is' : 'are'} known` : '';
  return { rendered: `${needed} by ${showApprovers(of, manner).rendered}${few}` };
}

/** Who reviewed a broken glass, when, and what they said to it. */
export function showReview({ by, at, remark }: ReviewDone) {
  return {
    by: codeSpan(by?.login ?? 'nobody'),
    at: formatTime(at),
    remark: remark === '' ? plain('nothing to remark') : codeSpan(remark),
  };
}
