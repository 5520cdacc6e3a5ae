// Check runs: what an App says about a commit, and that somebody asks it to say so again. An App that may write checks
// hears of every check run of the repository, its own and the others', whether or not it asked to.
import type { Instance } from './instance.ts';
import { checkRunPayload, checkSuitePayload } from './payloads/check-payloads.ts';
import { splitName } from './lookups.ts';
import { findRepository, type Account, type CheckRun, type Repository } from './state.ts';

export function addCheckRun(instance: Instance, repository: Repository, run: CheckRun): void {
  repository.checkRuns.push(run);
  tell(instance, repository, { run, action: 'created', sender: run.app.bot });
  if (run.status === 'completed') {
    tell(instance, repository, { run, action: 'completed', sender: run.app.bot });
  }
}

/** What Apps have said at a commit, oldest first. */
export function checksAt(instance: Instance, repo: string, sha: string): readonly CheckRun[] {
  const repository = findRepository(instance.state, ...splitName(repo));
  if (!repository) throw new Error(`There is no repository ${repo}`);
  return repository.checkRuns.filter(({ headSha }) => headSha === sha);
}

/** Somebody pressed "Re-run". */
export function rerequestCheckRun(
  instance: Instance,
  repository: Repository,
  { run, sender }: { run: CheckRun; sender: Account },
): void {
  tell(instance, repository, { run, action: 'rerequested', sender });
}

/** Somebody pressed "Re-run all checks". */
export function rerequestChecks(
  instance: Instance,
  repository: Repository,
  { run, sender }: { run: CheckRun; sender: Account },
): void {
  instance.webhooks.send({
    event: 'check_suite',
    action: 'rerequested',
    repository,
    onlyFor: run.app,
    payload: (installation) =>
      checkSuitePayload({ instance, sender, installation }, repository, run),
  });
}

function tell(
  instance: Instance,
  repository: Repository,
  news: { run: CheckRun; action: 'created' | 'completed' | 'rerequested'; sender: Account },
): void {
  const { run, action, sender } = news;
  instance.webhooks.send({
    event: 'check_run',
    action,
    repository,
    // Only the App whose run it is hears that it is asked for again.
    ...(action === 'rerequested' && { onlyFor: run.app }),
    payload: (installation) =>
      checkRunPayload({ instance, sender, installation }, repository, { run, action }),
  });
  instance.changed({ what: 'check', repository });
}
