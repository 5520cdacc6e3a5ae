// Entity refs, `kind:namespace/name`, read strictly. Backstage's own reader lets `../x`, blanks and other
// alphabets through; a name that decides about access must look like nothing but itself.

const refPattern = /^[a-z][a-z0-9]*:[a-z0-9-]{1,63}\/[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

export interface RefParts {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The normalised ref, with what is left out taken from `defaults`; undefined when it is not a ref. */
export function readRef(
  text: string,
  defaults: { readonly kind: string; readonly namespace: string },
): string | undefined {
  const [, kind, namespace, name = ''] = /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(text) ?? [];
  const ref = writeRef({
    kind: kind ?? defaults.kind,
    namespace: namespace ?? defaults.namespace,
    name,
  });
  return refPattern.test(ref) ? ref : undefined;
}

/** A ref that is written out in full, normalised; undefined when a part is missing. */
export function readFullRef(text: string): string | undefined {
  return /^[^:/]+:[^:/]+\/[^:/]+$/.test(text)
    ? readRef(text, { kind: '', namespace: '' })
    : undefined;
}

/** Only A–Z are folded: folding other alphabets would make one name out of two. */
function writeRef({ kind, namespace, name }: RefParts): string {
  return foldAscii(`${kind}:${namespace}/${name}`);
}

/** The parts of a ref that readRef gave. */
export function refParts(ref: string): RefParts {
  const [, kind = '', namespace = '', name = ''] = /^([^:]+):([^/]+)\/(.+)$/.exec(ref) ?? [];
  return { kind, namespace, name };
}

export function foldAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
