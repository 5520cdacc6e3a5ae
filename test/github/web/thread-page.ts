// One issue: its title, its comments as they stand, and a box to answer as anybody.
import { createHash } from 'node:crypto';
import type { Account, Comment, Issue, Label, ReactionContent } from '../state.ts';
import { html, type Html } from './html.ts';
import { page, trailTo } from './layout.ts';

interface Drawing {
  readonly issue: Issue;
  readonly people: readonly Account[];
  markdown(text: string): Html;
}

const emoji: Readonly<Record<ReactionContent, string>> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  hooray: '🎉',
  confused: '😕',
  heart: '❤️',
  rocket: '🚀',
  eyes: '👀',
};

export function threadPage(drawing: Drawing): Html {
  const { issue, people } = drawing;
  const body = html`<div class="headline">
      <div id="head" data-live>${versioned('title', headline(issue))}</div>
    </div>
    <div class="columns">
      <div>
        <div id="thread" data-live>
          ${[issue, ...issue.comments].map((one) => item(drawing, one))}
        </div>
        ${composer(issue, people)}
      </div>
      <aside class="side" id="side" data-live>
        ${versioned('labels', labelSection(issue.labels))}
        ${versioned('people', participants(issue))}
      </aside>
    </div>`;
  return page({
    title: `${issue.title} · #${issue.number}`,
    body,
    trail: trailTo(issue.repository),
  });
}

export function labelPill({ name, color }: Label): Html {
  return html`<span class="label" style="--label: #${color}">${name}</span>`;
}

export function timeTag(at: Date): Html {
  const words = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return html`<time datetime="${at.toISOString()}" title="${words}">${words}</time>`;
}

/** A piece that the script replaces when its content has changed, and leaves alone otherwise. */
function versioned(id: string, content: Html, className = ''): Html {
  const version = createHash('sha1').update(String(content)).digest('base64url').slice(0, 12);
  return html`<div id="${id}" class="${className}" data-version="${version}">${content}</div>`;
}

function headline(issue: Issue): Html {
  const { length } = issue.comments;
  return html`<h1>${issue.title} <span class="number">#${issue.number}</span></h1>
    <div class="row">
      <span class="state ${issue.state}">${issue.state === 'open' ? 'Open' : 'Closed'}</span>
      <span class="muted">
        <b>${issue.author.login}</b> opened this issue ${timeTag(issue.createdAt)} · ${length}
        ${length === 1 ? 'comment' : 'comments'}${issue.locked ? ' · locked' : ''}
      </span>
    </div>`;
}

function item(drawing: Drawing, written: Issue | Comment): Html {
  const { author } = written;
  const isComment = 'issue' in written;
  const id = isComment ? `issuecomment-${written.id}` : `issue-${written.id}`;
  const square = author.type === 'Bot' ? 'square' : '';
  const text = html`<div class="text">
      ${drawing.markdown(written.body || '_No description provided._')}
    </div>
    ${reactionRow(written)}`;
  const reason = isComment ? written.minimizedReason : null;
  const content = html`<a href="/${author.login.replace('[bot]', '')}">
      <img class="${square}" src="/avatars/u/${author.id}" alt="" width="40" height="40" />
    </a>
    <article class="box">
      <header>
        <b
          ><a href="/${author.login.replace('[bot]', '')}"
            >${author.login.replace('[bot]', '')}</a
          ></b
        >
        ${author.type === 'Bot' ? html`<span class="badge">bot</span>` : ''}
        <span class="muted">${isComment ? 'commented' : 'opened'}</span>
        <a class="muted" href="#${id}">${timeTag(written.createdAt)}</a>
        ${isComment && written.createdViaEmail ? html`<span class="muted">· by e-mail</span>` : ''}
        ${history(written)}
      </header>
      ${
        reason === null
          ? text
          : html`<details class="minimized">
              <summary>
                This comment was marked as ${reason.toLowerCase().replace('_', '-')}.
              </summary>
              ${text}
            </details>`
      }
    </article>`;
  return versioned(id, content, 'item');
}

function history({ edits, author }: Issue | Comment): Html | '' {
  const last = edits.at(-1);
  if (!last) return '';
  const by = last.editor === author ? '' : ` by ${last.editor.login}`;
  return html`<details class="history">
    <summary>· edited${by}</summary>
    <ol>
      ${edits.toReversed().map(
        ({ before, editor, at }) =>
          html`<li>
            <b>${editor.login}</b> edited ${timeTag(at)}; before that it said:
            <pre>${before}</pre>
          </li>`,
      )}
    </ol>
  </details>`;
}

function reactionRow({ reactions }: Issue | Comment): Html | '' {
  if (reactions.length === 0) return '';
  const kinds = [...new Set(reactions.map((one) => one.content))];
  const pills = kinds.map((content) => {
    const who = reactions.filter((one) => one.content === content).map((one) => one.user.login);
    return html`<span title="${who.join(', ')}">${emoji[content]} ${who.length}</span>`;
  });
  return html`<div class="reactions">${pills}</div>`;
}

function labelSection(labels: readonly Label[]): Html {
  const pills = labels.map((label) => html`${labelPill(label)} `);
  return html`<section>
    <h2>Labels</h2>
    ${labels.length === 0 ? html`<span class="muted">None yet</span>` : pills}
  </section>`;
}

function participants({ author, comments }: Issue): Html {
  const all = new Set([author, ...comments.map((one) => one.author)]);
  const faces = [...all].map(
    ({ id, login, type }) =>
      html`<img
        class="${type === 'Bot' ? 'square' : ''}"
        src="/avatars/u/${id}"
        alt="${login}"
        title="${login}"
        width="26"
        height="26"
      /> `,
  );
  return html`<section>
    <h2>${all.size} ${all.size === 1 ? 'participant' : 'participants'}</h2>
    ${faces}
  </section>`;
}

function composer({ repository, number }: Issue, people: readonly Account[]): Html {
  const action = `/${repository.owner.login}/${repository.name}/issues/${number}/comments`;
  return html`<form class="box compose" method="post" action="${action}" data-send>
    <div class="row">${personSelect(people, 'Comment as')}</div>
    <textarea
      name="body"
      required
      aria-label="Comment"
      placeholder="Leave a comment, for example /connect payments-db 2h"
    ></textarea>
    <div class="row send">
      <p class="problem" role="alert"></p>
      <button class="primary">Comment</button>
    </div>
  </form>`;
}

export function personSelect(people: readonly Account[], text: string): Html {
  return html`<span class="muted" id="as-text">${text}</span>
    <select name="as" aria-labelledby="as-text">
      ${people.map(
        ({ login, name }) =>
          html`<option value="${login}">${login}${name === null ? '' : ` (${name})`}</option>`,
      )}
    </select>`;
}
