// The provider's answer, whatever the sign-in was for: heard once, in the browser that was sent there.

import type { Context } from 'hono';
import { claimAs, refusalTo, serverError } from './authorize.ts';
import { findSignIn, identify, orFailed } from './browser.ts';
import { confirmAs, confirmFailed, confirmRefusalTo } from './confirm.ts';
import { type Desk, show } from './desk.ts';

/** GET claimPaths.signInCallback. */
export async function signInCallback(context: Context, desk: Desk): Promise<Response> {
  const query = new URL(context.req.url).searchParams;
  const signIn = findSignIn(context, desk, query.get('state'));
  if (signIn?.stage.kind !== 'at-provider') return show(context, 400, desk.deps.pages.over());

  const { purpose } = signIn;
  const { pending } = signIn.stage;
  // Before anything is awaited: an answer that is sent twice is heard once.
  signIn.stage = { kind: 'returning' };
  const isClaim = purpose.kind === 'claim';
  const refuse = isClaim
    ? refusalTo(desk, { ...signIn, request: purpose.request })
    : confirmRefusalTo(desk, signIn, purpose.id);
  return orFailed(context, desk, signIn, {
    failed: isClaim
      ? serverError(context, desk, purpose.request)
      : () => confirmFailed(context, desk),
    async step() {
      const identified = await identify(context, desk, { signIn, pending }, refuse);
      if (identified instanceof Response) return identified;
      return isClaim
        ? claimAs(context, desk, signIn, { request: purpose.request, identified })
        : confirmAs(context, desk, signIn, { id: purpose.id, identified });
    },
  });
}
