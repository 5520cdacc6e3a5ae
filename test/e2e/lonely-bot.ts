// What a bot needs to run as a process of its own: a local GitHub, an identity provider, and a relay that only speaks the
// control channel. No service stands behind it. Its settings are the operator's template, without limits: what they limit
// is proved elsewhere, and here hundreds of stories are told in a few minutes.

import { readFile, writeFile } from 'node:fs/promises';
import { cast } from '../demo/cast.ts';
import { oidcClient, settingsFor } from '../demo/environment.ts';
import { prepareGround } from '../demo/ground.ts';
import { makeBotKeys, makeRelayKey, takeIn, withoutLimits } from '../demo/programs.ts';
import { home, makeSeed, type EditTemplate } from '../demo/seed.ts';
import { startLocalGitHub, type LocalGitHub } from '../github/server.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/folders.ts';
import { startIdentityProvider } from '../support/identity-provider.ts';
import { startProcess, type RunningProcess } from '../support/processes.ts';
import { callbackOf, type Claimant } from './claimant.ts';
import { startControlRelay, type ControlRelay } from './control-relay.ts';

export interface LonelyBot extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly folder: TemporaryFolder;
  /** The bot's https origin and who vouches for it: what everybody knows who pastes a line. */
  readonly place: Omit<Claimant, 'login'>;
  /** A certificate for this machine, by the same authority. */
  readonly tls: { readonly cert: string; readonly key: string };
  /**
   * Starts it, and resolves when it is ready; `preload` is a module that Node loads before it. Whoever starts it ends
   * it.
   */
  start(preload?: string): Promise<RunningProcess>;
  /** Connects the relay, for as long as this lives. */
  connectRelay(): Promise<ControlRelay>;
}

/** `edit` changes the policy and the people of the templates. */
export async function openLonelyBot(edit?: EditTemplate): Promise<LonelyBot> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await createTemporaryFolder('lonely'));
  const ground = await prepareGround(folder);
  const tls = await ground.authority.issue(['localhost', '127.0.0.1']);
  const place = { origin: ground.urls.bot, caPem: ground.authority.caPem };
  const callbackUrl = callbackOf(place.origin);
  const github = await startLocalGitHub({
    seed: await makeSeed({ webhookUrl: `${place.origin}/github/webhooks`, callbackUrl }, edit),
    tls,
    ca: place.caPem,
    requestsPerHour: 10_000_000,
  });
  opening.defer(() => github.close());
  const { id: clientId, secret: clientSecret } = oidcClient;
  const provider = await startIdentityProvider({
    people: cast,
    clients: [{ clientId, clientSecret, redirectUris: [callbackUrl] }],
    tls,
    port: ground.ports.provider,
  });
  opening.defer(() => provider.close());
  const controlKey = await makeBotKeys(folder.at('bot'));
  const relayKey = await makeRelayKey(folder.at('relay'));
  const connect = 'npx sallyport@0.1.0 connect';
  const known = { github, controlKey, relayKey, connect, database: '127.0.0.1:1' };
  const named = await settingsFor(ground, known);
  const env = {
    ...named,
    SALLYPORT_CONFIG: await writeSettings(folder, Object.keys(named)),
    // It may be started a hundred times; what it compiles is the same each time.
    NODE_COMPILE_CACHE: folder.at('compiled'),
  };
  const opened = opening.move();
  return {
    github,
    folder,
    place,
    tls,
    async start(preload) {
      const program = [`${home}bot/cli/sallyportd.ts`, 'bot'];
      const args = preload === undefined ? program : ['--import', preload, ...program];
      const running = await startProcess({ name: 'the bot', command: process.execPath, args, env });
      await running.line((text) => (text.includes('"msg":"ready"') ? text : undefined), 60_000);
      return running;
    },
    async connectRelay() {
      const bot = { url: place.origin, controlKey, caPem: place.caPem };
      const dataFolder = folder.at('relay');
      return opened.use(await startControlRelay({ dataFolder, url: ground.urls.relay, bot }));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function writeSettings(folder: TemporaryFolder, known: readonly string[]): Promise<string> {
  const settings = takeIn(await readFile(`${home}templates/bot.yml`, 'utf8'), known);
  const path = folder.at('bot.yml');
  await writeFile(path, withoutLimits(settings));
  return path;
}
