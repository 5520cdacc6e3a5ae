// The frame of every page: head, top bar, style. Plain HTML, no build step, no outside address.
import type { Repository } from '../state.ts';
import { html, type Html } from './html.ts';

export interface Crumb {
  readonly text: string;
  readonly href: string;
}

export function page(parts: { title: string; body: Html; trail?: readonly Crumb[] }): Html {
  const { title, body, trail = [{ text: 'Local GitHub', href: '/' }] } = parts;
  const crumbs = trail.map(({ text, href }, index) =>
    index === 0
      ? html`<a href="${href}">${text}</a>`
      : html`<span>/</span><a href="${href}"><b>${text}</b></a>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header class="bar">
          <a class="home" href="/"><img src="/icon.svg" alt="Home" width="28" height="28" /></a>
          <nav>${crumbs}</nav>
          <small>a GitHub that runs here</small>
        </header>
        <main>${body}</main>
        <script src="/script.js" type="module"></script>
      </body>
    </html>`;
}

export function trailTo({ owner, name }: Repository): readonly Crumb[] {
  return [
    { text: owner.login, href: `/${owner.login}` },
    { text: name, href: `/${owner.login}/${name}/issues` },
  ];
}

/** An arch with its gate open: the mark of these pages, not GitHub's. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#24292f"/><path d="M8 26V15a8 8 0 0 1 16 0v11h-4V15a4 4 0 0 0-8 0v11z" fill="#fff"/></svg>`;
