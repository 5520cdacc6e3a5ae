// From a comment, or an issue that was opened with the form, to what comes of it. What told of it is a hint, whether it
// was a webhook or the thread: it is read again from GitHub, and only what stands there unedited, by the very person it
// is said to be by, written by hand on the web or in an app, is acted on. Each acts once.

import type { Logger } from 'pino';
import { readCommand, type Reading } from '../access/command.ts';
import { judgeEpoch } from '../access/epoch.ts';
import { startTrail, type Refused } from '../access/explain.ts';
import { readForm, type FormLabels } from '../access/form.ts';
import type { Policy } from '../access/policy.ts';
import { mistake } from '../access/reasons.ts';
import { SecretInRecord } from '../access/record.ts';
import { isTextOfIssue, type IssueRef } from '../access/request.ts';
import { threadOf, type CommandSource } from '../ledger/ledger.ts';
import { acknowledge, answerMistake, isDecided, refuseCommand } from '../ledger/replies.ts';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow } from '../observe/trail.ts';
import { Overtaken } from '../ledger/ledger.ts';
import { isSettled, settle, unanswered } from '../store/commands.ts';
import type { Epoch } from '../store/epochs.ts';
import { openThreads } from '../store/requests.ts';
import { isForGood, isWithdrawal, whyIgnored } from './acceptance.ts';
import type { GitHub, GitHubApp } from './app.ts';
import { approve } from './commands/approve.ts';
import { cancel, deny } from './commands/close.ts';
import type { CommandParts } from './commands/command.ts';
import { connect } from './commands/connect.ts';
import { extend } from './commands/extend.ts';
import { breakGlass, review } from './commands/glass.ts';
import { inquire, why } from './commands/inquire.ts';
import { revoke } from './commands/revoke.ts';
import type { Coverage } from './coverage.ts';
import type { Owner } from './place.ts';
import { waitingCommands, type Told } from './thread.ts';
import { rateOf } from './rate.ts';
import { readUntil } from './visible.ts';
import { readWritten, type Written } from './written.ts';

export type ActingParts = CommandParts & {
  readonly log: Logger;
  readonly metrics: BotMetrics;
  /** Of the form by which access is asked for. */
  readonly formLabels: FormLabels;
  /** Of one person in ten minutes. */
  readonly maxCommands: number;
  readonly epoch: Epoch;
  asInstallation(installationId: number): Promise<GitHub>;
  /** Calls as the App itself. */
  asApp(): ReturnType<GitHubApp['asApp']>;
  readonly coverage: Coverage;
};

/** Where a comment was found out about. In the thread it was seen just now, and the thread was heard already. */
type Source = 'told' | 'in-the-thread';

/** Acts on a comment unless that was done before. Rejects when GitHub did not answer; it can then be told of again. */
export function actOn(
  parts: ActingParts,
  told: Told,
  github: GitHub,
  from: Source = 'told',
): Promise<void> {
  return follow({ comment: told.id }, () => actOnce(parts, told, github, from));
}

async function actOnce(
  parts: ActingParts,
  told: Told,
  github: GitHub,
  from: Source,
): Promise<void> {
  const { queries } = parts.store;
  if (await isSettled(queries, told.id)) return;
  const now =
    from === 'told'
      ? await readUntil(
          () => readWritten(github, told.nodeId),
          (found) => found !== undefined,
        )
      : await readWritten(github, told.nodeId);
  // Deleted this moment, or shown by one of GitHub's machines and not yet by another: the next look tells.
  if (!now && from === 'in-the-thread') throw new Error(`comment ${told.id} is not there just now`);
  const reading = readingOf(parts, { id: told.id, body: now?.body ?? '' });
  const ignored = whyIgnored({ now, told, reading, policy: await policyFor(parts, now) });
  if (ignored !== undefined || !now?.author) {
    parts.log.info({ comment: told.id, ignored }, 'a command was not acted on');
    count(parts, reading, 'ignored');
    if (ignored !== undefined && isForGood(ignored, reading)) {
      const at = parts.now().toISOString();
      // It does not count as a command of theirs: somebody else may have made one of what they wrote.
      await settle(queries, { commentId: told.id, authorId: null, at, outcome: ignored });
    }
    return;
  }
  const authorId = now.author.id;
  const { maxCommands: max } = parts;
  const rate = await rateOf(queries, { authorId, reading, now: parts.now(), max });
  if (rate === 'silent') {
    count(parts, reading, 'unanswered');
    // What takes something back is heard again in the next round.
    if (isWithdrawal(reading)) return;
    const at = parts.now().toISOString();
    return settle(queries, { commentId: told.id, authorId, at, outcome: unanswered });
  }
  const issue = { installationId: told.installationId, ...now.issue };
  const source: CommandSource = {
    thread: threadOf(issue),
    commentId: told.id,
    author: now.author,
    ...(reading.kind === 'command' && { verb: reading.command.verb }),
  };
  const { createdAt: writtenAt, viaEmail } = now;
  const { openedAt } = parts.epoch;
  const earlier = judgeEpoch({ writtenAt, openedAt }, startTrail());
  if (earlier) return setAside(parts, source, reading, earlier);
  if (rate === 'last') {
    const reason = mistake('too-many-commands', { maxCommands: max });
    return answerMistake(parts.ledger, source, { reason });
  }
  await acknowledge(parts.ledger, source);
  const at = { commentNodeId: told.nodeId, issue, owner: now.owner };
  await act(parts, { reading, source, ...at, writtenAt, viaEmail, github, from });
}

/** What is never settled by the ledger. */
function count(
  { metrics }: ActingParts,
  reading: Reading,
  outcome: 'ignored' | 'unanswered',
): void {
  // Words that are no command are everybody's; there is nothing to ignore.
  if (reading.kind === 'none') return;
  const verb = reading.kind === 'command' ? reading.command.verb : 'other';
  metrics.add('sallyport_bot_commands_total', { verb, outcome });
}

/** The policy where it matters: GitHub is asked for it only about words that need its leave. */
export async function policyFor(
  { rules }: ActingParts,
  now: Written | undefined,
): Promise<Pick<Policy, 'publicRepositories' | 'emailedComments'>> {
  if (!now?.isPublic && !now?.viaEmail)
    return { publicRepositories: [], emailedComments: 'refused' };
  return rules.policy();
}

/** Whoever wanted something is told to say it again; who only asked, or misspelt, was answered or will ask again. */
async function setAside(
  { ledger, store, now }: ActingParts,
  source: CommandSource,
  reading: Reading,
  refused: Refused,
): Promise<void> {
  if (reading.kind === 'command' && isDecided(reading.command.verb)) {
    const { verb } = reading.command;
    return refuseCommand(ledger, source, { verb, ...refused });
  }
  const { commentId, author } = source;
  const at = now().toISOString();
  await settle(store.queries, { commentId, authorId: author.id, at, outcome: refused.reason.code });
}

/** What somebody asks for by a comment, or by the text of an issue. */
export function readingOf(
  { formLabels }: Pick<ActingParts, 'formLabels'>,
  { id, body }: { id: number; body: string },
): Reading {
  return isTextOfIssue(id) ? readForm(body, formLabels) : readCommand(body);
}

interface Acting {
  readonly reading: Reading;
  readonly source: CommandSource;
  readonly commentNodeId: string;
  readonly issue: IssueRef;
  readonly owner: Owner;
  readonly writtenAt: string;
  readonly viaEmail: boolean;
  readonly github: GitHub;
  readonly from: Source;
}

async function act(parts: ActingParts, acting: Acting): Promise<void> {
  try {
    await dispatch(parts, acting);
  } catch (error) {
    // What somebody pasted is never written down, and asking again would not make it better.
    if (error instanceof SecretInRecord) return answerSecret(parts, acting, error);
    if (!(error instanceof Overtaken)) throw error;
    // Time or an operator moved the request while this command was being decided: decide again, on what is now.
    await dispatch(parts, acting);
  }
}

function answerSecret(parts: ActingParts, { source }: Acting, { what }: SecretInRecord) {
  return answerMistake(parts.ledger, source, { reason: mistake('secret-in-words', { what }) });
}

async function dispatch(parts: ActingParts, { reading, ...rest }: Acting): Promise<void> {
  if (reading.kind === 'none') return;
  if (reading.kind === 'mistake') return answerMistake(parts.ledger, rest.source, reading);
  const { command } = reading;
  switch (command.verb) {
    case 'connect':
      return connect(parts, { ...rest, command });
    case 'approve':
      if (rest.from === 'told') await hearTheThread(parts, rest);
      return approve(parts, { ...rest, command });
    case 'deny':
      return deny(parts, { ...rest, command });
    case 'cancel':
      return cancel(parts, { ...rest, command });
    case 'extend':
      return extend(parts, { ...rest, command });
    case 'revoke':
      return revoke(parts, { ...rest, command });
    case 'break-glass':
      return breakGlass(parts, { ...rest, command });
    case 'review':
      return review(parts, { ...rest, command });
    case 'why':
      return why(parts, { ...rest, command });
    default:
      return inquire(parts, { ...rest, command });
  }
}

/** Before a yes counts, the thread is heard to its end. The webhooks of what stands there may be late, or lost. */
export async function hearTheThread(
  parts: ActingParts,
  { source, issue, github }: Pick<Acting, 'source' | 'issue' | 'github'>,
): Promise<void> {
  const [open] = await openThreads(parts.store.queries, issue);
  if (!open) return;
  // By the name that the repository has now: it may have been renamed since, and the old name be another's.
  const waiting = await waitingCommands(parts.store, github, { ...open, issue });
  for (const { isNo, ...told } of waiting) {
    if (!isNo && told.id >= source.commentId) continue;
    try {
      await actOn(parts, told, github, 'in-the-thread');
    } catch (error) {
      if (isNo) throw error;
      // It is tried again by itself, and no yes to this depends on it.
      parts.log.warn({ err: error, comment: told.id }, 'a command in the thread was not acted on');
    }
  }
}
