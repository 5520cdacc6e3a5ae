// The pages that a browser sees during a claim, filled from templates/pages: the question, the refusal, and the end of
// a sign-in. How any page of the bot is sent is page.ts.

import { claimErrors, type ClaimErrorCode } from '../../relay/claim.ts';
import { openPageMaker, type Page } from '../page.ts';
import type { Templates } from '../templates.ts';

/** What the person is asked to agree to. `redirectUri` is where the answer will be sent, a loopback address. */
interface ConsentView {
  readonly login: string;
  readonly resource: string;
  readonly role: string;
  readonly endsAt: Date;
  /** Its time begins with the answer. */
  readonly isStart: boolean;
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

/** `css` is the text of templates/pages/style.css. */
export function openPages(templates: Pick<Templates, 'html'>, css: string): Pages {
  const page = openPageMaker(templates, css);
  return {
    consent(view, { redirectUri, now }) {
      const { endsAt, isStart, ...shown } = view;
      const length = timeLeft(endsAt.getTime() - now.getTime());
      const left = templates.html(`pages/consent-${isStart ? 'starts' : 'left'}`, { length });
      // `resource:payments/payments-db` is called payments-db in the heading and written out below it.
      const name = view.resource.split('/').at(-1) ?? view.resource;
      const values = { ...shown, name, end: utcMinute(endsAt), left };
      return page('consent', values, { formAction: `'self' ${formTarget(redirectUri)}` });
    },
    refused: (code) =>
      page('refused', { code, cause: claimErrors[code].cause, next: claimErrors[code].next }),
    over: () => page('over', {}),
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
