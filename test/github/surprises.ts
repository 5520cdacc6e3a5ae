// What went wrong inside the local GitHub itself: an exception that is no refusal, also one thrown by a
// test's own listener. The caller gets a 500, as from GitHub; the exception is kept here until somebody
// who waits for the local GitHub is told, since a test would otherwise pass beside it.

export interface Surprises {
  note(error: unknown): void;
  /** Throws what was noted since the last time: the one, or an AggregateError of several. */
  rethrow(): void;
}

export function createSurprises(): Surprises {
  const noted: unknown[] = [];
  return {
    note: (error) => void noted.push(error),
    rethrow() {
      const [first, ...others] = noted.splice(0);
      if (first === undefined) return;
      if (others.length === 0) throw first;
      throw new AggregateError([first, ...others], 'The local GitHub was surprised several times');
    },
  };
}
