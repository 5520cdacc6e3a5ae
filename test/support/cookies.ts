// A browser's cookies (RFC 6265, and the `__Host-` prefix of its successor). As in a browser they know
// hosts and paths but not ports (§8.5): two programs on 127.0.0.1 see and overwrite each other's,
// which is worth having in a test where everything is on 127.0.0.1.

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
}

export interface CookieJar {
  /** Takes in the `Set-Cookie` lines of an answer from `url`. */
  store(url: URL, lines: readonly string[], now: Date): void;
  /** The `Cookie` header for a request to `url`; empty when there is nothing to send. */
  header(url: URL): string;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();

  return {
    store(url, lines, now) {
      for (const line of lines) {
        const { cookie, gone } = readCookie(url, line, now);
        if (!cookie) continue;
        const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
        if (gone) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
    header(url) {
      return [...cookies.values()]
        .filter((cookie) => cookie.host === url.hostname && pathMatches(cookie.path, url.pathname))
        .filter((cookie) => !cookie.secure || url.protocol === 'https:')
        .sort((a, b) => b.path.length - a.path.length) // §5.4: longer paths first
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
    },
  };
}

function readCookie(url: URL, line: string, now: Date): { cookie?: Cookie; gone: boolean } {
  const [pair = '', ...rest] = line.split(';');
  const attributes = new Map(
    rest.map((each) => {
      const [key = '', ...value] = each.split('=');
      return [key.trim().toLowerCase(), value.join('=').trim()];
    }),
  );
  const split = pair.indexOf('=');
  const name = pair.slice(0, split).trim();
  const secure = attributes.has('secure');
  const path = attributes.get('path')?.startsWith('/') ? attributes.get('path') : undefined;
  const cookie = {
    name,
    value: pair.slice(split + 1).trim(),
    host: url.hostname,
    path: path ?? defaultPath(url.pathname),
    secure,
  };
  const expires = attributes.get('expires');
  const gone =
    Number(attributes.get('max-age') ?? 1) <= 0 ||
    (expires !== undefined && new Date(expires) <= now);
  const isFromHttps = url.protocol === 'https:';
  if (split < 1 || (secure && !isFromHttps)) return { gone };
  // A browser drops it without a word when one of these is missing, and so do we.
  const breaksHostRule = !secure || cookie.path !== '/' || attributes.has('domain');
  if (name.startsWith('__Host-') && breaksHostRule) return { gone };
  if (name.startsWith('__Secure-') && !secure) return { gone };
  return { cookie, gone };
}

// §5.1.4
function defaultPath(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

function pathMatches(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return cookiePath.endsWith('/') || ['', '/'].includes(path.charAt(cookiePath.length));
}
