// What is told to somebody whose command changed nothing: a refusal, a mistake, or the answer they asked for.

import type { Derivation } from '../access/explain.ts';
import type { RecordAction } from '../access/record.ts';
import type { Mistake, Refusal } from '../access/reasons.ts';
import type { Verb } from '../access/grammar.ts';
import type { Telling } from '../store/outbox.ts';
import {
  actorOf,
  commit,
  originOf,
  recorded,
  settleCommand,
  type CommandSource,
  type Ledger,
} from './ledger.ts';

/** The commands that change something, when they are allowed to. */
type DecidedVerb = Exclude<Verb, 'why' | 'resources' | 'status' | 'help'>;

const refusedAction: Readonly<Record<DecidedVerb, RecordAction>> = {
  connect: 'request.open',
  approve: 'request.approve',
  deny: 'request.deny',
  cancel: 'request.cancel',
  extend: 'grant.extend',
  revoke: 'grant.revoke',
  'break-glass': 'grant.break-glass',
  review: 'grant.review',
};

export function isDecided(verb: Verb): verb is DecidedVerb {
  return Object.hasOwn(refusedAction, verb);
}

export interface RefusedCommand {
  readonly verb: DecidedVerb;
  readonly reason: Refusal;
  readonly derivation: Derivation;
  readonly request?: string;
  readonly grant?: string;
}

/** Records a refusal and says why in a reply. */
export async function refuseCommand(
  ledger: Ledger,
  source: CommandSource,
  refused: RefusedCommand,
): Promise<void> {
  await commit(ledger, async (entry) => {
    await entry.record({
      actor: actorOf(source.author),
      action: refusedAction[refused.verb],
      outcome: 'refused',
      reason: refused.reason.code,
      request: refused.request ?? null,
      grant: refused.grant ?? null,
      origin: originOf(source),
      data: { derivation: recorded(refused.derivation) },
    });
    await entry.post(source.thread, `${source.commentId}:reply`, {
      kind: 'comment',
      telling: { about: 'refused', person: source.author.login, reason: refused.reason },
    });
    await settleCommand(entry, source, { outcome: refused.reason.code, reaction: '-1' });
  });
}

/**
 * Records that a comment could not be read as a command, about which nothing is decided then, and answers with the
 * corrected line.
 */
export async function answerMistake(
  ledger: Ledger,
  source: CommandSource,
  { reason, hint }: { reason: Mistake; hint?: string },
): Promise<void> {
  await commit(ledger, async (entry) => {
    await entry.record({
      actor: actorOf(source.author),
      action: 'command.mistake',
      outcome: 'refused',
      reason: reason.code,
      origin: originOf(source),
    });
    await entry.post(source.thread, `${source.commentId}:reply`, {
      kind: 'comment',
      telling: { about: 'mistake', person: source.author.login, reason, ...(hint && { hint }) },
    });
    await settleCommand(entry, source, { outcome: reason.code, reaction: 'confused' });
  });
}

/** Answers whoever only asked. Nothing is recorded: nothing was decided. */
export async function answer(
  ledger: Ledger,
  source: CommandSource,
  telling: Extract<Telling, { about: 'help' | 'why' | 'resources' | 'status' }>,
): Promise<void> {
  await commit(ledger, async (entry) => {
    await entry.post(source.thread, `${source.commentId}:reply`, { kind: 'comment', telling });
    await settleCommand(entry, source, { outcome: telling.about, reaction: 'rocket' });
  });
}

/** Shows that a comment was seen and is a command: the first sign of life, before anything is decided. */
export async function acknowledge(ledger: Ledger, source: CommandSource): Promise<void> {
  const { commentId } = source;
  await commit(ledger, (entry) =>
    entry.post(source.thread, `${commentId}:eyes`, {
      kind: 'reaction',
      commentId,
      content: 'eyes',
    }),
  );
}
