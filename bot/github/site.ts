// Where the website of a GitHub is whose API is known: people create and install Apps there. Needs no library of
// GitHub's, so that whoever reads the settings may ask.

/**
 * The website's origin: of github.com, of an enterprise with data residency (https://api.SUB.ghe.com), or of GitHub
 * Enterprise Server (https://HOST/api/v3). Undefined for any other address, such as a gateway's: guessing would send
 * the App's manifest, and the person with it, to a host that nobody named.
 */
export function siteOf(apiUrl: string): string | undefined {
  const { host, origin, pathname } = new URL(apiUrl);
  if (pathname === '/api/v3') return origin;
  if (pathname !== '/') return undefined;
  if (host === 'api.github.com') return 'https://github.com';
  const tenant = /^api\.([a-z0-9-]+\.ghe\.com)$/.exec(host)?.[1];
  return tenant === undefined ? undefined : `https://${tenant}`;
}
