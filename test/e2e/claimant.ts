// A person who pastes the line, without a process for their terminal: the product's own client from the line to the
// grant token, and a browser without a screen.
import { claimPaths } from '../../relay/claim.ts';
import { discoverHost } from '../../relay/client/discovery.ts';
import { Failure } from '../../relay/client/failure.ts';
import { signIn } from '../../relay/client/sign-in.ts';
import { openTokenDesk } from '../../relay/client/token.ts';
import { generateSessionKey } from '../../relay/proof.ts';
import { createBrowser } from '../support/browser.ts';
import { answerForms } from '../support/person.ts';

export interface Claimant {
  readonly login: string;
  /** The bot's https origin, and the PEM of who vouches for it and for the provider. */
  readonly origin: string;
  readonly caPem: string;
}

export type ClaimEnd =
  | { readonly kind: 'token'; readonly token: string }
  /** The bot said no, in the words of relay/claim.ts. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Nobody said anything that ends a claim: the host was gone, or the browser got stuck. */
  | { readonly kind: 'broken'; readonly code: string };

/** One run of the line, from the sign-in to the token. Never rejects. */
export async function claimGrant(claimant: Claimant, grant: string): Promise<ClaimEnd> {
  try {
    return { kind: 'token', token: await claim(claimant, grant) };
  } catch (error) {
    const isRefusal = error instanceof Failure && error.exit === 'refused';
    return isRefusal
      ? { kind: 'refused', code: error.code }
      : { kind: 'broken', code: String(error) };
  }
}

async function claim({ login, origin, caPem }: Claimant, grant: string): Promise<string> {
  const key = await generateSessionKey();
  const stuck = new AbortController();
  const { signal } = stuck;
  const ca = [caPem];
  const host = await discoverHost({ origin, ca, signal });

  async function atTheBrowser(url: string): Promise<void> {
    const pages = await answerForms(createBrowser({ ca: caPem }), url, { login });
    const last = pages.at(-1);
    // From a page of the bot's that asks nothing nobody comes back to the terminal, which would wait for minutes.
    if (last?.url.origin === origin) throw new Error(`stuck at: ${last.text}`);
  }

  const signedIn = await signIn({
    host,
    grant,
    jkt: key.jkt,
    signal,
    show: ({ url }) => void atTheBrowser(url).catch((error: unknown) => stuck.abort(error)),
  });
  const desk = openTokenDesk({ host, grant, key, ca, signal, nowMs: Date.now });
  return (await desk.redeem(signedIn)).token;
}

/** What the last page says to an approver who follows their link, signs in and confirms. Never rejects. */
export async function confirmAt(link: string, { login, caPem }: Claimant): Promise<string> {
  try {
    const pages = await answerForms(createBrowser({ ca: caPem }), link, { login });
    return pages.at(-1)?.text ?? '';
  } catch (error) {
    return String(error);
  }
}

/** Where the provider has to send browsers back to. */
export function callbackOf(origin: string): string {
  return `${origin}${claimPaths.signInCallback}`;
}
