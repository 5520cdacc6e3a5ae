// A target, `host:port`, in its one spelling. Two spellings of one address would let an entity of another
// owner carry the same target unseen, and would pass a relay's allow-list by surprise.

export type TargetReading =
  | { readonly kind: 'valid'; readonly target: string }
  | { readonly kind: 'invalid'; readonly message: string };

const maxHostChars = 253;

/** Reads `payments-db.internal:5432`, `10.20.0.7:5432` or `[fd00::7]:5432`. */
export function readTarget(text: string): TargetReading {
  const [, written = '', digits = ''] =
    /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (written === '' || written.length > maxHostChars) {
    return invalid('Expected host:port, such as payments-db.internal:5432.');
  }
  if (port < 1 || port > 65_535 || String(port) !== digits) {
    return invalid('Expected a port from 1 to 65535, without leading zeros.');
  }
  const host = written.toLowerCase();
  // The URL standard's host parser knows every way to write an IP address (0x7f.1, 127.1, [0::1]).
  const url = URL.parse(`http://${host}/`);
  if (!url || url.hostname === '') return invalid('Expected a host name or an IP address.');
  if (url.hostname !== host) return invalid(`Write the address as ${url.hostname}.`);
  // Behind the same door as the plain address, and another text. A relay does not dial it either.
  if (host.startsWith('[::ffff:'))
    return invalid('Write the IPv4 address as it is, without ::ffff.');
  const labels = host.startsWith('[') ? [] : host.split('.');
  if (labels.some((label) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    return invalid('Expected a host name without empty parts and without a dot at its end.');
  }
  return { kind: 'valid', target: `${host}:${port}` };
}

function invalid(message: string): TargetReading {
  return { kind: 'invalid', message };
}
