// The faults that are armed, in the order of arming: found, counted down, and gone when used up. One that
// names something that does not exist here is refused, since it would strike nothing and prove nothing.
import { faultSchema, type CheckedFault, type Fault } from './fault-schema.ts';

/** What an armed fault says of itself, and how to let go of what it holds. */
export interface ArmedFault {
  /** Resolves when it has struck for the first time. */
  readonly struck: Promise<void>;
  /** Lets go of everything that it holds, and holds nothing any more. */
  release(): void;
}

export interface Entry {
  readonly fault: CheckedFault;
  readonly struck: PromiseWithResolvers<void>;
  /** What goes on when it lets go. */
  readonly held: (() => void)[];
  /** The comment that a `not-yet-visible` hides, once it is written. */
  commentId?: number;
}

export interface Armory {
  /** Throws an Error with a sentence when the fault is about nothing that exists. */
  arm(fault: Fault): ArmedFault;
  /** Disarms every fault and lets go of everything that is held. */
  clear(): void;
  /** What is still waiting to strike, with how often it still will. */
  list(): readonly Fault[];
  /** The first that matches and lets nothing through any more; counts as one strike of it. */
  strike(matches: (entry: Entry) => boolean): Entry | undefined;
  /** Kept until the fault lets go. */
  keep(entry: Entry, goOn: () => void): void;
  find(matches: (entry: Entry) => boolean): Entry | undefined;
}

/** `routes` is what `endpoint()` has registered, asked when a fault is armed. */
export function createArmory(routes: ReadonlySet<string>): Armory {
  const armed: Entry[] = [];
  const holding = new Set<Entry>();

  function disarm(entry: Entry): void {
    if (armed.includes(entry)) armed.splice(armed.indexOf(entry), 1);
    holding.delete(entry);
    for (const goOn of entry.held.splice(0)) goOn();
  }

  return {
    arm(wanted) {
      const entry = newEntry(wanted, routes);
      armed.push(entry);
      return { struck: entry.struck.promise, release: () => disarm(entry) };
    },
    clear() {
      for (const entry of [...armed, ...holding]) disarm(entry);
    },
    list: () => structuredClone(armed.map(({ fault }) => fault)),
    strike(matches) {
      const entry = armed.find((one) => matches(one) && !passes(one.fault));
      if (!entry) return undefined;
      entry.fault.times -= 1;
      if (entry.fault.times === 0) armed.splice(armed.indexOf(entry), 1);
      entry.struck.resolve();
      return entry;
    },
    keep(entry, goOn) {
      holding.add(entry);
      entry.held.push(goOn);
    },
    find: (matches) => armed.find(matches),
  };
}

function newEntry(wanted: Fault, routes: ReadonlySet<string>): Entry {
  const fault = faultSchema.parse(wanted);
  const named = 'route' in fault ? fault.route : undefined;
  if (named !== undefined && !routes.has(named)) throw new Error(`There is no route ${named}`);
  return { fault, struck: Promise.withResolvers(), held: [] };
}

/** Whether this one is still let through; counts as one. */
function passes(fault: CheckedFault): boolean {
  if (!('skip' in fault) || fault.skip === undefined || fault.skip === 0) return false;
  fault.skip -= 1;
  return true;
}
