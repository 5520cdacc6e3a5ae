// The company's bot once more, over TLS, and beside it a relay without a tunnel that it knows.

import tls from 'node:tls';
import { makeBotKeys, makeRelayKey } from '../../demo/programs.ts';
import { startControlRelay } from '../../e2e/control-relay.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { reservePort } from '../../support/ports.ts';
import type { Company } from '../company.ts';

export async function withRelay(company: Company) {
  const folder = await createTemporaryFolder('trail');
  const authority = await createAuthority();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.caPem]);
  const port = await reservePort();
  const origin = `https://127.0.0.1:${port}`;
  const url = 'https://eu-1.acme.dev';
  const publicKey = await makeRelayKey(folder.path);
  const controlKey = await makeBotKeys(company.dataFolder);
  const listen = { host: '127.0.0.1', port, tls: await authority.issue(['127.0.0.1']) };
  await company.stopBot();
  await company.startBot({ origin, listen, relays: [{ name: 'eu-1', url, publicKey }] });
  company.github.setWebhookUrl('sallyport', `${origin}/github/webhooks`);
  const bot = { url: origin, controlKey, caPem: authority.caPem };
  const relay = await startControlRelay({ dataFolder: folder.path, url, bot });
  return {
    session: relay.session,
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}
