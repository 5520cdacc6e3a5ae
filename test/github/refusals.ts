// How GitHub says no: the status, and the body with `message`, `documentation_url` and `status`.
// Routes throw one of these and the server writes it out; nothing else about a refusal is decided here.
import type { components } from '@octokit/openapi-types';
import type { Resource } from './rate-limits.ts';
import type { Permissions } from './state.ts';

type FieldError = NonNullable<components['schemas']['validation-error']['errors']>[number];

export class Refusal extends Error {
  readonly code = 'github-refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #extra: { members?: object; body?: object };

  /** `members` are those that the body has besides the usual ones, `body` is there instead of them all. */
  constructor(
    status: number,
    message: string,
    extra: { headers?: Record<string, string>; members?: object; body?: object } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = extra.headers ?? {};
    this.#extra = extra;
  }

  /** The answer's body, as `basic-error` or `validation-error` of GitHub's description. */
  body(): object {
    const usual: components['schemas']['basic-error'] = {
      message: this.message,
      ...this.#extra.members,
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
    return this.#extra.body ?? usual;
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
  invalid: (...errors: FieldError[]) =>
    new Refusal(422, 'Validation Failed', { members: { errors } }),
  archived: () => new Refusal(403, 'Repository was archived so is read-only.'),
  deleted: () => new Refusal(410, 'This issue was deleted'),
  /** Octokit follows it. Only a GET may be repeated as a GET, so any other method is told 307. */
  moved: (method: string, url: string) =>
    new Refusal(method === 'GET' ? 301 : 307, 'Moved Permanently', {
      headers: { Location: url },
      members: { url },
    }),
  tooLarge: () =>
    new Refusal(
      403,
      'This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, but you can always clone the repository via Git in order to obtain the blob.',
      { members: { errors: [{ resource: 'Blob', code: 'too_large', field: 'data' }] } },
    ),
  /** GraphQL says it with 200 and an error of its own kind. */
  rateLimited(resource: Resource) {
    const message = 'API rate limit exceeded';
    if (resource === 'core') return new Refusal(403, message);
    return new Refusal(200, message, { body: { errors: [{ type: 'RATE_LIMITED', message }] } });
  },
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
