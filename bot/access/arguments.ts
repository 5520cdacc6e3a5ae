// Reads the words that follow a verb: words in, command out. Every word must be one the grammar has; the mistake that
// comes back otherwise carries the corrected line, built from what was understood and never from what was typed.

import { readDuration, type DurationFault } from './duration.ts';
import {
  example,
  formatCommand,
  maxReasonChars,
  usage,
  type Asked,
  type Command,
  type Verb,
} from './grammar.ts';
import { mistake, type Mistake } from './reasons.ts';

export type ArgumentReading =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'mistake'; readonly reason: Mistake; readonly hint?: string };

/** Longer than any entity ref the catalog accepts. */
const maxResourceChars = 200;

/** Reads what follows the verb on its line; `below` are the lines under it, a reason where the verb takes one. */
export function readArguments(verb: Verb, rest: string, below: string): ArgumentReading {
  const words = rest === '' ? [] : rest.split(/[ \t]+/);
  switch (verb) {
    case 'connect':
    case 'break-glass':
      return readAsked(verb, words, below);
    case 'approve':
      return readApprove(words);
    case 'deny':
      return readDeny(rest, below);
    case 'cancel':
      return readCancel(words);
    case 'extend':
      return readExtend(words, below);
    case 'revoke':
      return readRevoke(rest, below);
    case 'review':
      return readReview(rest, below);
    case 'why':
      return readWhy(words);
    default:
      return words[0] === undefined
        ? { kind: 'command', command: { verb } }
        : wrong(unexpectedWord(verb, words[0]), example(verb));
  }
}

type AskingVerb = 'connect' | 'break-glass';

function readAsked(verb: AskingVerb, words: readonly string[], reason: string): ArgumentReading {
  const [word, ...more] = words;
  const resource = readResource(verb, word);
  if (typeof resource !== 'string') return resource;
  if (reason.length > maxReasonChars) return tooLong();
  const bare: Asked = { resource, reason };
  const duration = more[0] === undefined || isAs(more[0]) ? undefined : readDuration(more[0]);
  if (duration?.kind === 'invalid') {
    const unfit = more[0] ?? '';
    return wrong(notADuration(verb, unfit, duration.reason), `/${verb} ${resource} 2h`);
  }
  const timed = duration ? { ...bare, durationMs: duration.ms } : bare;
  return readRole({ verb, ...timed }, more.slice(duration ? 1 : 0));
}

function readWhy([word, ...more]: readonly string[]): ArgumentReading {
  const resource = readResource('why', word);
  return typeof resource === 'string' ? readRole({ verb: 'why', resource }, more) : resource;
}

function readResource(
  verb: AskingVerb | 'why',
  word: string | undefined,
): string | Extract<ArgumentReading, { kind: 'mistake' }> {
  if (word === undefined) return wrong(mistake('missing-resource', { verb }), example(verb));
  if (word.length > maxResourceChars || !/^[A-Za-z0-9][A-Za-z0-9:/._-]*$/.test(word)) {
    return wrong(mistake('bad-resource', { word }), example(verb));
  }
  return word.toLowerCase();
}

/** `as <role>`, or nothing, at the end of the line. */
function readRole(
  command: Extract<Command, { resource: string }>,
  words: readonly string[],
): ArgumentReading {
  const { verb } = command;
  const [as, role, extra] = words;
  if (as === undefined) return { kind: 'command', command };
  if (!isAs(as)) return wrong(unexpectedWord(verb, as), formatCommand(command));
  const name = role?.toLowerCase() ?? '';
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    return wrong(mistake('bad-role', { word: role ?? '' }), formatCommand(command));
  }
  const whole: Command = { ...command, role: name };
  if (extra !== undefined) return wrong(unexpectedWord(verb, extra), formatCommand(whole));
  return { kind: 'command', command: whole };
}

function readApprove(words: readonly string[]): ArgumentReading {
  const [first, ...more] = words;
  if (first === undefined) return { kind: 'command', command: { verb: 'approve' } };
  const request = requestId(first);
  const rest = request ? more : words;
  const named: Command = request ? { verb: 'approve', request } : { verb: 'approve' };
  const [word, extra] = rest;
  if (word === undefined) return { kind: 'command', command: named };

  const duration = readDuration(word);
  if (duration.kind === 'invalid') {
    if (/^r/i.test(word) && !request) {
      return wrong(mistake('bad-request', { word }), formatCommand(named));
    }
    return wrong(notADuration('approve', word, duration.reason), formatCommand(named));
  }
  const whole: Command = { ...named, durationMs: duration.ms };
  if (extra !== undefined) return wrong(unexpectedWord('approve', extra), formatCommand(whole));
  return { kind: 'command', command: whole };
}

function readDeny(rest: string, below: string): ArgumentReading {
  const { id, reason } = splitName(rest, below, requestId);
  if (reason.length > maxReasonChars) return tooLong();
  return { kind: 'command', command: { verb: 'deny', ...(id ? { request: id } : {}), reason } };
}

function readCancel(words: readonly string[]): ArgumentReading {
  const [word, extra] = words;
  if (word === undefined) return { kind: 'command', command: { verb: 'cancel' } };
  const request = requestId(word);
  if (!request) return wrong(mistake('bad-request', { word }), '/cancel');
  if (extra !== undefined) return wrong(unexpectedWord('cancel', extra), `/cancel ${request}`);
  return { kind: 'command', command: { verb: 'cancel', request } };
}

function readExtend(words: readonly string[], reason: string): ArgumentReading {
  const grant = grantOrRequestId(words[0] ?? '');
  const [word, extra] = grant ? words.slice(1) : words;
  const named = grant ? { grant } : {};
  const hint = ['/extend', grant, '1h'].filter((each) => each !== undefined).join(' ');
  if (word === undefined) return wrong(mistake('missing-duration', { verb: 'extend' }), hint);
  if (/^g_/i.test(word)) return wrong(mistake('bad-grant', { word }), hint);
  const duration = readDuration(word);
  if (duration.kind === 'invalid')
    return wrong(notADuration('extend', word, duration.reason), hint);
  if (reason.length > maxReasonChars) return tooLong();
  const command: Command = { verb: 'extend', ...named, durationMs: duration.ms, reason };
  if (extra !== undefined) return wrong(unexpectedWord('extend', extra), formatCommand(command));
  return { kind: 'command', command };
}

function readRevoke(rest: string, below: string): ArgumentReading {
  const { id, reason, word } = splitName(rest, below, grantOrRequestId);
  // A slip in a grant's name must not fall through to "the only grant there is".
  if (!id && /^g_/i.test(word)) return wrong(mistake('bad-grant', { word }), '/revoke');
  if (reason.length > maxReasonChars) return tooLong();
  return { kind: 'command', command: { verb: 'revoke', ...(id ? { grant: id } : {}), reason } };
}

function readReview(rest: string, below: string): ArgumentReading {
  const { id, reason } = splitName(rest, below, requestId);
  if (reason.length > maxReasonChars) return tooLong();
  // `ok` says that there is nothing to say.
  const remark = reason.replace(/^ok(?=\n|$)\n?/i, '');
  return { kind: 'command', command: { verb: 'review', ...(id ? { request: id } : {}), remark } };
}

/** A leading id, if there is one, and all the rest as the reason. */
function splitName(rest: string, below: string, read: (word: string) => string | undefined) {
  const [, word = '', tail = ''] = /^(\S*)[ \t]*(.*)$/.exec(rest) ?? [];
  const id = read(word);
  const reason = [id ? tail : rest, below].filter((part) => part !== '').join('\n');
  return { id, word, reason };
}

function requestId(word: string): string | undefined {
  return /^r[1-9]\d{0,8}$/i.test(word) ? word.toLowerCase() : undefined;
}

function grantOrRequestId(word: string): string | undefined {
  return /^g_[a-z2-7]{26}$/.test(word) ? word : requestId(word);
}

function isAs(word: string): boolean {
  return /^as$/i.test(word);
}

/** A word that does not begin as a duration was not meant as one: it just does not belong there. */
function notADuration(verb: Verb, word: string, fault: DurationFault): Mistake {
  const meant = /^(?:\d|PT?\d)/.test(word);
  return meant ? mistake('bad-duration', { word, fault }) : unexpectedWord(verb, word);
}

function unexpectedWord(verb: Verb, word: string): Mistake {
  return mistake('unexpected-word', { word, usage: usage[verb] });
}

function tooLong(): ArgumentReading {
  return wrong(mistake('reason-too-long', { maxChars: maxReasonChars }));
}

function wrong(reason: Mistake, hint?: string): Extract<ArgumentReading, { kind: 'mistake' }> {
  return hint === undefined ? { kind: 'mistake', reason } : { kind: 'mistake', reason, hint };
}
