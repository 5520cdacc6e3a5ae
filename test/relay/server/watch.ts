// Waiting on a list that grows: for the first entry, past or coming, that fits.

export interface Watch<T> {
  add(entry: T): void;
  until<S extends T>(is: (entry: T) => entry is S): Promise<S>;
}

export function createWatch<T>(entries: T[]): Watch<T> {
  const waiting = new Set<(entry: T) => void>();
  return {
    add(entry) {
      entries.push(entry);
      for (const look of waiting) look(entry);
    },
    until<S extends T>(is: (entry: T) => entry is S): Promise<S> {
      const found = entries.find(is);
      if (found !== undefined) return Promise.resolve(found);
      const { promise, resolve } = Promise.withResolvers<S>();
      const look = (entry: T): void => {
        if (is(entry)) resolve(entry);
      };
      waiting.add(look);
      return promise.finally(() => waiting.delete(look));
    },
  };
}
