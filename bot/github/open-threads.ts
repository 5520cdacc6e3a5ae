// What is looked at on an issue where something is open, whether an event told of it or a round came by: whether the
// issue is still there, whether what was asked still stands, and what was commanded and never delivered.

import { refuseAsking, refuseIssue, type Asking, type IssueEnding } from '../access/asking.ts';
import { startTrail } from '../access/explain.ts';
import { allowsPublic } from '../access/policy.ts';
import type { Origin } from '../access/record.ts';
import type { AccessRequest } from '../access/request.ts';
import { actorOf, numberOf } from '../ledger/ledger.ts';
import { closeRequest } from '../ledger/closing.ts';
import { byBot } from '../revoke.ts';
import { openThreads, readRequest, requestsOfIssue, type OpenThread } from '../store/requests.ts';
import { actOn, type ActingParts } from './acting.ts';
import type { GitHub } from './app.ts';
import { installationOf, isInstalled } from './calls.ts';
import { grantsOfIssue, type CommandParts } from './commands/command.ts';
import { voidRequest } from './commands/void.ts';
import { inSight } from './coverage.ts';
import { placeOfIssue, shownPlace, type IssuePlace } from './place.ts';
import { waitingCommands } from './thread.ts';
import { readUntil } from './visible.ts';
import { readAsking } from './written.ts';

/** Looks at a thread as it is now. Rejects when GitHub does not answer; nothing is then concluded. */
export async function lookAfterThread(parts: ActingParts, open: OpenThread): Promise<void> {
  if (!open.canEnd) return lookForReview(parts, open);
  const app = await parts.asApp();
  const installed = await readUntil(
    () => isInstalled(app, open.issue.installationId),
    (found) => found,
  );
  if (!installed) return endWhatIsOpen(parts, open, 'uninstalled');
  const github = await parts.asInstallation(open.issue.installationId);
  const place = await readUntil(
    () => placeOfIssue(github, open.issue),
    (found) => found === 'there',
  );
  const ended = await endingAt(parts, open, place);
  if (ended !== undefined) return endWhatIsOpen(parts, open, ended);
  if (place === 'hidden') return;
  for (const { request } of await requestsOfIssue(parts.store.queries, open.issue)) {
    if (request.state !== 'pending') continue;
    const asking = await readUntil(
      () => readAsking(github, request),
      ({ kind }) => kind === 'stands',
    );
    if (asking.kind !== 'stands') await voidAsChanged(parts, request, asking, { kind: 'bot' });
  }
  await hearWhatWaits(parts, github, open);
}

/**
 * Where only a review is open nothing can end, so that nothing has to be found out of an issue that is not there. The look
 * comes again until somebody reviews: it asks twice, and what it does not find it neither doubts nor tells.
 */
async function lookForReview(parts: ActingParts, open: OpenThread): Promise<void> {
  const seen = await inSight(async () => {
    // Of the App that was taken out and put back, the installation is another.
    const { github } = await parts.coverage.as(open.issue);
    return { github, place: await shownPlace(github, open.issue) };
  });
  if (seen?.place === undefined) return;
  if ((await endingAt(parts, open, seen.place)) !== undefined) return;
  await hearWhatWaits(parts, seen.github, open);
}

async function hearWhatWaits(parts: ActingParts, github: GitHub, open: OpenThread): Promise<void> {
  // By the name that the repository has now: the one that it had may be another's.
  const { name } = await parts.coverage.as(open.issue);
  const present = { ...open, issue: { ...open.issue, ...name } };
  const waiting = await waitingCommands(parts.store, github, present);
  for (const told of waiting) await actOn(parts, told, github, 'in-the-thread');
}

/**
 * After a webhook said that an issue or its repository is not what it was: what GitHub says now is what counts.
 */
export async function lookForIssue(parts: ActingParts, open: OpenThread): Promise<void> {
  if (!open.canEnd) return;
  const github = await parts.asInstallation(open.issue.installationId);
  const place = await readUntil(
    () => placeOfIssue(github, open.issue),
    // That somebody took the name is believed only when it is said several times.
    (found) => found !== 'there' && found !== 'replaced',
  );
  const ended = await endingAt(parts, open, place);
  if (ended !== undefined) await endWhatIsOpen(parts, open, ended);
}

/** The same for every issue of these repositories. */
export async function lookForIssuesOf(
  parts: ActingParts,
  repositoryIds: readonly (number | undefined)[],
): Promise<void> {
  for (const open of await openThreads(parts.store.queries)) {
    if (repositoryIds.includes(open.issue.repositoryId)) await lookForIssue(parts, open);
  }
}

/** After a webhook said that an installation was suspended or removed. */
export async function lookAtInstallation(
  parts: ActingParts,
  installationId: number,
): Promise<void> {
  const open = (await openThreads(parts.store.queries)).filter(
    ({ issue, canEnd }) => canEnd && issue.installationId === installationId,
  );
  if (open.length === 0) return;
  const app = await parts.asApp();
  const isGone = await readUntil(
    async () => !(await isInstalled(app, installationId)),
    (gone) => gone,
  );
  if (isGone) for (const thread of open) await endWhatIsOpen(parts, thread, 'uninstalled');
}

/** Why what is open ends where the issue stands now, if it does. */
async function endingAt(
  parts: ActingParts,
  { issue }: OpenThread,
  place: IssuePlace,
): Promise<Ended | undefined> {
  const { rules, asApp, coverage } = parts;
  switch (place) {
    case 'there':
      return undefined;
    case 'public': {
      // Which name is listed decides, so that it has to be the one of this moment.
      coverage.forget(issue.repositoryId);
      const { name } = await coverage.as(issue);
      const { policy } = await rules.current();
      return allowsPublic(policy, `${name.owner}/${name.repo}`) ? undefined : 'public';
    }
    case 'hidden': {
      // The App was taken out of the repository, or it was given away or deleted. Where an App of ours is said to cover
      // the name all the same, GitHub contradicts itself, and nothing is known.
      const app = await asApp();
      const repository = `${issue.owner}/${issue.repo}`;
      const covering = await readUntil(
        () => installationOf(app, repository),
        (found) => found !== undefined,
      );
      return covering === undefined ? 'uninstalled' : undefined;
    }
    case 'replaced':
      // It was given away or deleted; what is to be said of that is no business of the one that has its name.
      coverage.forget(issue.repositoryId);
      return 'uninstalled';
    default:
      return place;
  }
}

/** Ends a request whose comment no longer says what was read. */
export async function voidAsChanged(
  { ledger }: CommandParts,
  request: AccessRequest,
  asking: Exclude<Asking, { kind: 'stands' }>,
  origin: Origin,
): Promise<void> {
  const editor = asking.kind === 'edited' ? asking.by : null;
  const { reason: refusal, derivation } = refuseAsking(request, asking, startTrail());
  await closeRequest(ledger, request, {
    event: 'void',
    actor: editor ? actorOf(editor) : { kind: 'bot' },
    origin,
    by: editor?.login ?? 'the bot',
    reason: '',
    refusal,
    derivation,
  });
}

/** Why what is open ends. */
type Ended = Exclude<IssuePlace, 'there' | 'hidden' | 'replaced'> | 'uninstalled';

/** What is recorded of what ends, and told to whoever had it or waits for it. */
const endings: Readonly<Record<Ended, IssueEnding>> = {
  moved: 'request-moved',
  gone: 'issue-gone',
  public: 'repository-public',
  archived: 'repository-archived',
  uninstalled: 'app-removed',
};

/**
 * Where nobody sees any more what was given, or can take it back, or where everybody reads it: what waits is void, and
 * what is live is revoked. A review stays open: whoever broke the glass may be who took the issue away.
 */
async function endWhatIsOpen(
  parts: CommandParts,
  { issue }: OpenThread,
  ended: Ended,
): Promise<void> {
  const { grants, requests } = await grantsOfIssue(parts.store, issue);
  const because = (request: string) => refuseIssue({ id: request }, endings[ended], startTrail());
  for (const grant of grants.filter(({ state }) => state === 'active')) {
    const { reason: refusal, derivation } = because(grant.requestId);
    const why = { reason: refusal.code, refusal, derivation };
    await parts.revoker.revoke(grant, { ...byBot, ...why });
  }
  for (const request of requests.filter(({ state }) => state === 'pending')) {
    // It may have ended with its grant just now.
    const stored = await readRequest(parts.store.queries, numberOf(request.id));
    if (stored?.request.state === 'pending') {
      await voidRequest(parts.ledger, undefined, { request, ...because(request.id) });
    }
  }
}
