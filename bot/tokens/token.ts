// The token endpoint: a code, or a grant token that is still good, becomes a grant token bound to the caller's key.
// Every call carries a DPoP proof (RFC 9449) made for this endpoint, with a nonce of ours, used once. A token leaves
// only after it was recorded. What is answered is one of a few codes; what was found is recorded in full.

import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import {
  claimErrors,
  claimPaths,
  clientId,
  renewalGrantType,
  type ClaimErrorCode,
} from '../../relay/claim.ts';
import { checkProof, createNonces, createReplayGuard } from '../../relay/proof.ts';
import type { Derivation } from '../access/explain.ts';
import type { Person } from '../access/request.ts';
import type { Desk } from './desk.ts';
import { mintToken, type TokenOrder } from './mint.ts';
import type { RefusalReason } from './refusals.ts';
import { readSubjectToken } from './renewal.ts';
import { standingOf } from './standing.ts';

/** The nonce bounds how old a proof may be; the caller's clock does not. */
const nonceLifetimeSeconds = 60;

interface Refused {
  readonly code: ClaimErrorCode;
  /** Left out where nothing is known about who asks: such calls are counted, not recorded. */
  readonly reason?: RefusalReason;
  readonly detail?: string;
  readonly derivation?: Derivation;
  /** What the caller is told in place of the code's own words. */
  readonly description?: string;
  readonly grant?: string;
  readonly person?: Person;
}
type Entitled = { readonly kind: 'entitled'; readonly order: TokenOrder };
type Finding = Entitled | ({ readonly kind: 'refused' } & Refused);

interface Caller {
  readonly form: URLSearchParams;
  /** The thumbprint of the key that proved itself. */
  readonly jkt: string;
  readonly address: string;
  readonly now: Date;
}

/** Makes the handler of POST claimPaths.token. */
export function openTokenEndpoint(desk: Desk): (context: Context) => Promise<Response> {
  const { deps } = desk;
  const nonces = createNonces(randomBytes(32), nonceLifetimeSeconds);
  // A nonce may be a lifetime old when it is used, so a proof has to be remembered for as long as its nonce lives.
  const replays = createReplayGuard(nonceLifetimeSeconds * 2);

  async function proofOf(context: Context, now: Date) {
    const proof = context.req.header('dpop') ?? '';
    const url = new URL(claimPaths.token, deps.origin).href;
    const isFreshNonce = (nonce: string) => nonces.isFresh(nonce, now);
    return checkProof(proof, { method: 'POST', url, now, isFreshNonce });
  }

  return async (context) => {
    const now = deps.now();
    const address = desk.address(context);
    context.header('cache-control', 'no-store');
    context.header('dpop-nonce', nonces.issue(now));
    if (!desk.rate.allow(address, now)) return refuse(context, 'temporarily_unavailable');
    if (!isForm(context)) return refuse(context, 'invalid_request');

    const proof = await proofOf(context, now);
    if (proof.kind === 'invalid') return refuse(context, proofAnswer(proof.reason));
    if (!replays.firstUse(proof.jti, now)) return refuse(context, 'invalid_dpop_proof');

    const form = new URLSearchParams(await context.req.text());
    const finding = await judge(desk, { form, jkt: proof.jkt, address, now });
    return finding.kind === 'entitled'
      ? answer(context, desk, finding.order)
      : turnAway(context, desk, { ...finding, address });
  };
}

async function judge(desk: Desk, caller: Caller): Promise<Finding> {
  const { form } = caller;
  // RFC 6749 §3.2: a parameter that comes twice could be read one way here and another way elsewhere.
  const names = [...form.keys()];
  if (new Set(names).size !== names.length) return { kind: 'refused', code: 'invalid_request' };
  if (form.get('client_id') !== clientId) return { kind: 'refused', code: 'invalid_request' };
  if (form.get('grant_type') === 'authorization_code') return judgeCode(desk, caller);
  if (form.get('grant_type') === renewalGrantType) return judgeRenewal(desk, caller);
  return { kind: 'refused', code: 'invalid_request' };
}

async function judgeCode(desk: Desk, caller: Caller): Promise<Finding> {
  const { form, jkt, address, now } = caller;
  const redemption = desk.codes.redeem(form.get('code') ?? '', now);
  if (redemption.kind === 'unknown') {
    return { kind: 'refused', code: 'invalid_grant', reason: 'unknown-code' };
  }
  const { request, person, proof } = redemption.consent;
  const refused = (reason: RefusalReason, code: ClaimErrorCode = 'invalid_grant'): Finding => ({
    kind: 'refused',
    code,
    reason,
    person,
    grant: request.grant,
  });
  if (redemption.kind === 'again') return refused('code-used-again');
  if (jkt !== request.dpop_jkt) return refused('other-key');
  if (form.get('redirect_uri') !== request.redirect_uri) return refused('other-redirect');
  if (challengeOf(form.get('code_verifier') ?? '') !== request.code_challenge) {
    return refused('other-verifier');
  }
  const asking = { personId: person.id, proven: proof };
  const standing = await standingOf(desk.deps, request.grant, asking);
  if (standing.kind === 'refused') return { ...standing, person, grant: request.grant };
  const { grant, terms, way } = standing;
  return {
    kind: 'entitled',
    order: { grant, terms, signIn: { ...proof, way }, jkt, address, now },
  };
}

async function judgeRenewal(desk: Desk, caller: Caller): Promise<Finding> {
  const { jkt, address, now } = caller;
  const reading = await readSubjectToken(desk.deps, caller.form.get('subject_token') ?? '', now);
  if (reading.kind === 'invalid') {
    return {
      kind: 'refused',
      code: 'invalid_grant',
      reason: 'unfit-token',
      detail: reading.reason,
    };
  }
  const { claims, personId } = reading;
  const person = { id: personId, login: claims.login };
  if (claims.cnf.jkt !== jkt) {
    return {
      kind: 'refused',
      code: 'invalid_grant',
      reason: 'other-key',
      person,
      grant: claims.gid,
    };
  }
  // Nobody signs in anew: the key was claimed by a sign-in, and its way has to be one that is demanded today.
  const proven = { renewing: true, way: claims.acr ?? null } as const;
  const standing = await standingOf(desk.deps, claims.gid, { personId, proven });
  if (standing.kind === 'refused') return { ...standing, person, grant: claims.gid };
  const { grant, terms } = standing;
  return { kind: 'entitled', order: { grant, terms, renews: claims, jkt, address, now } };
}

async function answer(context: Context, desk: Desk, order: TokenOrder): Promise<Response> {
  const minting = await mintToken(desk.deps, order);
  if (minting.kind === 'minted') {
    const outcome = order.renews ? 'renewed' : 'claimed';
    desk.deps.metrics.add('sallyport_bot_claims_total', { outcome });
    return context.json(minting.answer);
  }
  const { grantee: person, id: grant } = order.grant;
  const { address } = order;
  if (minting.kind === 'overtaken') {
    // It waits no longer, so that this does not come again: it runs since another claim, or it has ended.
    const renewing = { renewing: true, way: order.renews?.acr ?? null } as const;
    const proven = order.signIn ?? renewing;
    const standing = await standingOf(desk.deps, grant, { personId: person.id, proven });
    if (standing.kind === 'entitled') return answer(context, desk, { ...order, ...standing });
    return turnAway(context, desk, { ...standing, person, grant, address });
  }
  return minting.kind === 'too-late'
    ? turnAway(context, desk, {
        code: 'grant_expired',
        reason: 'grant-expired',
        person,
        grant,
        address,
      })
    : turnAway(context, desk, { code: 'server_error', reason: 'no-relay', person, grant, address });
}

async function turnAway(
  context: Context,
  desk: Desk,
  refused: Refused & { readonly address: string },
): Promise<Response> {
  const { code, reason, detail, derivation, description, grant, person, address } = refused;
  if (reason !== undefined) {
    await desk.deps.recordRefusal({
      reason,
      ...(detail !== undefined && { detail }),
      ...(derivation !== undefined && { derivation }),
      ...(grant !== undefined && { grant }),
      ...(person !== undefined && { person }),
      address,
      at: desk.deps.now(),
    });
  }
  return refuse(context, code, description);
}

/** RFC 6749 §5.2. `description` stands in place of the code's own words. */
export function refuse(context: Context, code: ClaimErrorCode, description?: string): Response {
  const { status, cause } = claimErrors[code];
  return context.json({ error: code, error_description: description ?? cause }, status);
}

function isForm(context: Context): boolean {
  const type = context.req.header('content-type') ?? '';
  return type.split(';')[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
}

/** RFC 7636 §4.6. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function proofAnswer(reason: string): ClaimErrorCode {
  return reason === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof';
}
