// GitHub tells of a change before all of its machines know of it: for a moment a comment that was just written is not
// found, and one that was just edited is shown as it was. What a webhook promises is therefore looked for several times
// before its absence is believed.

/** The pauses between the looks, three seconds in all. Everything behind the delivery waits for them. */
const pausesMs = [200, 400, 800, 1_600];

/** Reads until what was read is what was promised, or no pause is left; the last reading either way. */
export async function readUntil<T>(
  read: () => Promise<T>,
  isPromised: (found: T) => boolean,
): Promise<T> {
  let found = await read();
  for (const ms of pausesMs) {
    if (isPromised(found)) break;
    await new Promise((resolve) => setTimeout(resolve, ms));
    found = await read();
  }
  return found;
}
