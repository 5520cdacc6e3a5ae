// How GitHub says no: the status, and the body with `message`, `documentation_url` and `status`.
// Routes throw one of these and the server writes it out; nothing else about a refusal is decided here.
import type { components } from '@octokit/openapi-types';
import type { Permissions } from './state.ts';

type FieldError = NonNullable<components['schemas']['validation-error']['errors']>[number];

export class Refusal extends Error {
  readonly code = 'github-refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[] | undefined;

  constructor(
    status: number,
    message: string,
    extra: { headers?: Record<string, string>; errors?: FieldError[] } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = extra.headers ?? {};
    this.errors = extra.errors;
  }

  /** The answer's body, as `basic-error` or `validation-error` of GitHub's description. */
  body(): components['schemas']['basic-error'] & { errors?: readonly FieldError[] } {
    return {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

export const refuse = {
  notFound: () => new Refusal(404, 'Not Found'),
  badCredentials: () => new Refusal(401, 'Bad credentials'),
  requiresAuthentication: () => new Refusal(401, 'Requires authentication'),
  /** The route wants the App itself, with its JWT. */
  requiresJwt: () => new Refusal(401, 'A JSON web token could not be decoded'),
  suspended: () => new Refusal(403, 'This installation has been suspended'),
  forbidden: (message: string) => new Refusal(403, message),
  unparsable: () => new Refusal(400, 'Problems parsing JSON'),
  badRequest: (message: string) => new Refusal(400, message),
  conflict: (message: string) => new Refusal(409, message),
  unprocessable: (message: string) => new Refusal(422, message),
  invalid: (...errors: FieldError[]) => new Refusal(422, 'Validation Failed', { errors }),
  archived: () => new Refusal(403, 'Repository was archived so is read-only.'),
  /** `needed` is told in a header, as GitHub does, so that an operator learns what to grant. */
  notAccessible: (needed: Permissions) =>
    new Refusal(403, 'Resource not accessible by integration', {
      headers: { 'X-Accepted-GitHub-Permissions': permissionList(needed) },
    }),
} as const;

function permissionList(needed: Permissions): string {
  return Object.entries(needed)
    .map(([name, level]) => `${name}=${level}`)
    .join(',');
}
