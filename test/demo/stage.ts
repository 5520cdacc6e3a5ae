// The stage: everything the story stands on, each part a process of its own that speaks over real
// sockets, with TLS. Settings are the product's own; nothing in the product knows that this is a demo.
// When it is closed nothing runs and nothing is left on the disk, also when we are killed.
import { writeFile } from 'node:fs/promises';
import { createTemporaryFolder, type TemporaryFolder } from '../support/folders.ts';
import type { ProviderSettings } from '../support/identity-provider.ts';
import { startPostgres, type Postgres } from '../support/postgres.ts';
import { startProcess, type RunningProcess } from '../support/processes.ts';
import { cast } from './cast.ts';
import { connectCommand, trustHost, unpackClient } from './client.ts';
import { startGitHub, type GitHub } from './github.ts';
import { prepareGround, type Ground } from './ground.ts';
import { oidcClient, settingsFor } from './environment.ts';
import { makeBotKeys, makeRelayKey, startBot, startRelay, type Change } from './programs.ts';
import { accessRepository, home, makeSeed } from './seed.ts';

export interface Stage extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly caFile: string;
  readonly github: GitHub;
  readonly postgres: Postgres;
  readonly botUrl: string;
  readonly issuer: string;
  readonly bot: RunningProcess;
  readonly relay: RunningProcess;
  /** How a pasted line has to begin to run here. */
  readonly connectCommand: string;
  /** Where each program's output is kept, one file a program. */
  readonly logs: string;
}

export interface StageSettings {
  /** How the line on the card begins, when it is not to run as it stands. */
  readonly connectCommand?: string;
  /** What is made of the bot's settings. */
  readonly botSettings?: Change;
}

/** Brings everything up; rejects, with everything ended again, when a part does not start. */
export async function openStage(settings: StageSettings = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await createTemporaryFolder('demo'));
  const ground = await prepareGround(folder);
  const { urls } = ground;

  const starts = [
    startPostgres().then((postgres) => opened.use(postgres)),
    startProvider(ground).then((provider) => opened.use(provider)),
    raiseGitHub(ground).then((github) => opened.use(github)),
    unpackClient(folder),
    makeBotKeys(folder.at('bot')),
    makeRelayKey(folder.at('relay')),
  ] as const;
  await Promise.allSettled(starts); // what did start has to be ended, also when another part did not
  const [postgres, , github, client, controlKey, relayKey] = await Promise.all(starts);

  const trust = await trustHost(folder, urls.bot, ground.authority.caPem);
  const runsHere = connectCommand(trust, client);
  const env = await settingsFor(ground, {
    github,
    controlKey,
    relayKey,
    database: `${postgres.host}:${postgres.port}`,
    connect: settings.connectCommand ?? runsHere,
  });
  const bot = opened.use(await startBot(env, ground, settings.botSettings));
  const relay = opened.use(await startRelay(env, ground));

  const ended = opened.move();
  return {
    folder,
    caFile: ground.caFile,
    github,
    postgres,
    botUrl: urls.bot,
    issuer: urls.provider,
    bot,
    relay,
    connectCommand: runsHere,
    logs: folder.at('logs'),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

async function startProvider(ground: Ground): Promise<RunningProcess> {
  const settings: ProviderSettings = {
    people: cast.map(({ login, name, subject }) => ({ login, name, subject })),
    clients: [
      {
        clientId: oidcClient.id,
        clientSecret: oidcClient.secret,
        redirectUris: [`${ground.urls.bot}/claim/callback`],
      },
    ],
    asksEveryTime: true,
  };
  const people = ground.folder.at('people.json');
  await writeFile(people, JSON.stringify(settings), { mode: 0o600 });
  const words = `--port=${ground.ports.provider} --tls-cert=${ground.certFile} --tls-key=${ground.keyFile}`;
  const provider = await startProcess({
    name: 'the identity provider',
    command: process.execPath,
    args: [
      `${home}test/support/identity-provider-main.ts`,
      ...words.split(' '),
      `--people=${people}`,
    ],
    onLine: ground.logTo('identity-provider'),
  });
  await provider.line((text) => (text.startsWith('{"ready":true') ? text : undefined));
  return provider;
}

async function raiseGitHub(ground: Ground): Promise<GitHub> {
  const seed = await makeSeed({
    webhookUrl: `${ground.urls.bot}/github/webhooks`,
    callbackUrl: `${ground.urls.bot}/claim/callback`,
  });
  const seedFile = ground.folder.at('seed.json');
  await writeFile(seedFile, JSON.stringify(seed), { mode: 0o600 });
  return startGitHub({
    seedFile,
    port: ground.ports.github,
    certFile: ground.certFile,
    keyFile: ground.keyFile,
    caFile: ground.caFile,
    repository: accessRepository,
    onLine: ground.logTo('github'),
  });
}
