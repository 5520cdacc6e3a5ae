// Calls to GitHub by their route, as its documentation writes it. A call is known by method and path; its names are
// replaced by what they stand for, so that no owner, repository or login reaches a label. A route that is missing here
// counts as `other`, and a test says so.

/** The routes the bot calls. */
export const githubRoutes = [
  'POST /graphql',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /app',
  'GET /app/installations/{installation_id}',
  'GET /app/hook/deliveries',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'GET /repos/{owner}/{repo}/installation',
  'GET /orgs/{org}/installation',
  'GET /orgs/{org}/memberships/{username}',
  'GET /orgs/{org}/teams/{team_slug}',
  'GET /orgs/{org}/teams/{team_slug}/members',
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}',
  'GET /repos/{owner}/{repo}',
  'GET /repositories/{repository_id}',
  'GET /repos/{owner}/{repo}/contents/{path}',
  'POST /repos/{owner}/{repo}/check-runs',
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
  'GET /repos/{owner}/{repo}/issues/{issue_number}',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/reactions',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}',
  'GET /users/{username}',
  'GET /user/{account_id}',
  'other',
] as const;

/** `none`: there was no answer. */
export const statusClasses = ['2xx', '3xx', '4xx', '5xx', 'none'] as const;

const patterns = githubRoutes.map((route) => {
  const pattern = route
    .replaceAll(/[.]/g, '\\$&')
    // The path of a file has slashes of its own.
    .replaceAll('{path}', '.+')
    .replaceAll(/\{\w+\}/g, '[^/]+');
  return { route, pattern: new RegExp(`^${pattern}$`) };
});

/** The route of a call; `url` is a path with or without its names filled in, or a whole address. */
export function routeOf({ method, url, apiUrl }: Call): string {
  // The further pages of a list are whole addresses, by the repository's number instead of its name.
  const path = (url.startsWith(apiUrl) ? url.slice(apiUrl.length) : url)
    .replace(/[?#].*$/, '')
    .replace(/^\/repositories\/\d+(?=\/)/, '/repos/{owner}/{repo}');
  // GraphQL has an address of its own on GitHub Enterprise Server.
  const call = `${method} ${path.endsWith('/graphql') ? '/graphql' : path}`;
  return patterns.find(({ pattern }) => pattern.test(call))?.route ?? 'other';
}

export interface Call {
  readonly method: string;
  readonly url: string;
  /** Where GitHub's API begins. */
  readonly apiUrl: string;
}

/** Whether the call is signed with the App's own key, so that its answer says whether GitHub accepts that. */
export function isByApp(route: string): boolean {
  return / \/app\/|\/installation$/.test(route);
}

export function statusClass(status: number | undefined): (typeof statusClasses)[number] {
  if (status === undefined || status < 200 || status > 599) return 'none';
  return statusClasses[Math.floor(status / 100) - 2] ?? 'none';
}
