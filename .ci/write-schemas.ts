// Writes the JSON Schemas under templates/ from the schemas that read the files, so that an editor knows the keys that
// the program does. Run it after a change of a key; a test fails until it was run.

import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { policyKeys } from '../bot/access/policy-schema.ts';
import { policyTestKeys } from '../bot/rehearsal/cases-schema.ts';

/** Where editors find them: the public repository. */
const address = 'https://raw.githubusercontent.com/sallyport-dev/sallyport/main/templates/';

/** The files as the schemas of today make them, by name. */
export const schemas: Readonly<Record<string, string>> = {
  'sallyport.schema.json': schemaFile('sallyport.schema.json', {
    title: 'Policy of Sallyport',
    schema: policyKeys,
  }),
  'policy-tests.schema.json': schemaFile('policy-tests.schema.json', {
    title: 'Cases that a policy of Sallyport is tested by',
    schema: policyTestKeys,
  }),
};

/**
 * What a file may hold before its defaults are filled in. It takes whatever the program takes, and not everything that
 * the program refuses: what one key demands of another is not in it. Draft 7 is the one that every editor knows.
 */
function schemaFile(name: string, { title, schema }: { title: string; schema: z.ZodType }): string {
  const { $schema, ...shape } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    // Words for the reference; JSON Schema knows no lengths of time.
    override: ({ jsonSchema }) => void delete jsonSchema['bounds'],
  });
  return `${JSON.stringify({ $schema, $id: address + name, title, ...shape }, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of Object.entries(schemas)) {
    writeFileSync(new URL(`../templates/${name}`, import.meta.url), text);
  }
}
