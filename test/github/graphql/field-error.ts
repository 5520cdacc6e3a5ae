// A GraphQL field that cannot be given: null in its place, and an entry of `errors` with GitHub's type.
import { Refusal } from '../refusals.ts';

export class FieldError extends Error {
  readonly code = 'graphql-field';
  /** As GitHub writes it: NOT_FOUND, FORBIDDEN … */
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** What REST refuses with a status, GraphQL refuses with a type and HTTP 200. */
export function permitted<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new FieldError(error.status === 404 ? 'NOT_FOUND' : 'FORBIDDEN', error.message);
  }
}
