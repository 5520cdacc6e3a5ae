// One at a time, or a few. Commands come from the inbox and from the threads, and each is decided on what the one before
// it left. Of calls that read, GitHub takes some at a time, and not all.

/** Runs what it is given when its turn has come, whatever became of what was before it. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs what it is given after everything it was given before. */
export function takeTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

/** Runs what it is given as soon as fewer than `count` others run, in the order in which it came. */
export function atMost(count: number): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= count) await new Promise<void>((go) => void waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever has waited longest takes the place over.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
