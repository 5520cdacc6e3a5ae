// A bound for waiting on something that may never come, such as the end of a connection. It is a bound
// for the test's own patience; what the product promises is measured and compared by whoever waits.

/** Longer than most things here take on a busy machine, and than what a test with its own clock lets pass at once. */
export const patienceMs = 30_000;

/** The promise, or an error that says what did not happen, after `ms`. */
export async function within<T>(what: string, promise: Promise<T>, ms = patienceMs): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
