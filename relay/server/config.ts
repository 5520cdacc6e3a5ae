// The relay's settings: relay.yml, with ${NAME} filled in from the environment, and the files it names. Promises a
// RelayConfig that is whole, or every fault at once with its line and how to mend it. The only place of the relay that
// reads the environment.

import { dirname, resolve } from 'node:path';
import type { JWK } from 'jose';
import { readSettingFile } from '../setting-files.ts';
import { describeFault, readSettings } from '../settings.ts';
import type { Limits } from './limits.ts';
import { relaySettings } from './settings.ts';
import type { NamespaceRules } from './targets.ts';

export interface RelayConfig {
  readonly name: string;
  /** The relay's https origin: the audience of grants, and what proofs have to name. */
  readonly url: string;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** PEM texts. */
    readonly tls: { readonly cert: string; readonly key: string };
  };
  /** Where the operator reads metrics and readiness; undefined for nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  readonly dataFolder: string;
  readonly bot: {
    /** The bot's https origin: the issuer of grants. */
    readonly url: string;
    readonly controlKey: JWK;
    readonly caPem?: string;
  };
  readonly namespaces: ReadonlyMap<string, NamespaceRules>;
  readonly limits: Limits;
}

export type RelayConfigReading =
  | { readonly kind: 'valid'; readonly config: RelayConfig }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/**
 * Reads the file, `relay.yml` of the working directory when none is named. Never throws for a fault of the operator's.
 */
export function readRelayConfig(
  configPath = 'relay.yml',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): RelayConfigReading {
  const path = resolve(configPath);
  const file = readSettingFile(path, { isSecret: false });
  if (file.kind === 'fault') {
    return { kind: 'invalid', faults: [`${file.message} Name the settings with --config.`] };
  }
  const folder = dirname(path);
  const schema = relaySettings((name, kind) => readSettingFile(resolve(folder, name), kind));
  const reading = readSettings({ text: file.text, variables: environment }, schema);
  if (reading.kind === 'invalid') {
    return { kind: 'invalid', faults: reading.faults.map((fault) => describeFault(path, fault)) };
  }
  const { name, url, listen, metrics, data, bot, namespaces, limits } = reading.value;
  const config: RelayConfig = {
    name,
    url,
    listen,
    ...(metrics && { metrics }),
    dataFolder: resolve(folder, data),
    bot: {
      url: bot.url,
      controlKey: bot['control-key'],
      ...(bot.ca !== undefined && { caPem: bot.ca }),
    },
    namespaces: new Map(Object.entries(namespaces)),
    limits,
  };
  return { kind: 'valid', config };
}
