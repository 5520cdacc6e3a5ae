// The grammar behind each verb: words in, command out. Every word must be one the grammar has; the mistake that
// comes back otherwise carries the corrected line, built from what was understood and never from what was typed.

import { durationArgument, readDuration, type DurationFault } from './duration.ts';
import { mistake, type Mistake } from './reasons.ts';

export type Command =
  | {
      readonly verb: 'connect';
      readonly resource: string;
      readonly durationMs?: number;
      readonly role?: string;
      readonly reason: string;
    }
  | { readonly verb: 'approve'; readonly request?: string; readonly durationMs?: number }
  | { readonly verb: 'deny'; readonly request?: string; readonly reason: string }
  | { readonly verb: 'cancel'; readonly request?: string }
  | { readonly verb: 'revoke'; readonly grant?: string; readonly reason: string }
  | { readonly verb: 'help' };

export type Verb = Command['verb'];

export type ArgumentReading =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'mistake'; readonly reason: Mistake; readonly hint?: string };

/** The commands of this version, each with the line that shows how it is written. */
export const usage: Readonly<Record<Verb, string>> = {
  connect: '/connect <resource> [<duration>] [as <role>]',
  approve: '/approve [<request>] [<shorter duration>]',
  deny: '/deny [<request>] [reason]',
  cancel: '/cancel [<request>]',
  revoke: '/revoke [<grant>] [reason]',
  help: '/help',
};

/** A reason is shown whole on the card and is part of the digest, so it is refused rather than cut. */
export const maxReasonChars = 2_000;
/** Longer than any entity ref the catalog accepts. */
const maxResourceChars = 200;

/** Reads what follows the verb on its line; `below` are the lines under it, a reason where the verb takes one. */
export function readArguments(verb: Verb, rest: string, below: string): ArgumentReading {
  const words = rest === '' ? [] : rest.split(/[ \t]+/);
  if (verb === 'connect') return readConnect(words, below);
  if (verb === 'approve') return readApprove(words);
  if (verb === 'deny') return readDeny(rest, below);
  if (verb === 'revoke') return readRevoke(rest, below);
  if (verb === 'cancel') return readCancel(words);
  return words[0] === undefined
    ? { kind: 'command', command: { verb } }
    : wrong(unexpectedWord(verb, words[0]), example(verb));
}

/** The command as one corrected line; reasons below it are not part of a line. */
export function formatCommand(command: Command): string {
  const words: (string | undefined)[] = [`/${command.verb}`];
  if (command.verb === 'connect') words.push(command.resource);
  if ('request' in command) words.push(command.request);
  if ('grant' in command) words.push(command.grant);
  if ('durationMs' in command) words.push(durationArgument(command.durationMs));
  if ('role' in command) words.push('as', command.role);
  return words.filter((each) => each !== undefined).join(' ');
}

/** A line that works, for a verb of which nothing else was understood. */
export function example(verb: Verb): string {
  return verb === 'connect' ? '/connect payments-db 2h' : `/${verb}`;
}

function readConnect(words: readonly string[], reason: string): ArgumentReading {
  const [resource, ...more] = words;
  if (resource === undefined) {
    return wrong(mistake('missing-resource', { verb: 'connect' }), example('connect'));
  }
  if (resource.length > maxResourceChars || !/^[A-Za-z0-9][A-Za-z0-9:/._-]*$/.test(resource)) {
    return wrong(mistake('bad-resource', { word: resource }), example('connect'));
  }
  if (reason.length > maxReasonChars) {
    return wrong(mistake('reason-too-long', { maxChars: maxReasonChars }));
  }
  const bare = { verb: 'connect', resource: resource.toLowerCase(), reason } as const;
  const duration = more[0] === undefined || isAs(more[0]) ? undefined : readDuration(more[0]);
  if (duration?.kind === 'invalid') {
    const word = more[0] ?? '';
    return wrong(notADuration('connect', word, duration.reason), `/connect ${bare.resource} 2h`);
  }
  const timed = duration ? { ...bare, durationMs: duration.ms } : bare;
  return readRole(timed, more.slice(duration ? 1 : 0));
}

function readRole(
  command: Command & { verb: 'connect' },
  words: readonly string[],
): ArgumentReading {
  const [as, role, extra] = words;
  if (as === undefined) return { kind: 'command', command };
  if (!isAs(as)) return wrong(unexpectedWord('connect', as), formatCommand(command));
  const name = role?.toLowerCase() ?? '';
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    return wrong(mistake('bad-role', { word: role ?? '' }), formatCommand(command));
  }
  const whole: Command = { ...command, role: name };
  if (extra !== undefined) return wrong(unexpectedWord('connect', extra), formatCommand(whole));
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
  if (reason.length > maxReasonChars) {
    return wrong(mistake('reason-too-long', { maxChars: maxReasonChars }));
  }
  return { kind: 'command', command: { verb: 'deny', ...(id ? { request: id } : {}), reason } };
}

function readRevoke(rest: string, below: string): ArgumentReading {
  const { id, reason, word } = splitName(rest, below, grantOrRequestId);
  // A slip in a grant's name must not fall through to "the only grant there is".
  if (!id && /^g_/i.test(word)) return wrong(mistake('bad-grant', { word }), '/revoke');
  if (reason.length > maxReasonChars) {
    return wrong(mistake('reason-too-long', { maxChars: maxReasonChars }));
  }
  return { kind: 'command', command: { verb: 'revoke', ...(id ? { grant: id } : {}), reason } };
}

function readCancel(words: readonly string[]): ArgumentReading {
  const [word, extra] = words;
  if (word === undefined) return { kind: 'command', command: { verb: 'cancel' } };
  const request = requestId(word);
  if (!request) return wrong(mistake('bad-request', { word }), '/cancel');
  if (extra !== undefined) return wrong(unexpectedWord('cancel', extra), `/cancel ${request}`);
  return { kind: 'command', command: { verb: 'cancel', request } };
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

function wrong(reason: Mistake, hint?: string): ArgumentReading {
  return hint === undefined ? { kind: 'mistake', reason } : { kind: 'mistake', reason, hint };
}
