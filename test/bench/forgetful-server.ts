// The peer of the webhook edge: it reads a delivery, checks its signature, answers, and keeps nothing. What the bot takes
// longer is what it costs that nothing is lost.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { appSlug } from '../demo/seed.ts';
import type { LonelyBot } from '../e2e/lonely-bot.ts';

export interface ForgetfulServer extends AsyncDisposable {
  readonly origin: string;
}

export async function startForgetfulServer({ github, tls }: LonelyBot): Promise<ForgetfulServer> {
  const secret = github.seeded.apps[appSlug]?.webhookSecret ?? '';
  const server = createServer(tls, async (request, response) => {
    const body = await buffer(request);
    const mac = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
    const given = Buffer.from(String(request.headers['x-hub-signature-256']));
    const isSigned = given.length === mac.length && timingSafeEqual(given, mac);
    response.writeHead(isSigned ? 202 : 401).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
