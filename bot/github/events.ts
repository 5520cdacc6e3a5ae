// Which webhook goes to which handler. Probot dispatches and authenticates; every delivery comes from the inbox.

import type { Probot } from 'probot';
import { textOfIssue } from '../access/request.ts';
import type { Delivery } from '../store/inbox.ts';
import { openThreads } from '../store/requests.ts';
import { lookAgain } from '../store/shut.ts';
import type { ActingParts } from './acting.ts';
import { commitAskedAbout, commitProposed, commitPushed } from './commits.ts';
import { lookAtCard, lookAtLabel } from './drift.ts';
import { lookAtInstallation, lookForIssue, lookForIssuesOf } from './open-threads.ts';
import type { RuleBook, RuleTrial } from './rules.ts';
import { wordsChanged } from './words-changed.ts';
import { wordsWritten } from './words-written.ts';

export type EventParts = ActingParts & {
  readonly probot: Probot;
  readonly rules: RuleBook & RuleTrial;
  /** What decisions rest on may have changed: what is open is judged again. */
  judgeAgain(how: 'now' | 'soon'): void;
};

/** Registers the handlers. Returns how a delivery of the inbox is handed to them; rejects when its handler did. */
export async function handleEvents(
  parts: EventParts,
): Promise<(delivery: Delivery) => Promise<void>> {
  const { probot, rules, judgeAgain, store, ledger, coverage } = parts;
  /** What had to wait until an owner opens a repository again is said now. */
  const opened = async (at: Parameters<typeof lookAgain>[1]) => {
    await lookAgain(store.queries, at);
    ledger.postingsQueued();
  };
  await probot.load((app) => {
    app.on(['issue_comment.created', 'issues.opened'], ({ payload, octokit }) =>
      wordsWritten(parts, payload, octokit),
    );
    app.on(['issue_comment.edited', 'issue_comment.deleted'], async ({ payload }) => {
      const { id, node_id: nodeId } = payload.comment;
      await wordsChanged(parts, id);
      // Our own edits are told to us like anybody's.
      const isByAuthor = payload.sender.id === payload.comment.user?.id;
      if (!isByAuthor) await lookAtCard(parts, { id, nodeId });
    });
    app.on('issues.edited', async ({ payload }) => {
      // Of the title nothing is read.
      if (payload.changes.body) await wordsChanged(parts, textOfIssue(payload.issue.id));
    });
    app.on(['issues.labeled', 'issues.unlabeled'], async ({ payload }) => {
      const { sender, repository, issue, label } = payload;
      const place = { repositoryId: repository.id, number: issue.number };
      if (sender.type === 'User') await lookAtLabel(parts, place, label?.name ?? '');
    });
    app.on(['issues.deleted', 'issues.transferred'], async ({ payload }) => {
      const { repository, issue } = payload;
      const place = { repositoryId: repository.id, number: issue.number };
      const [open] = await openThreads(store.queries, place);
      if (open) await lookForIssue(parts, open);
    });
    // Before anything is written, or asked, by a name that may soon be another's.
    app.on(['repository.renamed', 'repository.transferred'], ({ payload }) =>
      coverage.forget(payload.repository.id),
    );
    app.on('organization.renamed', () => coverage.forget());
    app.on(['repository.publicized', 'repository.archived'], ({ payload }) =>
      lookForIssuesOf(parts, [payload.repository.id]),
    );
    app.on(['installation.suspend', 'installation.deleted'], ({ payload }) =>
      lookAtInstallation(parts, payload.installation.id),
    );
    app.on('installation.unsuspend', ({ payload }) =>
      opened({ installationId: payload.installation.id }),
    );
    app.on('repository.unarchived', ({ payload }) =>
      opened({ repositoryIds: [payload.repository.id] }),
    );
    app.on('installation.created', ({ payload }) =>
      opened({ repositoryIds: (payload.repositories ?? []).map(({ id }) => id) }),
    );
    app.on('installation_repositories', async ({ payload }) => {
      const { repositories_added: added, repositories_removed: removed } = payload;
      const ours = [...added, ...removed].filter(({ full_name: name = '' }) => rules.changed(name));
      if (ours.length > 0) judgeAgain('now');
      await opened({ repositoryIds: added.map(({ id }) => id) });
      await lookForIssuesOf(
        parts,
        removed.map(({ id }) => id),
      );
    });
    app.on('push', async ({ payload }) => {
      const { ref, repository } = payload;
      // What is read stands on the default branch; anybody may push another one.
      if (ref !== `refs/heads/${repository.default_branch}`) return;
      if (rules.changed(repository.full_name)) judgeAgain('now');
      await commitPushed(parts, payload);
    });
    app.on(
      [
        'pull_request.opened',
        'pull_request.reopened',
        'pull_request.synchronize',
        'pull_request.edited',
      ],
      ({ payload }) => commitProposed(parts, payload),
    );
    app.on('check_run.rerequested', ({ id, payload }) =>
      commitAskedAbout(parts, payload, { sha: payload.check_run.head_sha, delivery: id }),
    );
    app.on('check_suite.rerequested', ({ id, payload }) =>
      commitAskedAbout(parts, payload, { sha: payload.check_suite.head_sha, delivery: id }),
    );
    app.on('organization.member_removed', () => judgeAgain('now'));
    app.on(['membership', 'team'], () => judgeAgain('soon'));
  });
  return async ({ guid, event, payload }) => {
    // Name and payload are GitHub's own; a name that Probot does not know has no handler and ends here.
    const parsed: unknown = { id: guid, name: event, payload: JSON.parse(payload) };
    await probot.receive(parsed as Parameters<Probot['receive']>[0]);
  };
}
