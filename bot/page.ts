// One page as a browser gets it: a text of templates/pages with the style in it, and the headers it is sent with. No
// page runs a script, loads anything, can be framed, or is kept by a cache. User text is escaped by the templates.

import { createHash } from 'node:crypto';
import type { Templates, Values } from './templates.ts';

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Sending {
  /** Where its forms may lead, redirects included, as form-action writes it; nowhere when left out. */
  readonly formAction?: string;
  /** What a browser tells of the page it comes from; left out, only to the bot itself. */
  readonly referrer?: 'same-origin' | 'strict-origin';
}

/** Fills `templates/pages/<name>.html`, which has blanks for what all pages begin with among its own. */
export type MakePage = (name: string, values: Values, sending?: Sending) => Page;

/** `css` is the text of templates/pages/style.css: every page carries it, and no other style is let in. */
export function openPageMaker(templates: Pick<Templates, 'html'>, css: string): MakePage {
  const style = { rendered: css };
  const [head, brand] = [
    templates.html('pages/head', { style }),
    templates.html('pages/brand', {}),
  ];
  const styleHash = createHash('sha256').update(css).digest('base64');
  return (name, values, sending = {}) => {
    const { rendered } = templates.html(`pages/${name}`, { ...values, head, brand });
    return { html: rendered, headers: headersFor(styleHash, sending) };
  };
}

function headersFor(
  styleHash: string,
  // `no-referrer` would make browsers send `Origin: null` with the form, which the consent has to see.
  { formAction = "'none'", referrer = 'same-origin' }: Sending,
): Record<string, string> {
  return {
    'content-security-policy':
      `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; ` +
      `form-action ${formAction}; frame-ancestors 'none'`,
    // For browsers that do not read frame-ancestors: a framed consent page could be clicked through unseen.
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': referrer,
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}
