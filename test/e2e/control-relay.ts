// A relay without a tunnel: the product's own control channel, spool and memory, and sessions that are only said to
// have happened. For what the bot makes of what relays report.

import { publicKeyOf } from '../../relay/jws.ts';
import { systemClock } from '../../relay/server/clock.ts';
import { openControl } from '../../relay/server/control.ts';
import { readRelayKey } from '../../relay/server/key.ts';
import { openMemory } from '../../relay/server/memory.ts';
import { openRelayMetrics } from '../../relay/server/metrics.ts';
import { openSpool } from '../../relay/server/spool.ts';
import { createStanding } from '../../relay/server/standing.ts';

export interface ControlRelay extends AsyncDisposable {
  /** Reports a session of this grant from its start to its end. */
  session(gid: string): Promise<void>;
}

export interface ControlRelayOptions {
  /** Where `sallyportd relay init` put the key. */
  readonly dataFolder: string;
  readonly url: string;
  readonly bot: { readonly url: string; readonly controlKey: string; readonly caPem: string };
}

export async function startControlRelay({
  dataFolder,
  url,
  bot,
}: ControlRelayOptions): Promise<ControlRelay> {
  const reading = await readRelayKey(dataFolder);
  const controlKey = publicKeyOf(bot.controlKey);
  if (reading.kind !== 'read' || !controlKey) throw new Error('the keys cannot be read');
  const now = (): Date => new Date();
  const quiet = (): void => undefined;
  const memory = await openMemory(dataFolder, quiet);
  const spool = await openSpool(dataFolder, now);
  const caughtUp = Promise.withResolvers<void>();
  const control = openControl({
    config: { name: 'eu-1', url, bot: { url: bot.url, controlKey, caPem: bot.caPem } },
    key: reading.key,
    version: '0.1.0',
    standing: createStanding({ clock: systemClock, maxLeaseSeconds: 30, revoked: [] }),
    memory,
    spool,
    log: { info: quiet, warn: quiet, alarm: quiet },
    metrics: openRelayMetrics(),
    now,
    cut: () => 0,
    cutBefore: () => 0,
    caughtUp: () => caughtUp.resolve(),
  });
  await caughtUp.promise;
  let sessions = 0;
  return {
    async session(gid) {
      sessions += 1;
      const session = `s${sessions}-${gid.slice(2, 12)}`;
      const run = 'r'.repeat(22);
      const jti = 'j'.repeat(22);
      await spool.append({
        type: 'session.start',
        session,
        gid,
        jti,
        sub: 'github:1',
        run,
        address: '10.0.0.7',
      });
      const figures = { bytesUp: 322, bytesDown: 1798, connections: 1 };
      await spool.append({ type: 'session.end', session, gid, reason: 'closed', ...figures });
    },
    async [Symbol.asyncDispose]() {
      control.close();
      await spool.close();
      await memory.flush();
    },
  };
}
