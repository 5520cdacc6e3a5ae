// Two clocks, because either alone can be wrong: the wall clock can be set back, and the monotonic one stands still
// while the machine sleeps. A deadline is over when either says so.

export interface Clock {
  /** Milliseconds since 1970. */
  wall(): number;
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

export interface Deadline {
  /** 0 when it is over. */
  remainingMs(): number;
}

/** Fixes the end on both clocks at this moment. `endMs` is on the wall clock. */
export function deadlineAt(endMs: number, clock: Clock): Deadline {
  const monotonicEndMs = clock.monotonic() + (endMs - clock.wall());
  return {
    remainingMs() {
      const left = Math.min(endMs - clock.wall(), monotonicEndMs - clock.monotonic());
      return Math.max(0, left);
    },
  };
}

/** setTimeout fires at once for anything longer (Node's timers are 32 bits). */
export const maxTimerMs = 2 ** 31 - 1;
