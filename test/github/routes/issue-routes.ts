// Issues: list, read, open, change, lock. Deleting one is not in GitHub's REST API.
import { z } from 'zod';
import { mayWrite } from '../access.ts';
import { endpoint, type Api } from '../endpoint.ts';
import {
  lockIssue,
  openIssue,
  setLabels,
  unlockIssue,
  updateIssue,
  writerOf,
} from '../issue-actions.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { fullIssue, issueShape } from '../shapes/issue-shape.ts';
import type { Issue, Repository } from '../state.ts';
import { checkLabelNames, labelsNamed } from './label-routes.ts';
import { issueFor, repositoryFor } from './subjects.ts';

const title = z.union([z.string(), z.number()]).transform(String);
const text = z.string().nullable();
const names = z.array(z.union([z.string(), z.object({ name: z.string() })]));
const newIssue = z.object({ title, body: text.optional(), labels: names.optional() });
const issuePatch = z.object({
  title: title.optional(),
  body: text.optional(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'reopened']).nullable().optional(),
  labels: names.optional(),
});
const lock = z
  .object({ lock_reason: z.enum(['off-topic', 'too heated', 'resolved', 'spam']).optional() })
  .nullable();

export function mountIssueRoutes(api: Api): void {
  mountLocks(api);
  mountChanges(api);
  endpoint(api, 'get', '/repos/{owner}/{repo}/issues', async (call) => {
    const repository = repositoryFor(call, { permission: 'issues', level: 'read' });
    const found = pageOf(call, filtered(repository, call.url.searchParams));
    return { status: 200, body: found.map((issue) => issueShape(call.instance, issue)) };
  });

  endpoint(api, 'get', '/repos/{owner}/{repo}/issues/{issue_number}', async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'read' });
    return { status: 200, body: fullIssue(call.instance, issue) };
  });

  endpoint(api, 'post', '/repos/{owner}/{repo}/issues', async (call) => {
    const { instance, actor } = call;
    const repository = repositoryFor(call, { permission: 'issues', level: 'write' });
    const wanted = await call.body(newIssue);
    const mayLabel = mayWrite(instance.state, actor, repository);
    // A reader's labels are dropped without a word, as on GitHub.
    const own = mayLabel ? labelsNamed(call, repository, plainNames(wanted.labels ?? [])) : [];
    const labels = call.via.kind === 'form' ? [...call.via.labels, ...own] : own;
    const issue = openIssue(instance, repository, {
      writer: writerOf(actor),
      title: wanted.title,
      body: wanted.body ?? '',
      labels,
    });
    return { status: 201, body: fullIssue(instance, issue) };
  });
}

/** By its author or whoever may write; nothing is changed when a part of it is refused. */
function mountChanges(api: Api): void {
  endpoint(api, 'patch', '/repos/{owner}/{repo}/issues/{issue_number}', async (call) => {
    const { instance, actor } = call;
    const issue = issueFor(call, { permission: 'issues', level: 'write' });
    const { account } = writerOf(actor);
    if (account !== issue.author && !mayWrite(instance.state, actor, issue.repository)) {
      throw refuse.forbidden('Must have write access to Repository.');
    }
    const { labels, state_reason: stateReason, body, ...rest } = await call.body(issuePatch);
    const patch = { ...rest, stateReason, body: body === undefined ? undefined : (body ?? '') };
    // Without push access labels are dropped without a word; a bad one stops everything else.
    const names = mayWrite(instance.state, actor, issue.repository) && labels && plainNames(labels);
    if (names) checkLabelNames(names);
    updateIssue(instance, issue, { account, patch });
    if (names) {
      const wanted = labelsNamed(call, issue.repository, names);
      setLabels(instance, issue, { account, labels: wanted });
    }
    return { status: 200, body: fullIssue(instance, issue) };
  });
}

function mountLocks(api: Api): void {
  endpoint(api, 'put', '/repos/{owner}/{repo}/issues/{issue_number}/lock', async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'write', role: 'triage' });
    const { account } = writerOf(call.actor);
    const reason = (await call.body(lock))?.lock_reason ?? null;
    lockIssue(call.instance, issue, { account, reason });
    return { status: 204, body: null };
  });

  endpoint(api, 'delete', '/repos/{owner}/{repo}/issues/{issue_number}/lock', async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'write', role: 'triage' });
    unlockIssue(call.instance, issue, writerOf(call.actor).account);
    return { status: 204, body: null };
  });
}

function plainNames(labels: readonly (string | { name: string })[]): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : label.name));
}

function filtered(repository: Repository, query: URLSearchParams): Issue[] {
  const state = query.get('state') ?? 'open';
  const since = Date.parse(query.get('since') ?? '') || 0;
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const byField = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const found = repository.issues.filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      issue.updatedAt.getTime() >= since &&
      labels.every((name) => issue.labels.some((label) => label.name === name)),
  );
  const direction = query.get('direction') === 'asc' ? 1 : -1;
  return found.sort(
    (a, b) => direction * (a[byField].getTime() - b[byField].getTime() || a.number - b.number),
  );
}
