// Labels of a repository and of an issue.
import { z } from 'zod';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { maxLabelsPerIssue, setLabels, writerOf } from '../issue-actions.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { createLabel } from '../repository-actions.ts';
import { labelShape } from '../shapes/repository-shape.ts';
import { same, type Issue, type Label, type Repository } from '../state.ts';
import { issueFor, repositoryFor } from './subjects.ts';

const maxNameCharacters = 50;
const newLabel = z.object({
  name: z.string().min(1).max(maxNameCharacters),
  color: z
    .string()
    .regex(/^[0-9a-fA-F]{6}$/)
    .default('ededed'),
  description: z.string().max(100).nullable().optional(),
});
const labelList = z.union([
  z.object({ labels: z.array(z.string()).default([]) }),
  z.array(z.string()).transform((labels) => ({ labels })),
]);

export function mountLabelRoutes(api: Api): void {
  mountRepositoryLabels(api);
  const path = '/repos/{owner}/{repo}/issues/{issue_number}/labels';
  const need = { permission: 'issues', level: 'write', role: 'triage' } as const;

  endpoint(api, 'get', path, async (call) => {
    const issue = issueFor(call, { permission: 'issues', level: 'read' });
    return { status: 200, body: pageOf(call, labelsOf(call, issue)) };
  });

  endpoint(api, 'post', path, async (call) => {
    const issue = issueFor(call, need);
    const { labels } = await call.body(labelList);
    checkLabelNames(labels, issue.labels);
    const added = labelsNamed(call, issue.repository, labels);
    return changed(call, issue, [...issue.labels, ...added]);
  });

  endpoint(api, 'put', path, async (call) => {
    const issue = issueFor(call, need);
    const { labels } = await call.body(labelList);
    return changed(call, issue, labelsNamed(call, issue.repository, labels));
  });

  endpoint(api, 'delete', path, async (call) => {
    const issue = issueFor(call, need);
    setLabels(call.instance, issue, { account: writerOf(call.actor).account, labels: [] });
    return { status: 204, body: null };
  });

  endpoint(api, 'delete', `${path}/{name}`, async (call) => {
    const issue = issueFor(call, need);
    const { name } = call.params;
    const kept = issue.labels.filter((label) => !same(label.name, name));
    if (kept.length === issue.labels.length) throw refuse.notFound();
    return changed(call, issue, kept);
  });
}

/** Throws before anything is changed. `already` are the labels that stay beside these. */
export function checkLabelNames(
  names: readonly string[],
  already: readonly { name: string }[] = [],
): void {
  if (names.some((name) => name === '' || name.length > maxNameCharacters)) {
    throw refuse.invalid({ resource: 'Label', code: 'invalid', field: 'name' });
  }
  const all = new Set(
    [...already.map((one) => one.name), ...names].map((one) => one.toLowerCase()),
  );
  if (all.size > maxLabelsPerIssue) throw refuse.unprocessable('Too many labels on this issue');
}

/** The repository's labels of these names; a name it does not know is made into a new label. */
export function labelsNamed(call: Call, repository: Repository, names: readonly string[]): Label[] {
  checkLabelNames(names);
  return names.map((name) => {
    const known = repository.labels.find((label) => same(label.name, name));
    if (known) return known;
    const { account } = writerOf(call.actor);
    const made = { name, color: 'ededed', description: null, account };
    return createLabel(call.instance, repository, made);
  });
}

function mountRepositoryLabels(api: Api): void {
  endpoint(api, 'get', '/repos/{owner}/{repo}/labels', async (call) => {
    const repository = repositoryFor(call, { permission: 'issues', level: 'read' });
    const all = repository.labels.map((label) => labelShape(call.instance, repository, label));
    return { status: 200, body: pageOf(call, all) };
  });

  endpoint(api, 'get', '/repos/{owner}/{repo}/labels/{name}', async (call) => {
    const repository = repositoryFor(call, { permission: 'issues', level: 'read' });
    const label = repository.labels.find((one) => same(one.name, call.params.name));
    if (!label) throw refuse.notFound();
    return { status: 200, body: labelShape(call.instance, repository, label) };
  });

  endpoint(api, 'post', '/repos/{owner}/{repo}/labels', async (call) => {
    const need = { permission: 'issues', level: 'write', role: 'write' } as const;
    const repository = repositoryFor(call, need);
    const { name, color, description = null } = await call.body(newLabel);
    const { account } = writerOf(call.actor);
    const made = { name, color, description, account };
    const label = createLabel(call.instance, repository, made);
    return { status: 201, body: labelShape(call.instance, repository, label) };
  });
}

function changed(call: Call, issue: Issue, labels: readonly Label[]) {
  setLabels(call.instance, issue, { account: writerOf(call.actor).account, labels });
  return { status: 200 as const, body: labelsOf(call, issue) };
}

function labelsOf(call: Call, issue: Issue) {
  return issue.labels.map((label) => labelShape(call.instance, issue.repository, label));
}
