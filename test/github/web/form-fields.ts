// The fields of an issue form as the page shows them, prefilled by URL parameters.
import { fieldName, type FormElement, type IssueForm } from '../issue-form.ts';
import { html, type Html } from './html.ts';

export function formFields(
  form: IssueForm,
  context: { prefill: URLSearchParams; isPublic: boolean; markdown(text: string): Html },
): Html[] {
  return form.body.map((element, index) => {
    const { attributes, type } = element;
    if (type === 'markdown') return html`<div>${context.markdown(attributes.value)}</div>`;
    const name = nameOf(fieldName(element, index));
    const value = context.prefill.get(element.id ?? '') ?? attributes.value;
    const isRequired = context.isPublic && element.validations?.required === true;
    return html`<label for="${name}">${attributes.label}</label>
      ${attributes.description && html`<p class="hint">${attributes.description}</p>`}
      ${control(element, { name, value, required: isRequired ? 'required' : '' })}`;
  });
}

/** A prefix, so that no field of a form can take the place of one of the page's own. */
export function nameOf(field: string): string {
  return `field-${field}`;
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
