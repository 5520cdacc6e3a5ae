// A relay in this process between a scripted bot and a real service, everything over real TLS and TCP on free ports.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { Clock } from '../../../relay/server/clock.ts';
import type { RelayConfig } from '../../../relay/server/config.ts';
import { makeRelayKey, readRelayKey, type RelayKey } from '../../../relay/server/key.ts';
import { defaultLimits, type Limits } from '../../../relay/server/limits.ts';
import type { Log } from '../../../relay/server/log.ts';
import { startRelay, type Relay } from '../../../relay/server/relay.ts';
import type { NamespaceRules } from '../../../relay/server/targets.ts';
import type { GrantClaims } from '../../../relay/grant.ts';
import { generateSessionKey, type SessionKey } from '../../../relay/proof.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { within } from '../../support/within.ts';
import { grantClaims, grantToken } from '../signing.ts';
import { startScriptedBot, type ScriptedBot } from './scripted-bot.ts';
import { startService, type Service } from './service.ts';
import { enter, knock, type Answer, type Knock, type Tunnel } from './tunnel-client.ts';
import { createWatch } from './watch.ts';

export const target = 'payments-db.internal:5432';
export const relayUrl = 'https://relay.acme.test';
const authority = await createAuthority();

export interface LogLine {
  readonly level: 'info' | 'warn' | 'alarm';
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Running extends AsyncDisposable {
  readonly relay: Relay;
  readonly log: LogLine[];
  /** The first line, past or coming, with this message, and for this reason when one is given. */
  logged(message: string, why?: RegExp): Promise<LogLine>;
}

export interface World extends Running {
  readonly bot: ScriptedBot;
  readonly service: Service;
  readonly key: SessionKey;
  readonly config: RelayConfig;
  /** Another relay on the same folder, after this one was closed. */
  restart(changes?: Partial<RelayConfig>): Promise<Running>;
  /** A token for this world's key, service and relay. */
  token(changes?: Partial<GrantClaims>): Promise<string>;
  /** Everything a client needs; changes win. */
  request(changes?: Partial<Knock>): Promise<Knock>;
  knock(changes?: Partial<Knock>): Promise<Answer>;
  enter(changes?: Partial<Knock>): Promise<Tunnel>;
}

export interface WorldOptions {
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly service?: Parameters<typeof startService>[0];
  readonly rules?: (service: Service) => NamespaceRules;
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** False: the bot does not answer at first. */
  readonly isBotThere?: boolean;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('relay'));
  const service = stack.use(await startService(options.service));
  await makeRelayKey(folder.path);
  const reading = await readRelayKey(folder.path);
  if (reading.kind !== 'read') throw new Error('no key');
  const bot = stack.use(await startScriptedBot(authority, { name: 'eu-1', pin: reading.key.pin }));
  bot.manners.answers = options.isBotThere ?? true;
  const config: RelayConfig = {
    name: 'eu-1',
    url: relayUrl,
    listen: { host: '127.0.0.1', port: 0, tls: await authority.issue(['127.0.0.1']) },
    metrics: { host: '127.0.0.1', port: 0 },
    dataFolder: folder.path,
    bot: { url: bot.url, controlKey: bot.control.publicJwk, caPem: authority.caPem },
    namespaces: new Map([['payments', (options.rules ?? literalRules)(service)]]),
    limits: { ...defaultLimits, sweepMs: 20, dialMs: 3000, ...options.limits },
  };
  const run: World['restart'] = (changes) =>
    runRelay({ ...config, ...changes }, reading.key, options);
  const running = stack.use(await run());
  const { relay, log, logged } = running;
  if (bot.manners.answers) await logged('ready');

  const key = await generateSessionKey();
  const token: World['token'] = (changes) => {
    const claims = { iss: bot.url, aud: [relayUrl], target, cnf: { jkt: key.jkt }, ...changes };
    return grantToken(grantClaims(Date.now(), claims), bot.grants);
  };
  const request: World['request'] = async (changes) => ({
    port: relay.port,
    url: relayUrl,
    ca: authority.caPem,
    key,
    token: changes?.token ?? (await token()),
    ...changes,
  });
  return {
    bot,
    service,
    relay,
    key,
    config,
    log,
    logged,
    restart: run,
    token,
    request,
    knock: async (changes) => knock(await request(changes)),
    enter: async (changes) => enter(await request(changes)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function runRelay(
  config: RelayConfig,
  key: RelayKey,
  { clock, lookup }: Pick<WorldOptions, 'clock' | 'lookup'>,
): Promise<Running> {
  const log: LogLine[] = [];
  const watch = createWatch(log);
  const relay = await startRelay(config, {
    key,
    version: '0.0.0-test',
    log: logInto((line) => watch.add(line)),
    ...(clock && { clock }),
    ...(lookup && { lookup }),
  });
  return {
    relay,
    log,
    logged(message, why = /^/) {
      const fits = (line: LogLine): line is LogLine =>
        line.message === message && why.test(String(line.facts['why']));
      return within(`${message} ${why}`, watch.until(fits));
    },
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

/** Both clocks are the test's: each can be moved without the other. */
export function movableClock(): Clock & { wallMs: number; monotonicMs: number } {
  const moved = { wallMs: 0, monotonicMs: 0 };
  return Object.assign(moved, {
    wall: () => Date.now() + moved.wallMs,
    monotonic: () => performance.now() + moved.monotonicMs,
  });
}

/** The grant's target is a name that only relay.yml can make sense of. */
export function literalRules(service: Service): NamespaceRules {
  return { allow: [], dial: new Map([[target, { host: '127.0.0.1', port: service.port }]]) };
}

/** Status and text of a page that the relay shows to everybody. */
export async function readPage(world: World, path: string): Promise<[number, string]> {
  const request = get({
    host: '127.0.0.1',
    port: world.relay.port,
    path,
    rejectUnauthorized: false,
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode ?? 0, text];
}

function logInto(add: (line: LogLine) => void): Log {
  const at = (level: LogLine['level']) => (facts: object, message: string) =>
    add({ level, message, facts: { ...facts } });
  return { info: at('info'), warn: at('warn'), alarm: at('alarm') };
}
