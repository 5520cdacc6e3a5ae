// The website's pages around a new App: the one that a manifest is posted to from anywhere, the button there that
// makes the App and leads back with a code, and the page that installs it. Only an account's owner may do either;
// here whoever looks says which person they are, because nobody has a password.
import { Hono, type Context } from 'hono';
import { bodyText } from '../call.ts';
import { installationActions } from '../installation-actions.ts';
import type { Instance } from '../instance.ts';
import { readManifest, registerFromManifest } from '../manifest.ts';
import { membershipOf } from '../membership.ts';
import { findAccount, findOrganization, type Account } from '../state.ts';
import { html, type Html } from './html.ts';
import { page } from './layout.ts';
import { isSameOrigin } from './same-origin.ts';

export function newAppRoutes(instance: Instance): Hono {
  const router = new Hono();
  for (const base of ['/settings/apps', '/organizations/:org/settings/apps']) {
    // From anywhere: that is what the flow is for. Nothing happens before the button on the page is pressed.
    router.post(`${base}/new`, async (context) => {
      const text = new URLSearchParams(await bodyText(context)).get('manifest') ?? '';
      return showManifest(instance, context, text);
    });
    router.post(`${base}/manifest`, async (context) => {
      if (!isSameOrigin(instance, context.req.raw)) return context.text('Forbidden', 403);
      return create(instance, context, new URLSearchParams(await bodyText(context)));
    });
  }
  router.get('/apps/:slug/installations/new', (context) => showInstallation(instance, context));
  router.post('/apps/:slug/installations', async (context) => {
    if (!isSameOrigin(instance, context.req.raw)) return context.text('Forbidden', 403);
    return install(instance, context, new URLSearchParams(await bodyText(context)));
  });
  return router;
}

function showManifest(instance: Instance, context: Context, text: string): Response {
  const org = context.req.param('org');
  if (org !== undefined && !findOrganization(instance.state, org)) {
    return context.text('Not Found', 404);
  }
  const reading = readManifest(text);
  if (reading.kind === 'faulty') return refused(context, reading.faults);
  const { name = '' } = reading.manifest;
  const action = context.req.path.replace(/new$/, 'manifest');
  const body = html`<form class="chooser" method="post" action="${action}">
    <h1>Create GitHub App${org === undefined ? '' : ` for ${org}`}</h1>
    <input type="hidden" name="manifest" value="${text}" />
    <input type="hidden" name="state" value="${context.req.query('state') ?? ''}" />
    <label for="name">GitHub App name</label>
    <input type="text" id="name" name="name" value="${name}" required />
    ${buttons(instance, 'Create GitHub App')}
  </form>`;
  return shown(context, 'Create GitHub App', body);
}

function create(instance: Instance, context: Context, form: URLSearchParams): Response {
  const reading = readManifest(form.get('manifest') ?? '');
  if (reading.kind === 'faulty') return refused(context, reading.faults);
  const owner = ownerFor(instance, context.req.param('org'), form.get('as') ?? '');
  if (!owner) return context.text('Not Found', 404);
  const { manifest } = reading;
  const made = registerFromManifest(instance, { manifest, name: form.get('name') ?? '', owner });
  if (made.kind === 'refused') return refused(context, [made.fault]);
  const back = new URL(manifest.redirect_url);
  back.searchParams.set('code', made.code);
  const state = form.get('state') ?? '';
  if (state !== '') back.searchParams.set('state', state);
  return context.redirect(back.href, 302);
}

/** Whom the App will belong to; nobody when this person may not make Apps there. */
function ownerFor({ state }: Instance, org: string | undefined, as: string): Account | undefined {
  const person = findAccount(state, as);
  if (person?.type !== 'User' || org === undefined) return person;
  const organization = findOrganization(state, org);
  const isOwner = membershipOf(organization, person)?.role === 'admin';
  return isOwner ? organization?.account : undefined;
}

function showInstallation(instance: Instance, context: Context): Response {
  const { slug = '' } = context.req.param();
  const app = instance.state.apps.values().find((one) => one.slug === slug);
  if (!app) return context.text('Not Found', 404);
  const body = html`<form class="chooser" method="post" action="/apps/${slug}/installations">
    <h1>Install ${app.name} on ${app.owner.login}</h1>
    <p>On all repositories.</p>
    ${buttons(instance, 'Install')}
  </form>`;
  return shown(context, `Install ${app.name}`, body);
}

function install(instance: Instance, context: Context, form: URLSearchParams): Response {
  const { slug = '' } = context.req.param();
  const app = instance.state.apps.values().find((one) => one.slug === slug);
  const as = form.get('as') ?? '';
  if (!app) return context.text('Not Found', 404);
  const org = app.owner.type === 'Organization' ? app.owner.login : undefined;
  if (ownerFor(instance, org, as) !== app.owner) return context.text('Not Found', 404);
  const id = installationActions(instance).add(slug, app.owner.login, as);
  const body = html`<h1>${app.name} is installed</h1>
    <p>Installation ${id} on ${app.owner.login}.</p>`;
  return shown(context, `${app.name} is installed`, body);
}

/** One for each person: pressing it is both signing in and going on. */
function buttons({ state }: Instance, words: string): Html[] {
  const people = [...state.accounts.values()].filter(({ type }) => type === 'User');
  return people.map(
    ({ login, id }) =>
      html`<button class="person" name="as" value="${login}">
        <img src="/avatars/u/${id}" alt="" width="32" height="32" /> ${words} as ${login}
      </button>`,
  );
}

function shown(context: Context, title: string, body: Html): Response {
  return context.html(String(page({ title, body })));
}

function refused(context: Context, faults: readonly string[]): Response {
  const list = faults.map((fault) => html`<li>${fault}</li>`);
  const body = html`<h1>Invalid GitHub App configuration</h1>
    <ul>
      ${list}
    </ul>`;
  return context.html(String(page({ title: 'Invalid GitHub App configuration', body })), 422);
}
