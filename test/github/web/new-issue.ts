// Opening an issue on the page: with one of the repository's forms, or with a blank one.
import type { Instance } from '../instance.ts';
import { setLabels } from '../issue-actions.ts';
import type { Person } from '../people.ts';
import { findAccount, type Account, type Repository } from '../state.ts';
import { bodyOf, formFields, issueForms, type IssueForm } from './issue-form.ts';
import { html, type Html } from './html.ts';
import { page, trailTo } from './layout.ts';
import { personSelect } from './thread-page.ts';

export interface NewIssueContext {
  readonly repository: Repository;
  readonly people: readonly Account[];
  readonly query: URLSearchParams;
  markdown(text: string): Html;
}

/** A choice of forms, the form asked for, or the blank one. */
export function newIssuePage(context: NewIssueContext): Html {
  const { repository, query } = context;
  const forms = issueForms(repository);
  const form = forms.find((one) => one.file === query.get('template'));
  const isChoice = forms.length > 0 && !form && query.get('template') === null;
  const body = isChoice ? choice(forms, repository) : sheet(context, form);
  return page({ title: 'New issue', body, trail: trailTo(repository) });
}

/** Opens it as the person, through REST; the form's labels are GitHub's doing, not the person's. */
export async function openFromPage(
  instance: Instance,
  repository: Repository,
  { person, answers }: { person: Person; answers: URLSearchParams },
): Promise<number> {
  const form = issueForms(repository).find((one) => one.file === answers.get('template'));
  const body = form ? bodyOf(form, answers) : (answers.get('body') ?? '');
  const title = answers.get('title') ?? '';
  const made = await person.openIssue(`${repository.owner.login}/${repository.name}`, {
    title,
    body,
  });
  const issue = repository.issues.find((one) => one.number === made.number);
  const account = findAccount(instance.state, String(made.user?.login));
  const labels = repository.labels.filter(({ name }) => form?.labels.includes(name));
  if (issue && account && labels.length > 0) setLabels(instance, issue, { account, labels });
  return made.number;
}

function choice(forms: readonly IssueForm[], { owner, name }: Repository): Html {
  const base = `/${owner.login}/${name}/issues/new`;
  const entries = forms.map(
    ({ file, name: title, description }) =>
      html`<div class="entry">
        <div>
          <a class="title" href="${base}?template=${file}">${title}</a>
          <div class="muted">${description}</div>
        </div>
      </div>`,
  );
  return html`<h1>New issue</h1>
    <div class="list">
      <header>Choose a form</header>
      <div>
        ${entries}
        <div class="entry"><a class="title" href="${base}?template=">Blank issue</a></div>
      </div>
    </div>`;
}

function sheet(context: NewIssueContext, form: IssueForm | undefined): Html {
  const { repository, people, query, markdown } = context;
  const isPublic = !repository.private;
  const fields = form
    ? formFields(form, { prefill: query, isPublic, markdown })
    : html`<label for="body">Description</label>
        <textarea id="body" name="body">${query.get('body') ?? ''}</textarea>`;
  const title = query.get('title') ?? form?.title ?? '';
  return html`<form
    class="box compose"
    method="post"
    action="/${repository.owner.login}/${repository.name}/issues"
  >
    <h1>${form?.name ?? 'New issue'}</h1>
    <div class="row">${personSelect(people, 'Open as')}</div>
    <input type="hidden" name="template" value="${form?.file ?? ''}" />
    <label for="title">Title</label>
    <input type="text" id="title" name="title" value="${title}" required />
    ${fields}
    <div class="row send"><button class="primary">Create</button></div>
  </form>`;
}
