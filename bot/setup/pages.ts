// The pages of the setup, filled from templates/pages and templates/setup.yml: what will be created, what became of
// it, and what went wrong. Names and answers that come from GitHub are shown as text, or as links to GitHub's own site.

import type { MakePage, Page } from '../page.ts';
import { fill, joined, type Rendered, type Templates } from '../templates.ts';
import type { AppDescription } from './manifest.ts';
import { problems, type Problem, type Words } from './words.ts';

/** The form that leads to GitHub, and what it will make there. */
interface SetupView {
  readonly site: string;
  readonly name: string;
  readonly organization: string;
  readonly webhook: string;
  readonly manifest: string;
  /** Where the form is posted, for the organisation and for the person's own account. */
  readonly forOrganization: string;
  readonly forMyself: string;
  readonly policy: string;
  /** Where Apps are deleted. */
  readonly apps: string;
  readonly action: string;
}

interface CreatedView {
  readonly name: string;
  readonly owner: string;
  readonly url: string;
  readonly install: string;
  readonly policy: string;
  readonly catalog: readonly string[];
}

export interface SetupPages {
  setup(view: SetupView): Page;
  created(view: CreatedView): Page;
  problem(problem: Problem, at: ProblemPlaces, detail?: string): Page;
}

/** Where one can go on from a problem. */
interface ProblemPlaces {
  /** The address that asks the same once more. */
  readonly again: string;
  /** The first page. */
  readonly first: string;
  /** Where Apps are deleted. */
  readonly apps: string;
}

export interface SetupPageParts {
  readonly page: MakePage;
  readonly templates: Pick<Templates, 'html'>;
  readonly words: Words;
  readonly description: AppDescription;
}

export function openSetupPages({
  page,
  templates,
  words,
  description,
}: SetupPageParts): SetupPages {
  const permissions = Object.entries(description.default_permissions).map(([name, level]) =>
    templates.html('pages/setup-permission', {
      title: words.permissions[name]?.title ?? name,
      access: words.access[level],
      reason: words.permissions[name]?.reason ?? '',
    }),
  );
  const events = description.default_events.map((name) => words.events[name] ?? name).join(', ');

  function link(problem: Problem, at: ProblemPlaces): Rendered {
    const { offers } = problems[problem];
    if (offers === 'nothing') return { rendered: '' };
    if (offers === 'again') return templates.html('pages/setup-again', { href: at.again });
    if (offers === 'back') return templates.html('pages/setup-back', { href: at.first });
    return templates.html('pages/setup-anew', { href: at.first, apps: at.apps });
  }

  return {
    setup: ({ site, ...view }) =>
      page(
        'setup',
        { ...view, host: new URL(site).host, site, permissions: joined(permissions, '\n'), events },
        // A browser holds form-action against every redirect that answers the form: to GitHub's own sign-in it may lead, to
        // a company's provider behind that it may not, and so the page says to be signed in first. The form's `Origin` is
        // the bot's, which `same-origin` would hide; GitHub learns nothing else of the page.
        { formAction: `'self' ${site}`, referrer: 'strict-origin' },
      ),
    created: ({ policy, catalog, ...view }) => {
      const repositories = repositoriesOf(policy, catalog).map(({ name, readFor }) =>
        templates.html('pages/setup-repository', { name, reason: words.repositories[readFor] }),
      );
      return page('setup-created', { ...view, repositories: joined(repositories, '\n') });
    },
    problem(problem, at, detail) {
      const { title, cause, next } = words.problems[problem];
      const said = detail === undefined ? {} : { detail };
      const { rendered } = fill('setup.yml', cause, said, (text) => text);
      const action = link(problem, at);
      return page('setup-problem', { title, cause: rendered, next, action });
    },
  };
}

/** The repositories that the bot reads, each once: GitHub knows no case in their names. */
function repositoriesOf(policy: string, catalog: readonly string[]) {
  const isPolicy = (name: string) => name.toLowerCase() === policy.toLowerCase();
  const own = { name: policy, readFor: catalog.some(isPolicy) ? 'both' : 'policy' } as const;
  const others = catalog.filter((name) => !isPolicy(name));
  return [own, ...others.map((name) => ({ name, readFor: 'catalog' }) as const)];
}
