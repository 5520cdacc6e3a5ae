// A bot that is started again whenever it dies, the relay that stays connected to it, and people who paste their line
// again when it died under them.

import type { RunningProcess } from '../support/processes.ts';
import { within } from '../support/within.ts';
import { openBotLog } from './bot-log.ts';
import { claimGrant, confirmAt, type ClaimEnd } from './claimant.ts';
import { company, type Stage } from './crash-stories.ts';
import { openLonelyBot } from './lonely-bot.ts';

export interface RestartedBot extends AsyncDisposable {
  readonly stage: Stage;
  /** The bot of this moment; it changes with every kill. */
  current(): RunningProcess;
  /** Starts it again whenever it ends, until told to stop. */
  keepAlive(): KeptAlive;
}

interface KeptAlive {
  /** Rejects when it could not be started again. */
  readonly failed: Promise<never>;
  /** Resolves with the number of restarts. */
  stop(): Promise<number>;
}

/** `preload` is a module that Node loads before the bot. */
export async function startRestartedBot(preload: string): Promise<RestartedBot> {
  await using opening = new AsyncDisposableStack();
  const lonely = opening.use(await openLonelyBot(company));
  const start = (): Promise<RunningProcess> => lonely.start(preload);
  // Ends as it should once, since only then does Node keep what it compiled: the hundreds of starts after it are short.
  await (await start()).stop();
  let bot = await start();
  opening.defer(async () => void (await bot.kill()));
  let risen = Promise.withResolvers<void>();
  const log = opening.use(openBotLog(lonely.folder.at('bot', 'sallyport.db')));

  function keepAlive(): KeptAlive {
    const stopping = Promise.withResolvers<false>();
    let restarts = 0;
    const kept = (async () => {
      while (await Promise.race([bot.exited.then(() => true), stopping.promise])) {
        bot = await start();
        restarts += 1;
        risen.resolve();
        risen = Promise.withResolvers();
      }
    })();
    const failed = new Promise<never>((_resolve, reject) => {
      kept.catch(reject);
    });
    return {
      failed,
      async stop() {
        stopping.resolve(false);
        await kept;
        return restarts;
      },
    };
  }

  async function paste(login: string, grant: string): Promise<ClaimEnd> {
    for (;;) {
      const asked = bot;
      let hasDied = false;
      void asked.exited.then(() => (hasDied = true));
      const end = await claimGrant({ login, ...lonely.place }, grant);
      if (end.kind === 'token') return end;
      // A bot that was started in between refuses what it never heard of: that is no answer to this run.
      if (end.kind === 'refused' && !hasDied) return end;
      await within(`the bot lives, and the claim came to nothing: ${end.code}`, asked.exited);
      while (bot === asked) await risen.promise;
    }
  }

  async function confirm(login: string, link: string): Promise<void> {
    for (;;) {
      const asked = bot;
      const said = await confirmAt(link, { login, ...lonely.place });
      if (/Approved|confirmed already/.test(said)) return;
      await within(`the bot lives, and nothing was confirmed: ${said}`, asked.exited);
      while (bot === asked) await risen.promise;
    }
  }

  const relay = await lonely.connectRelay();
  const opened = opening.move();
  return {
    stage: { github: lonely.github, relay, log, paste, confirm },
    current: () => bot,
    keepAlive,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
