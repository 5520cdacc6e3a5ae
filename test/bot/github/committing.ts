// A company in which somebody changes the policy or descriptors, and what is said at their commits.
import assert from 'node:assert/strict';
import type { CheckRun } from '../../github/state.ts';
import { startCompany, template, type Company } from '../company.ts';

export const policyRepo = 'acme/access';
export const services = 'acme/payments-services';
export const policy = template('sallyport.yml');
export const descriptor = template('catalog-info.yaml');

interface Committing extends AsyncDisposable {
  readonly company: Company;
  runsAt(repo: string, sha: string): readonly CheckRun[];
  /** The last check run at the commit, once there are so many; one when left out. */
  checkedAt(repo: string, sha: string, count?: number): Promise<CheckRun>;
  /** Commits this file, to the default branch where none is named, and gives the commit's name. */
  put(repo: string, file: { path: string; text: string; branch?: string }): Promise<string>;
  /** Opens a pull request with this file. */
  propose(
    repo: string,
    path: string,
    text: string,
  ): Promise<{ readonly branch: string; readonly sha: string; readonly number: number }>;
}

export async function startCommitting(): Promise<Committing> {
  const company = await startCompany();
  const { github } = company;
  const olga = github.as('olga');
  let branches = 0;
  const runsAt = (repo: string, sha: string) => github.checks(repo, sha);
  const put: Committing['put'] = async (repo, { path, ...file }) => {
    const { commit } = await olga.putFile(repo, path, file);
    return String(commit.sha);
  };
  return {
    company,
    runsAt,
    put,
    async checkedAt(repo, sha, count = 1) {
      await github.waitFor(() => runsAt(repo, sha).length >= count);
      const run = runsAt(repo, sha).at(-1);
      assert.ok(run?.output);
      return run;
    },
    async propose(repo, path, text) {
      branches += 1;
      const branch = `proposal-${branches}`;
      await olga.createBranch(repo, branch);
      const sha = await put(repo, { path, text, branch });
      const number = await olga.openPull(repo, { head: branch, title: branch });
      return { branch, sha, number };
    },
    [Symbol.asyncDispose]: () => company[Symbol.asyncDispose](),
  };
}

/** The first line that has these words, from 1. */
export function lineOf(text: string, words: string): number {
  return text.split('\n').findIndex((line) => line.includes(words)) + 1;
}
