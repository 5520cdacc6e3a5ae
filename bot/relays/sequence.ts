// The numbers on the messages to one relay. Within a connection they are consecutive, over all connections and restarts
// they only grow, and none is used twice. Each connection owns a range of its own, cut from a larger one that was
// reserved on disk before, so that sending never waits for the disk: revoking must not.

/** Reserves so many numbers on disk and resolves with the first. None is ever given twice. */
export type ReserveSequence = (relay: string, count: number) => Promise<number>;

/** Numbers reserved on disk at a time. At 2^53 numbers in all, this is enough for two million starts of the bot. */
export const reservedNumbers = 2 ** 32;
/** Numbers that one connection may use: sixty days of leases. A connection that has used them up is made anew. */
export const numbersPerConnection = 2 ** 20;

/** Hands out ranges. */
export interface Sequence {
  /** Takes the next range. Waits for the disk only when all that was reserved is used up. */
  range(): Promise<NumberRange>;
}

export interface NumberRange {
  /** The next number, or undefined when the range is used up. */
  next(): number | undefined;
}

export function openSequence(relay: string, reserve: ReserveSequence): Sequence {
  let left: { first: number; count: number } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function take(): Promise<NumberRange> {
    left ??= { first: await reserve(relay, reservedNumbers), count: reservedNumbers };
    const { first } = left;
    left.first += numbersPerConnection;
    left.count -= numbersPerConnection;
    if (left.count < numbersPerConnection) left = undefined;
    return rangeFrom(first);
  }

  return {
    // One at a time: two connections that both find nothing left must not reserve over each other's order.
    range() {
      const taken = turn.then(take);
      turn = taken.catch(() => undefined);
      return taken;
    },
  };
}

function rangeFrom(first: number): NumberRange {
  let at = first;
  return { next: () => (at < first + numbersPerConnection ? at++ : undefined) };
}
