// Issue forms (.github/ISSUE_TEMPLATE/*.yml): read as GitHub reads them, and submitted as the Markdown that
// GitHub makes of them. `required` binds in public repositories only, on GitHub as here: whoever relies on
// a field has to check it. How a form looks is web/form-fields.ts.
import { parse } from 'yaml';
import { z } from 'zod';
import type { Label, Repository } from './state.ts';

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

export type FormElement = z.output<typeof elementSchema>;

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

/** By the field's id, or by its place where it has none; several for checkboxes and some dropdowns. */
export type Answers = Readonly<Record<string, string | readonly string[]>>;

export function fieldName({ id }: FormElement, index: number): string {
  return id ?? String(index);
}

/** The names of all fields that can be answered. */
export function fieldNames(form: IssueForm): string[] {
  return form.body.flatMap((element, index) =>
    element.type === 'markdown' ? [] : [fieldName(element, index)],
  );
}

/** Of the labels that a form names, those that the repository has (docs, "Syntax for issue forms"). */
export function formLabels({ labels }: IssueForm, repository: Repository): Label[] {
  return repository.labels.filter(({ name }) => labels.includes(name));
}

/** The issue's body: a heading a field, `_No response_` where nothing was said. */
export function bodyOf(form: IssueForm, answers: Answers): string {
  const parts = form.body.flatMap((element, index) => {
    if (element.type === 'markdown') return [];
    const given = [answers[fieldName(element, index)] ?? []].flat();
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
