// Says at a commit what it would make of the rules, where whoever wrote it looks. In a public repository nothing is said,
// unless the policy allows it.

import type { Commit, Thread } from '../store/outbox.ts';
import type { GitHub } from './app.ts';
import { isPublic } from './calls.ts';
import { checkText, type CheckTextParts } from './check-text.ts';
import { judgeCommit, type VerdictParts } from './commit-verdict.ts';
import { createCheckRun } from './writes.ts';

export type CheckParts = CheckTextParts & VerdictParts;

/** Writes a check run for the policy and one for the descriptors, where the commit has to do with them. */
export async function postChecks(
  parts: CheckParts,
  github: GitHub,
  { thread, commit }: { thread: Thread; commit: Commit },
): Promise<void> {
  const repository = `${thread.owner}/${thread.repo}`;
  // It names what stands in other repositories, which everybody would read there.
  if (
    (await isPublic(github, repository)) !== false &&
    !(await parts.rules.allowsPublic(repository))
  )
    return;
  for (const verdict of await judgeCommit(parts, { github, repository, commit })) {
    await createCheckRun(github, thread, { sha: commit.sha, ...checkText(parts, verdict) });
  }
}
