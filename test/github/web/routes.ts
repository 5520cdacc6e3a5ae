// The web page: plain HTML made here, for people who want to watch and take part. It shows everything
// to everybody and lets them be anybody, because it runs on one's own machine; what they then do goes
// through the REST routes with that person's rights. Only pages of this server may post to it.
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { bodyText } from '../call.ts';
import { changeStream } from '../change-stream.ts';
import type { Instance } from '../instance.ts';
import { RefusedError, type Person } from '../people.ts';
import { findIssue } from '../lookups.ts';
import {
  findAccount,
  findOrganization,
  findRepository,
  ghost,
  type Issue,
  type Repository,
} from '../state.ts';
import { avatar } from './avatar.ts';
import { homePage, issuesPage, profilePage, teamPage } from './issues-page.ts';
import { icon } from './layout.ts';
import { createMarkdown } from './markdown.ts';
import { newIssuePage, openFromPage } from './new-issue.ts';
import { isSameOrigin } from './same-origin.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { threadPage } from './thread-page.ts';

interface Site {
  readonly instance: Instance;
  as(login: string): Person;
}

/** Nothing from elsewhere is loaded, framed or run, whatever a comment says. */
const contentPolicy =
  "default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function webRoutes(site: Site): Hono {
  const router = new Hono();
  router.use('*', async (context, next) => {
    await next();
    context.header('Content-Security-Policy', contentPolicy);
    context.header('X-Content-Type-Options', 'nosniff');
  });
  mountAssets(router, site);
  mountPages(router, site);
  mountIssuePages(router, site);
  mountPosts(router, site);
  return router;
}

function mountAssets(router: Hono, { instance }: Site): void {
  const asset = (path: string, type: string, text: string) =>
    router.get(path, (context) => context.body(text, 200, { 'Content-Type': type }));
  asset('/style.css', 'text/css; charset=utf-8', style);
  asset('/script.js', 'text/javascript; charset=utf-8', script);
  asset('/icon.svg', 'image/svg+xml', icon);
  router.get('/avatars/u/:id', (context) => {
    const account = instance.state.accounts.get(Number(context.req.param('id'))) ?? ghost;
    return context.body(avatar(account), 200, { 'Content-Type': 'image/svg+xml' });
  });
}

function mountPages(router: Hono, { instance }: Site): void {
  const { state } = instance;

  router.get('/', (context) => context.html(homePage([...state.repositories.values()])));
  router.get('/orgs/:org/teams/:slug', (context) => {
    const team = findOrganization(state, context.req.param('org'))?.teams.get(
      context.req.param('slug'),
    );
    if (!team) return context.notFound();
    const members = [...team.members.keys()].flatMap((id) => state.accounts.get(id) ?? []);
    return context.html(teamPage(team, members));
  });
  router.get('/:login', (context) => {
    const login = context.req.param('login');
    const account = findAccount(state, login) ?? findAccount(state, `${login}[bot]`);
    return account ? context.html(profilePage(account)) : context.notFound();
  });
}

function mountIssuePages(router: Hono, { instance }: Site): void {
  const { state } = instance;
  const markdown = createMarkdown({
    isAccount: (login) => findAccount(state, login) !== undefined,
    isTeam: (login, slug) => findOrganization(state, login)?.teams.has(slug) === true,
  });
  const people = () => [...state.accounts.values()].filter(({ type }) => type === 'User');
  router.get('/:owner/:repo', (context) =>
    repositoryOf(instance, context)
      ? context.redirect(`${context.req.path}/issues`)
      : context.notFound(),
  );
  router.get('/:owner/:repo/issues', (context) => {
    const repository = repositoryOf(instance, context);
    if (!repository) return context.notFound();
    const isClosed = context.req.query('state') === 'closed';
    return context.html(issuesPage(repository, isClosed ? 'closed' : 'open'));
  });
  router.get('/:owner/:repo/issues/live', (context) => {
    const repository = repositoryOf(instance, context);
    if (!repository) return context.notFound();
    return changeStream(instance, (change) =>
      change.repository === repository ? change.what : undefined,
    );
  });
  router.get('/:owner/:repo/issues/new', (context) => {
    const repository = repositoryOf(instance, context);
    if (!repository) return context.notFound();
    const query = new URL(context.req.url).searchParams;
    return context.html(newIssuePage({ repository, people: people(), query, markdown }));
  });
  router.get('/:owner/:repo/issues/:number', (context) => {
    const issue = issueOf(instance, context);
    if (!issue) return context.notFound();
    return context.html(threadPage({ issue, people: people(), markdown }));
  });
  router.get('/:owner/:repo/issues/:number/live', (context) => {
    const issue = issueOf(instance, context);
    if (!issue) return context.notFound();
    return changeStream(instance, (change) => (change.issue === issue ? change.what : undefined));
  });
}

function mountPosts(router: Hono, { instance, as }: Site): void {
  const ownPagesOnly: MiddlewareHandler = async (context, next) =>
    isSameOrigin(instance, context.req.raw) ? next() : context.text('Forbidden', 403);
  router.post('/:owner/:repo/issues', ownPagesOnly, async (context) => {
    const repository = repositoryOf(instance, context);
    if (!repository) return context.notFound();
    const answers = new URLSearchParams(await bodyText(context));
    return attempt(context, async () => {
      const person = as(answers.get('as') ?? '');
      const number = await openFromPage(repository, { person, answers });
      return `${context.req.path}/${number}`;
    });
  });
  router.post('/:owner/:repo/issues/:number/comments', ownPagesOnly, async (context) => {
    const issue = issueOf(instance, context);
    if (!issue) return context.notFound();
    const { owner, name } = issue.repository;
    const answers = new URLSearchParams(await bodyText(context));
    return attempt(context, async () => {
      // A browser sends CRLF; GitHub keeps what it gets, and so does this.
      const body = answers.get('body') ?? '';
      const person = as(answers.get('as') ?? '');
      const made = await person.comment(`${owner.login}/${name}`, issue.number, body);
      return `/${owner.login}/${name}/issues/${issue.number}#issuecomment-${made.id}`;
    });
  });
}

/** Goes on to where the act leads; a refusal is shown in GitHub's words. */
async function attempt(context: Context, act: () => Promise<string>): Promise<Response> {
  try {
    return context.redirect(await act(), 303);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return context.text(error.message, 422);
  }
}

function repositoryOf({ state }: Instance, context: Context): Repository | undefined {
  return findRepository(state, context.req.param('owner') ?? '', context.req.param('repo') ?? '');
}

function issueOf(instance: Instance, context: Context): Issue | undefined {
  const number = Number(context.req.param('number'));
  const repository = repositoryOf(instance, context);
  return repository && findIssue(repository, number);
}
