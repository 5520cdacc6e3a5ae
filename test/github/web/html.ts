// The template tag of every page: whatever is put in is escaped, unless it is HTML already.
import { html as anyHtml, type raw } from 'hono/html';

export type Html = ReturnType<typeof raw>;

/** hono's `html`, said to be synchronous: it is, as long as nothing put in is a promise. */
export const html = anyHtml as (strings: TemplateStringsArray, ...values: unknown[]) => Html;
