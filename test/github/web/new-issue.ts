// Opening an issue on the page: with one of the repository's forms, or with a blank one.
import { fieldNames, issueForms, type IssueForm } from '../issue-form.ts';
import type { Person } from '../people.ts';
import type { Account, Repository } from '../state.ts';
import { formFields, nameOf } from './form-fields.ts';
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

/** Opens it as the person. Gives its number. */
export async function openFromPage(
  repository: Repository,
  { person, answers }: { person: Person; answers: URLSearchParams },
): Promise<number> {
  const repo = `${repository.owner.login}/${repository.name}`;
  const form = issueForms(repository).find((one) => one.file === answers.get('template'));
  const title = answers.get('title') ?? '';
  if (!form)
    return (await person.openIssue(repo, { title, body: answers.get('body') ?? '' })).number;
  const given = fieldNames(form).map((name) => [name, answers.getAll(nameOf(name))]);
  const filled = { title, answers: Object.fromEntries(given) as Record<string, string[]> };
  return (await person.submitForm(repo, form.file, filled)).number;
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
