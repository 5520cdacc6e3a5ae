// Something that is read whole and held: again when somebody asks for it and it is old, or was told to have changed.
// Whoever asks while it is being read joins, and never gets what was read before the change they know of.

export interface Rereading {
  /** Says that what is held may be out of date: whoever asks after this gets a reading that began after it. */
  changed(): void;
  /** Resolves once what is held began to be read no longer than `ageMs` ago, and after the last change told. */
  upTo(ageMs: number): Promise<void>;
}

export function openRereading(read: () => Promise<void>, now: () => Date): Rereading {
  // How many changes we were told of, and how many what is held has seen.
  let told = 0;
  let seen = { changes: 0, at: Number.NEGATIVE_INFINITY };
  let reading: Promise<void> | undefined;

  async function readNow(): Promise<void> {
    const before = { changes: told, at: now().getTime() };
    await read();
    seen = before;
  }

  /** Joins the reading that is under way, or starts one. */
  function readOnce(): Promise<void> {
    reading ??= readNow().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    changed: () => void (told += 1),
    async upTo(ageMs) {
      const wanted = told;
      if (seen.changes < wanted || now().getTime() - seen.at >= ageMs) await readOnce();
      // The one that was joined may have begun before the last change, and then need not know of it.
      if (seen.changes < wanted) await readOnce();
    },
  };
}
