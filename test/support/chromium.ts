// A real browser, where this machine has one. It visits only what we have started ourselves, so it takes
// any certificate, and does without the sandbox, which root cannot have.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** The browser's program; undefined where there is none. */
export const chromiumPath: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** What to say where there is none. */
export const lacksChromium =
  'This needs a browser, and there is none here. On Debian: apt-get install chromium fonts-noto-color-emoji';

/** Starts it; rejects where there is none. */
export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(lacksChromium);
  const args = ['--no-sandbox', '--disable-gpu', '--ignore-certificate-errors'];
  return chromium.launch({ executablePath: chromiumPath, args });
}
