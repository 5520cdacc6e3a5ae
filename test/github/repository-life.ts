// What its owner does to a repository as a whole: made, archived, shown to everybody, renamed, given away.
// On GitHub this is done in the repository's settings; here it is called, and an App hears of it.
import { tellRemoved } from './installation-actions.ts';
import type { Instance } from './instance.ts';
import { repositoryPayload, type RepositoryNews } from './payloads/repository-payloads.ts';
import { requireAccount, splitName } from './lookups.ts';
import { newRepository } from './new-repository.ts';
import { covers, findRepository, type Account, type Repository } from './state.ts';

/** `repo` is `acme/access`, as it is called at the time; `by` is the login of who does it. */
export interface RepositoryActions {
  /**
   * A new private one, with these files by their paths; its name may have been another's before. An App that covers the
   * whole account hears of it.
   */
  create(repo: string, by: string, files?: Readonly<Record<string, string>>): void;
  archive(repo: string, by: string): void;
  unarchive(repo: string, by: string): void;
  publicize(repo: string, by: string): void;
  privatize(repo: string, by: string): void;
  /** The former name leads to the new one: 301 to whoever may read it. */
  rename(repo: string, name: string, by: string): void;
  /** To another account. Whoever it is installed on there hears of it, and no longer anybody here. */
  transfer(repo: string, owner: string, by: string): void;
}

export function repositoryActions(instance: Instance): RepositoryActions {
  function change(repo: string, by: string, act: (repository: Repository) => RepositoryNews): void {
    const repository = findRepository(instance.state, ...splitName(repo));
    if (!repository) throw new Error(`There is no repository ${repo}`);
    const sender = requireAccount(instance.state, by);
    const news = act(repository);
    repository.updatedAt = instance.now();
    instance.webhooks.send({
      event: 'repository',
      action: news.action,
      repository,
      payload: (installation) =>
        repositoryPayload({ instance, sender, installation }, repository, news),
    });
    instance.changed({ what: 'repository', repository });
  }

  return {
    create(repo, by, files = {}) {
      const [login, name] = splitName(repo);
      if (findRepository(instance.state, login, name)) throw new Error(`${repo} is there`);
      const owner = requireAccount(instance.state, login);
      const begun = { archived: false, description: null, defaultBranch: 'main', files };
      newRepository(instance, { owner, name, private: true, ...begun });
      change(repo, by, () => ({ action: 'created' }));
    },
    archive: (repo, by) => change(repo, by, (one) => set(one, { archived: true }, 'archived')),
    unarchive: (repo, by) => change(repo, by, (one) => set(one, { archived: false }, 'unarchived')),
    publicize: (repo, by) => change(repo, by, (one) => set(one, { private: false }, 'publicized')),
    privatize: (repo, by) => change(repo, by, (one) => set(one, { private: true }, 'privatized')),
    rename: (repo, name, by) =>
      change(repo, by, (repository) => {
        const from = repository.name;
        leaveName(instance, repository);
        repository.name = name;
        return { action: 'renamed', from };
      }),
    transfer: (repo, owner, by) =>
      change(repo, by, (repository) => {
        const from = repository.owner;
        leaveName(instance, repository);
        const sender = requireAccount(instance.state, by);
        takeFromInstallations(instance, repository, sender);
        repository.owner = requireAccount(instance.state, owner);
        return { action: 'transferred', from };
      }),
  };
}

function set(
  repository: Repository,
  facts: { archived: boolean } | { private: boolean },
  action: 'archived' | 'unarchived' | 'publicized' | 'privatized',
): RepositoryNews {
  Object.assign(repository, facts);
  return { action };
}

/** Where a repository was leads to where it is, until another takes the name. */
export function leaveName({ state }: Instance, { id, owner, name }: Repository): void {
  state.formerNames.set(`${owner.login}/${name}`.toLowerCase(), id);
}

/** An installation on chosen repositories is told that it lost one; one on all of them is not. */
function takeFromInstallations(instance: Instance, repository: Repository, sender: Account): void {
  for (const installation of instance.state.installations.values()) {
    const { repositories, account } = installation;
    if (repositories === 'all' || !covers(repositories, account, repository)) continue;
    repositories.delete(repository.id);
    tellRemoved(instance, installation, { repository, sender });
  }
}
