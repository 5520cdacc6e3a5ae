// Finds a relay that takes us: the token's relays in order, each asked once. Promises that a refusal that no other
// relay can lift stops the search, and that an unreachable relay never does.

import type { WebSocket } from 'ws';
import { judgeRefusal, type Ending, type GrantFacts } from './endings.ts';
import { Failure } from './failure.ts';
import { openTunnel, type TunnelRequest } from './tunnel.ts';

export interface RelayPlace {
  /** HTTPS origin. */
  readonly url: string;
  readonly ca?: string | undefined;
}

export type Dialled =
  | {
      readonly kind: 'open';
      readonly relay: RelayPlace;
      readonly socket: WebSocket;
      readonly nonce: string | undefined;
    }
  | { readonly kind: 'final'; readonly ending: Ending }
  /** Nobody took us this time; `failure` is the last relay's answer. */
  | { readonly kind: 'none'; readonly failure: Failure };

export interface DialRequest extends Omit<TunnelRequest, 'relay' | 'ca'> {
  readonly relays: readonly RelayPlace[];
  readonly grant: GrantFacts;
}

/** Rejects only when the request's signal is aborted. */
export async function dialRelays(request: DialRequest): Promise<Dialled> {
  let failure = noRelay();
  for (const relay of request.relays) {
    const answer = await openTunnel({ ...request, relay: relay.url, ca: relay.ca });
    if (answer.kind === 'open') return { ...answer, relay };
    if (answer.kind === 'unreachable') {
      failure = answer.failure;
      continue;
    }
    const verdict = judgeRefusal(answer, request.grant);
    if (verdict.kind === 'final') return verdict;
    failure = new Failure(verdict.code, {
      exit: 'unavailable',
      message: `${new URL(relay.url).host} takes no session now: ${verdict.message}`,
      next: 'Wait a little and run the line again.',
    });
  }
  return { kind: 'none', failure };
}

function noRelay(): Failure {
  return new Failure('no_relay', {
    exit: 'unavailable',
    message: 'The bot named no relay for this grant.',
    next: 'Tell whoever runs Sallyport: the namespace of this resource has no relay.',
  });
}
