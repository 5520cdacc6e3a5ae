// The labels of the access-request form, read from the very form that operators copy into their repositories.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { FormLabels } from '../access/form.ts';

interface Form {
  body: readonly { id?: string; attributes: { label?: string } }[];
}

/** Throws when the form has no label for one of the fields. */
export function readFormLabels(templatesFolder: string): FormLabels {
  const path = join(templatesFolder, 'ISSUE_TEMPLATE', 'access-request.yml');
  const form = parse(readFileSync(path, 'utf8')) as Form;
  const label = (id: string): string => {
    const found = form.body.find((field) => field.id === id)?.attributes.label;
    if (found === undefined) throw new Error(`${path} has no label for the field ${id}`);
    return found;
  };
  return {
    resource: label('resource'),
    duration: label('duration'),
    role: label('role'),
    reason: label('reason'),
  };
}
