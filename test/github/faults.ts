// What faults do: one list of them, asked at fixed points of a call or of a delivery. A fault strikes as often
// as it was told; when its count is used up it is gone.
import { createArmory, type Armory } from './armory.ts';
import type { CheckedFault, DeliveryFaultKind } from './fault-schema.ts';

export interface StruckCall {
  readonly route: string;
  readonly actor: string;
  readonly when: 'before' | 'after';
}

export interface DeliveryStrike {
  readonly kind: DeliveryFaultKind;
  /** Called at the very moment that a held one is let go. */
  whenReleased(send: () => void): void;
}

/** The answer that a call gets instead of its own. */
export type StruckBy = Pick<
  Extract<CheckedFault, { kind: 'answer' }>,
  'status' | 'body' | 'retryAfterSeconds'
>;

export interface Faults extends Pick<Armory, 'arm' | 'clear' | 'list'> {
  answerTo(call: StruckCall): StruckBy | undefined;
  /** Resolves when the call may go on: at once, unless a fault holds it. */
  hold(call: StruckCall): Promise<void>;
  strikeDelivery(event: string, action: string | null): DeliveryStrike | undefined;
  commentWritten(id: number, author: string): void;
  /** Whether an answer that would show the comment has to do without it; counts as one. */
  hidesComment(id: number): boolean;
}

/** `routes` is what a fault may name; asked when one is armed. */
export function createFaults(routes: ReadonlySet<string>): Faults {
  const { arm, clear, list, strike, keep, find } = createArmory(routes);
  return {
    arm,
    clear,
    list,
    answerTo(call) {
      const fault = strike((one) => isAnswerTo(one.fault, call))?.fault;
      if (fault?.kind === '502-after-write') return { status: 502, body: 'json' };
      return fault?.kind === 'answer' ? fault : undefined;
    },
    async hold(call) {
      const entry = strike(({ fault }) => fault.kind === 'held' && concerns(fault, call));
      if (entry) await new Promise<void>((resolve) => keep(entry, resolve));
    },
    strikeDelivery(event, action) {
      const names = new Set([event, `${event}.${action}`]);
      const entry = strike(({ fault }) => 'event' in fault && names.has(fault.event));
      if (!entry || !('event' in entry.fault)) return undefined;
      const { kind } = entry.fault;
      return { kind, whenReleased: (send) => keep(entry, send) };
    },
    commentWritten(id, author) {
      const entry = find(
        ({ fault, commentId }) =>
          fault.kind === 'not-yet-visible' &&
          commentId === undefined &&
          (fault.author ?? author) === author,
      );
      if (entry) entry.commentId = id;
    },
    hidesComment: (id) => strike(({ commentId }) => commentId === id) !== undefined,
  };
}

function isAnswerTo(fault: CheckedFault, call: StruckCall): boolean {
  if (fault.kind === 'answer') return concerns(fault, call);
  return fault.kind === '502-after-write' && call.when === 'after' && fault.route === call.route;
}

function concerns(
  fault: Extract<CheckedFault, { kind: 'answer' | 'held' }>,
  { route: called, actor: caller, when: moment }: StruckCall,
): boolean {
  return (
    fault.when === moment &&
    (fault.route ?? called) === called &&
    (fault.actor ?? caller) === caller
  );
}
