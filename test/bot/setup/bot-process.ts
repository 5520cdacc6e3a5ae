// The bot as `npm start` runs it, a process of its own with a settings file that names no App, and the GitHub and the
// browsers around it.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startLocalGitHub, type LocalGitHub } from '../../github/server.ts';
import { createBrowser, type Browser } from '../../support/browser.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';
import { reservePort } from '../../support/ports.ts';
import { startProcess, type RunningProcess } from '../../support/processes.ts';
import { seedWithoutApp } from './setup-bot.ts';

export interface Place extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly folder: TemporaryFolder;
  readonly origin: string;
  browser(): Browser;
  /** `npm start`, without npm. */
  start(): Promise<RunningProcess>;
}

const program = fileURLToPath(new URL('../../../bot/cli/sallyportd.ts', import.meta.url));

export async function preparePlace(): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('no-app'));
  const authority = await createAuthority();
  const { cert, key } = await authority.issue(['127.0.0.1', 'localhost']);
  const github = stack.use(
    await startLocalGitHub({
      seed: seedWithoutApp(),
      tls: { cert, key },
      ca: authority.caPem,
    }),
  );
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  const secret = { mode: 0o600 };
  await writeFile(folder.at('ca.pem'), authority.caPem);
  await writeFile(folder.at('cert.pem'), cert);
  await writeFile(folder.at('key.pem'), key, secret);
  await writeFile(folder.at('oidc'), 'hush', secret);
  await writeFile(folder.at('bot.yml'), settings({ origin, port, apiUrl: github.apiUrl }));
  const env = { SALLYPORT_CONFIG: folder.at('bot.yml') };
  const opened = stack.move();
  return {
    github,
    folder,
    origin,
    browser: () => createBrowser({ ca: authority.caPem }),
    start: () =>
      startProcess({ name: 'the bot', command: process.execPath, args: [program, 'bot'], env }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function settings({ origin, port, apiUrl }: { origin: string; port: number; apiUrl: string }) {
  return `url: ${origin}
listen: { host: 127.0.0.1, port: ${port}, tls: { cert: cert.pem, key: key.pem } }
data: data
ca: ca.pem
github: { api-url: '${apiUrl}' }
policy: { repository: acme/access }
catalog: { repositories: [acme/org, acme/payments-services] }
identity: { oidc: { issuer: 'https://id.acme.dev', client-id: sallyport, client-secret-file: oidc } }
relays: [{ name: eu-1, url: 'https://eu-1.acme.dev', key: ${'A'.repeat(43)} }]
`;
}

/** The address that it prints while it has no App. */
export function printedAddress(bot: RunningProcess): Promise<string> {
  return bot.line((text) => /^\s+(https:\S+\/setup\/\S+)$/.exec(text)?.[1], 60_000);
}

export function isReady(bot: RunningProcess): Promise<string> {
  return bot.line((text) => (text.includes('"msg":"ready"') ? text : undefined), 60_000);
}
