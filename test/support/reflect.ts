// The three functions of the Reflect metadata proposal that @peculiar/x509 asks for when it loads
// (through tsyringe). Import it before that package; it holds nothing and does nothing else.
// It is here so that making a throw-away certificate does not cost one more dependency.

type Metadata = Map<unknown, unknown>;
const byTarget = new WeakMap<object, Metadata>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return byTarget.get(target)?.get(key);
}

/** Looks along the prototype chain, as the proposal does: a subclass inherits its parent's metadata. */
function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at; at = Reflect.getPrototypeOf(at)) {
    const own = byTarget.get(at);
    if (own?.has(key)) return own.get(key);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own: Metadata = byTarget.get(target) ?? new Map<unknown, unknown>();
  byTarget.set(target, own.set(key, value));
}

// Somebody else's polyfill stays in place when it came first.
if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getMetadata, getOwnMetadata, defineMetadata });
}
