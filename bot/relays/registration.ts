// From a socket that somebody opened to a relay that is served: who it is was proven by its hello, one connection a
// relay is live, and the newest one wins, because a relay that lost its network dials again long before we notice.

import type { WebSocket } from 'ws';
import { controlLimits, type BotMessage, type RelayMessage } from '../../relay/control.ts';
import type { RelayChannelDeps } from './surroundings.ts';
import { openConnection, type Connection } from './connection.ts';
import { openRecorder, type Recorder } from './events.ts';
import type { Revocations } from './revocations.ts';
import { openSequence, type Sequence } from './sequence.ts';
import type { Visit } from './upgrade.ts';

interface Hall {
  readonly deps: RelayChannelDeps;
  /** The connections that have shown their key. */
  readonly live: Map<string, Connection>;
  readonly revocations: Revocations;
}

/** Makes the function that takes over a new WebSocket. */
export function welcome(hall: Hall): (visit: Visit, socket: WebSocket) => void {
  const { deps, live } = hall;
  const sequences = new Map<string, Sequence>();

  function sequenceOf(relay: string): Sequence {
    const known = sequences.get(relay) ?? openSequence(relay, deps.reserveSequence);
    sequences.set(relay, known);
    return known;
  }

  return (visit, socket) => {
    const { name, publicKey } = visit.relay;
    let isRegistered = false;
    const connection = openConnection({
      socket,
      relay: { name, key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } },
      origin: deps.origin,
      epoch: deps.epoch,
      signer: deps.keys.control(),
      numbers: sequenceOf(name).range(),
      now: () => deps.now(),
      heard(message) {
        isRegistered ||= message.type === 'hello';
        return listener.hear(message);
      },
      ended(why) {
        visit.leave();
        if (!isRegistered)
          deps.report({ kind: 'refused', relay: name, why, address: visit.address });
        if (live.get(name) !== connection) return;
        live.delete(name);
        deps.report({ kind: 'lost', relay: name, why });
      },
    });
    const listener = openListener(hall, visit, connection);
  };
}

/** Deals with what a proven relay says. */
function openListener({ deps, live, revocations }: Hall, visit: Visit, connection: Connection) {
  const { name, url } = visit.relay;
  let recorder: Recorder | undefined;

  async function snapshot(): Promise<BotMessage> {
    const { last: recorded, epoch } = await deps.eventsRecorded(name);
    recorder = openRecorder({
      recorded,
      mayMiss: epoch < deps.epoch,
      record: (events) => deps.recordEvents(name, events),
      acknowledge: (n) => connection.send({ type: 'events-ack', n }),
    });
    return {
      type: 'snapshot',
      issuer: deps.origin,
      keys: deps.keys.published(),
      revoked: await revocations.current(),
      leaseSeconds: controlLimits.leaseSeconds,
      eventsAck: recorded,
    };
  }

  function alarm(why: string): void {
    deps.report({ kind: 'alarm', relay: name, why });
    connection.end(why);
  }

  function register(hello: RelayMessage & { type: 'hello' }): void {
    // Tokens are made out to the configured address: a relay that believes in another would refuse them all.
    if (hello.url !== url) return alarm(`it says its url is ${hello.url}, the settings say ${url}`);
    const before = live.get(name);
    live.set(name, connection);
    before?.end('a newer connection took its place');
    connection.settle();
    visit.leave();
    // In turn with everything after it: a revocation ordered from here on is sent after the snapshot.
    connection.send(snapshot);
    deps.report({ kind: 'connected', relay: name, version: hello.version });
  }

  return {
    async hear(message: RelayMessage): Promise<void> {
      if (message.type === 'hello') return register(message);
      if (message.type === 'revoke-ack') {
        revocations.confirm(name, message.gid, message.sessions);
        return deps.recordConfirmation(name, message);
      }
      const added = recorder?.add(message.event) ?? 'early';
      if (added === 'early') return alarm('it sent an event before the snapshot');
      if (added === 'gap')
        return alarm(
          `its event ${message.event.n} came, but one before it is missing. Was the database replaced by an older one? sallyportd restore does that`,
        );
      return added;
    },
  };
}
