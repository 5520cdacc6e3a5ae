// The frame of every page: head, top bar, style. Plain HTML, no build step, no outside address.
import { html } from 'hono/html';
import { style } from './style.ts';

type Html = ReturnType<typeof html>;

export function page(parts: {
  title: string;
  body: Html;
  /** Where the page stands, as links: `acme / access`. */
  trail?: readonly { text: string; href: string }[];
}): Html {
  const { title, body, trail = [] } = parts;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <style>
          ${style}
        </style>
      </head>
      <body>
        <header class="bar">
          <a class="home" href="/"><img src="/icon.svg" alt="" width="28" height="28" /></a>
          <nav>
            ${trail.length === 0 ? html`<a href="/">Local GitHub</a>` : ''}
            ${trail.map(({ text, href }, index) =>
              index === 0
                ? html`<a href="${href}">${text}</a>`
                : html`<span>/</span><a href="${href}"><b>${text}</b></a>`,
            )}
          </nav>
          <small>a GitHub that runs here</small>
        </header>
        <main>${body}</main>
      </body>
    </html>`;
}
