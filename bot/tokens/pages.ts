// The pages that a browser sees during a claim, filled from templates/pages, and the headers they are sent with. No
// page runs a script, loads anything, can be framed, or is kept by a cache. User text is escaped by the templates.

import { createHash } from 'node:crypto';
import { claimErrors, type ClaimErrorCode } from '../../relay/claim.ts';
import type { Templates } from '../templates.ts';

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the person is asked to agree to. `redirectUri` is where the answer will be sent, a loopback address. */
interface ConsentView {
  readonly login: string;
  readonly resource: string;
  readonly role: string;
  readonly endsAt: Date;
  readonly issue: string;
  readonly issueUrl: string;
  readonly address: string;
  readonly fingerprint: string;
  readonly action: string;
  readonly signIn: string;
  readonly csrf: string;
}

export interface Pages {
  consent(view: ConsentView, form: { readonly redirectUri: string; readonly now: Date }): Page;
  refused(code: ClaimErrorCode): Page;
  over(): Page;
}

/** `css` is the text of templates/pages/style.css: every page carries it, and no other style is let in. */
export function openPages(templates: Pick<Templates, 'html'>, css: string): Pages {
  const style = { rendered: css };
  const styleHash = createHash('sha256').update(css).digest('base64');

  function page(name: string, values: Readonly<Record<string, string>>, formAction = "'none'") {
    const { rendered } = templates.html(`pages/${name}`, { ...values, style });
    return { html: rendered, headers: headersFor(styleHash, formAction) };
  }

  return {
    consent(view, { redirectUri, now }) {
      const { endsAt, ...shown } = view;
      const left = timeLeft(endsAt.getTime() - now.getTime());
      // `resource:payments/payments-db` is called payments-db in the heading and written out below it.
      const name = view.resource.split('/').at(-1) ?? view.resource;
      const values = { ...shown, name, end: utcMinute(endsAt), left };
      return page('consent', values, `'self' ${formTarget(redirectUri)}`);
    },
    refused: (code) =>
      page('refused', { code, cause: claimErrors[code].cause, next: claimErrors[code].next }),
    over: () => page('over', {}),
  };
}

function headersFor(styleHash: string, formAction: string): Record<string, string> {
  return {
    'content-security-policy':
      `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; ` +
      `form-action ${formAction}; frame-ancestors 'none'`,
    // For browsers that do not read frame-ancestors: a framed consent page could be clicked through unseen.
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // `no-referrer` would make browsers send `Origin: null` with the form, which the consent has to see.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

// Browsers hold form-action against the redirect that answers the form as well, so the terminal's address has to be in
// it. CSP has no way to write an IPv6 address (CSP 3 §6.7.2.8), so there the scheme stands for it.
function formTarget(redirectUri: string): string {
  const { origin, hostname, protocol } = new URL(redirectUri);
  return hostname.startsWith('[') ? protocol : origin;
}

function utcMinute(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function timeLeft(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 1) return 'less than a minute';
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = [
    [days, 'd'],
    [hours, 'h'],
    [minutes % 60, 'min'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
