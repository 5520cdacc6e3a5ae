// The pages that a browser sees during a claim or a confirmation, filled from templates/pages and templates/confirm.yml:
// the question, the refusal, and the end of a sign-in. How any page of the bot is sent is page.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { claimErrors, type ClaimErrorCode } from '../../relay/claim.ts';
import type { SignInDemand } from '../access/sign-in.ts';
import { demandWords } from '../github/sign-in-words.ts';
import { openPageMaker, type Page } from '../page.ts';
import { fill, openTemplates, type Rendered } from '../templates.ts';

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

/** What an approver is asked to confirm, all of it. */
interface ConfirmView {
  readonly login: string;
  /** `access to` or `more time for`. */
  readonly what: string;
  readonly resource: string;
  readonly target: string;
  readonly role: string;
  /** Undefined where no cloud role stands behind it. */
  readonly iam: string | undefined;
  readonly duration: string;
  /** What is demanded of the requester's sign-in; undefined where nothing is. */
  readonly demand: SignInDemand | undefined;
  readonly requester: string;
  readonly reason: string;
  readonly request: string;
  readonly digest: string;
  readonly until: Date;
  readonly issue: string;
  readonly issueUrl: string;
  readonly action: string;
  readonly signIn: string;
  readonly csrf: string;
}

export interface Pages {
  confirm(view: ConfirmView): Page;
  /** How a confirmation ends. `why` is plain text, for those that have a reason. */
  confirmEnd(end: ConfirmPage, why?: string): Page;
  consent(view: ConsentView, form: { readonly redirectUri: string; readonly now: Date }): Page;
  refused(code: ClaimErrorCode): Page;
  over(): Page;
}

/** Every way in which a confirmation ends, each with its words in templates/confirm.yml. */
const confirmPages = [
  'granted',
  'extended',
  'counted',
  'not-approved',
  'cancelled',
  'nothing',
  'used',
  'refused',
  'replaced',
  'late',
  'ended',
  'insufficient',
  'declined',
  'forged',
  'unavailable',
] as const;
type ConfirmPage = (typeof confirmPages)[number];

const nothing: Rendered = { rendered: '' };

const text = z.string().min(1);
const confirmWords = z.record(
  z.enum(confirmPages),
  z.strictObject({ title: text, cause: text, next: text }),
);

/** `folder` is that of the templates. Throws when a page has no words. */
export function openPages(folder: string): Pages {
  const templates = openTemplates(folder);
  const page = openPageMaker(templates, readFileSync(join(folder, 'pages', 'style.css'), 'utf8'));
  const words = confirmWords.parse(parse(readFileSync(join(folder, 'confirm.yml'), 'utf8')));
  return {
    confirm({ until, reason, iam, demand, ...view }) {
      const name = view.resource.split('/').at(-1) ?? view.resource;
      const row = (title: string, value: string | undefined) =>
        value === undefined ? nothing : templates.html('pages/confirm-row', { name: title, value });
      // What is in these words is escaped with the row: as it stands on the card, without the marks of Markdown.
      const signIn =
        demand && demandWords(templates, demand, (rendered) => ({ rendered })).join(', ');
      const rows = { cloud: row('Cloud role', iam), demand: row('Sign-in', signIn) };
      const said = { until: utcMinute(until), reason: reason || 'none given' };
      return page('confirm', { ...view, name, ...said, ...rows }, { formAction: "'self'" });
    },
    confirmEnd(end, why) {
      const { title, cause, next } = words[end];
      const said = why === undefined ? {} : { why };
      const { rendered } = fill('confirm.yml', cause, said, (value) => value);
      return page('confirm-end', { title, cause: rendered, next });
    },
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
