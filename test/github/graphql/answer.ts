// POST /graphql: the document is validated, then run against what the caller may see. Whatever goes wrong
// is HTTP 200 with `errors`, each with GitHub's `type`, and null where something could not be given.
import { execute, type GraphQLError } from 'graphql';
import { z } from 'zod';
import type { Call } from '../call.ts';
import { refuse } from '../refusals.ts';
import { isMutation, readDocument, schema } from './document.ts';
import { FieldError } from './field-error.ts';
import { roots } from './roots.ts';

const requestSchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullable().default(null),
  operationName: z.string().nullable().default(null),
});

export async function answerGraphql(call: Call): Promise<{ status: 200; body: unknown }> {
  if (call.actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (call.actor.kind === 'app') throw refuse.notAccessible({});
  const { query, variables, operationName } = await call.body(requestSchema);
  const document = readDocument(query);
  if (!('kind' in document)) return { status: 200, body: { errors: document.map(told) } };
  const { data, errors } = await execute({
    schema,
    document,
    operationName,
    variableValues: variables ?? {},
    rootValue: roots(call),
  });
  const body = {
    ...(data !== undefined && { data }),
    ...(errors && { errors: errors.map(told) }),
  };
  return { status: 200, body };
}

/** Whether the body of a request asks for a change. */
export function changesSomething(body: string): boolean {
  try {
    const { query, operationName } = requestSchema.parse(JSON.parse(body));
    return isMutation(query, operationName);
  } catch {
    return false;
  }
}

/** As GitHub writes an error; an exception that no resolver meant is let through as the surprise it is. */
function told({ message, path, locations, extensions, originalError }: GraphQLError): object {
  const isMeant = originalError === undefined || originalError instanceof FieldError;
  if (!isMeant) throw originalError;
  return {
    ...(originalError && { type: originalError.type }),
    ...(path && { path }),
    ...(Object.keys(extensions).length > 0 && { extensions }),
    ...(locations && { locations }),
    message,
  };
}
