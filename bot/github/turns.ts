// One at a time. Commands come from the inbox and from the threads, and each is decided on what the one before it left.

/** Runs what it is given after everything it was given before, whatever became of that. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function takeTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}
