// Issue forms (.github/ISSUE_TEMPLATE/*.yml): read as GitHub reads them, prefilled by URL parameters,
// and submitted as the Markdown that GitHub makes of them. `required` binds in public repositories
// only, on GitHub as here: whoever relies on a field has to check it.
import { parse } from 'yaml';
import { z } from 'zod';
import type { Repository } from '../state.ts';
import { html, type Html } from './html.ts';

const option = z.union([z.string(), z.object({ label: z.string() }).transform((one) => one.label)]);

const elementSchema = z.object({
  type: z.enum(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']),
  id: z.string().optional(),
  attributes: z.object({
    label: z.string().default(''),
    description: z.string().default(''),
    placeholder: z.string().default(''),
    value: z.string().default(''),
    render: z.string().optional(),
    options: z.array(option).default([]),
  }),
  validations: z.object({ required: z.boolean().default(false) }).optional(),
});

const formSchema = z.object({
  name: z.string(),
  description: z.string(),
  title: z.string().default(''),
  labels: z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/, */))])
    .default([]),
  body: z.array(elementSchema).min(1),
});

type FormElement = z.output<typeof elementSchema>;

export interface IssueForm extends z.output<typeof formSchema> {
  /** What `?template=` says. */
  readonly file: string;
}

/** The repository's forms; a file that GitHub would not take is left out. */
export function issueForms(repository: Repository): IssueForm[] {
  const files =
    repository.branches.get(repository.defaultBranch)?.files ?? new Map<string, never>();
  return [...files].flatMap(([path, blob]) => {
    const file = /^\.github\/ISSUE_TEMPLATE\/([\w.-]+\.ya?ml)$/.exec(path)?.[1];
    if (file === undefined || file.startsWith('config.')) return [];
    try {
      return [{ ...formSchema.parse(parse(blob.bytes.toString())), file }];
    } catch {
      return [];
    }
  });
}

export function formFields(
  form: IssueForm,
  context: { prefill: URLSearchParams; isPublic: boolean; markdown(text: string): Html },
): Html[] {
  return form.body.map((element, index) => {
    const { attributes, type } = element;
    if (type === 'markdown') return html`<div>${context.markdown(attributes.value)}</div>`;
    const name = nameOf(element, index);
    const value = context.prefill.get(element.id ?? '') ?? attributes.value;
    const isRequired = context.isPublic && element.validations?.required === true;
    return html`<label for="${name}">${attributes.label}</label>
      ${attributes.description && html`<p class="hint">${attributes.description}</p>`}
      ${control(element, { name, value, required: isRequired ? 'required' : '' })}`;
  });
}

/** The issue's body: a heading a field, `_No response_` where nothing was said. */
export function bodyOf(form: IssueForm, answers: URLSearchParams): string {
  const parts = form.body.flatMap((element, index) => {
    if (element.type === 'markdown') return [];
    const given = answers.getAll(nameOf(element, index));
    return [`### ${element.attributes.label}\n\n${answerOf(element, given)}`];
  });
  return parts.join('\n\n');
}

function answerOf({ type, attributes }: FormElement, given: readonly string[]): string {
  if (type === 'checkboxes') {
    return attributes.options
      .map((text) => `- [${given.includes(text) ? 'X' : ' '}] ${text}`)
      .join('\n');
  }
  const text = given.join(', ').replaceAll('\r\n', '\n').trim();
  if (text === '') return '_No response_';
  const { render } = attributes;
  return render === undefined ? text : `\`\`\`${render}\n${text}\n\`\`\``;
}

function nameOf({ id }: FormElement, index: number): string {
  return `field-${id ?? index}`;
}

function control(
  { type, attributes }: FormElement,
  { name, value, required }: { name: string; value: string; required: string },
): Html {
  const { options, placeholder } = attributes;
  if (type === 'textarea') {
    return html`<textarea id="${name}" name="${name}" placeholder="${placeholder}" ${required}>
${value}</textarea>`;
  }
  if (type === 'dropdown') {
    const chosen = (text: string): string => (text === value ? 'selected' : '');
    return html`<select id="${name}" name="${name}" ${required}>
      <option value="">None</option>
      ${options.map((text) => html`<option ${chosen(text)}>${text}</option>`)}
    </select>`;
  }
  if (type === 'checkboxes') {
    return html`${options.map(
      (text) => html`<div><input type="checkbox" name="${name}" value="${text}" /> ${text}</div>`,
    )}`;
  }
  return html`<input
    type="text"
    id="${name}"
    name="${name}"
    value="${value}"
    placeholder="${placeholder}"
    ${required}
  />`;
}
