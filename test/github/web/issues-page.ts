// The way to an issue: all repositories, and a repository's issues.
import type { Account, Issue, Repository, Team } from '../state.ts';
import { html, type Html } from './html.ts';
import { page, trailTo } from './layout.ts';
import { labelPill, timeTag } from './thread-page.ts';

export function homePage(repositories: readonly Repository[]): Html {
  const entries = repositories.map(
    ({ owner, name, description, private: isPrivate, issues }) =>
      html`<div class="entry">
        <div>
          <a class="title" href="/${owner.login}/${name}/issues">${owner.login}/${name}</a>
          <span class="badge">${isPrivate ? 'Private' : 'Public'}</span>
          <div class="muted">${description ?? ''}</div>
        </div>
        <span class="end">${issues.filter((one) => one.state === 'open').length} open</span>
      </div>`,
  );
  const body = html`<h1>Repositories</h1>
    <div class="list">
      <header>${repositories.length} repositories</header>
      <div>${entries}</div>
    </div>`;
  return page({ title: 'Local GitHub', body });
}

export function issuesPage(repository: Repository, state: 'open' | 'closed'): Html {
  const base = `/${repository.owner.login}/${repository.name}/issues`;
  const all = repository.issues.toReversed();
  const shown = all.filter((issue) => issue.state === state);
  const count = (wanted: Issue['state']): number =>
    all.filter((one) => one.state === wanted).length;
  const body = html`<div class="row">
      <h1>Issues</h1>
      <a class="button primary end" href="${base}/new">New issue</a>
    </div>
    <div class="list">
      <header class="row">
        <a href="${base}">${count('open')} open</a>
        <a href="${base}?state=closed">${count('closed')} closed</a>
      </header>
      <div id="issues-${state}" data-live>
        ${shown.map((issue) => entry(base, issue))}
        ${shown.length === 0 ? html`<div class="empty" id="none">There are no ${state} issues.</div>` : ''}
      </div>
    </div>`;
  const title = `Issues · ${repository.owner.login}/${repository.name}`;
  return page({ title, body, trail: trailTo(repository) });
}

/** A person, an organisation or an App, as far as anybody may know them. */
export function profilePage({ id, login, name, type, keys }: Account): Html {
  const body = html`<div class="row">
      <img
        class="${type === 'User' ? '' : 'square'}"
        src="/avatars/u/${id}"
        alt=""
        width="96"
        height="96"
      />
      <div>
        <h1>${name ?? login}</h1>
        <div class="muted">${login} · ${type} · id ${id}</div>
      </div>
    </div>
    <div class="list">
      <header>SSH keys</header>
      <div>${keys.map(({ key }) => html`<div class="entry"><code>${key}</code></div>`)}</div>
      ${keys.length === 0 ? html`<div class="empty">None published.</div>` : ''}
    </div>`;
  return page({ title: login, body });
}

export function teamPage(team: Team, members: readonly Account[]): Html {
  const body = html`<h1>${team.name} <span class="number">team</span></h1>
    <div class="list">
      <header>${members.length} members</header>
      <div>
        ${members.map(
          ({ id, login }) =>
            html`<div class="entry">
              <img src="/avatars/u/${id}" alt="" width="24" height="24" /><a href="/${login}"
                >${login}</a
              >
              <span class="end">${team.members.get(id)?.role}</span>
            </div>`,
        )}
      </div>
    </div>`;
  return page({ title: team.name, body });
}

function entry(base: string, issue: Issue): Html {
  const { number, title, state, comments, labels, author } = issue;
  const version = `${issue.updatedAt.getTime()}-${comments.length}-${labels.map((one) => one.id).join()}`;
  return html`<div class="entry" id="issue-${number}" data-version="${version}">
    <span class="dot ${state}"></span>
    <div>
      <a class="title" href="${base}/${number}">${title}</a> ${labels.map(labelPill)}
      <div class="muted">#${number} · ${author.login} opened ${timeTag(issue.createdAt)}</div>
    </div>
    <span class="end">${comments.length > 0 ? `${comments.length} comments` : ''}</span>
  </div>`;
}
