// The shape of relay.yml: every setting with its default, its bounds and a sentence. config.ts reads the file by it,
// and the reference is written from it. Files that settings name are read by a function that is handed in, so that a
// file that cannot be used is a fault of its own line.

import { z } from 'zod';
import { publicKeyOf } from '../jws.ts';
import { httpsOrigin, mapping, port, wholeNumber, words } from '../setting-kinds.ts';
import { certificateFault, pairFault, type FileReading } from '../setting-files.ts';
import { mapLimits, settingName, limitTable, type Limits } from './limits.ts';
import {
  readAllowRule,
  readTarget,
  writeTarget,
  type AllowRule,
  type NamespaceRules,
} from './targets.ts';

/** Reads a file that a setting names. */
export type ReadFile = (path: string, kind: { isSecret: boolean }) => FileReading;

export function relaySettings(readFile: ReadFile) {
  return mapping({
    name: z
      .string({ error: 'Expected the name under which policy knows this relay.' })
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
        error: 'Expected a name of lower-case letters, digits and hyphens.',
      })
      .describe("The relay's name in the policy and in the bot's configuration."),
    url: httpsOrigin('https://relay.acme.dev').describe(
      'Where clients reach this relay: https, without a path. Proofs have to name it.',
    ),
    listen: mapping({
      host: words('an address to listen on')
        .default('0.0.0.0')
        .describe('The address to listen on.'),
      port: port.prefault(443).describe('The port to listen on; 0 takes a free one.'),
      tls: tlsSettings(readFile),
    }),
    metrics: mapping({
      host: words('an address to listen on')
        .default('127.0.0.1')
        .describe(
          'The address on which the operator reads /metrics, /healthz and /readyz: plain HTTP, without a password, so never one that strangers reach. Without `metrics` they are served nowhere; `metrics: {}` takes the defaults.',
        ),
      port: port.prefault(9465).describe('Its port; 0 takes a free one.'),
    }).optional(),
    data: words('the path of a folder').describe(
      "A folder that only the relay's user can read: its key, its events, its revocations.",
    ),
    bot: mapping({
      url: httpsOrigin('https://sallyport.acme.dev').describe(
        'The bot: https, without a path. Grants have to be issued by it.',
      ),
      'control-key': z
        .string({ error: 'Expected the key that `sallyportd keys control` prints.' })
        .transform((text, context) => {
          const key = publicKeyOf(text);
          if (key !== undefined) return key;
          context.addIssue('Expected the 43 characters that `sallyportd keys control` prints.');
          return z.NEVER;
        })
        .describe('The key that signs what the bot says; `sallyportd keys control` prints it.'),
      ca: pemFile(readFile, { isSecret: false })
        .superRefine(isCertificate)
        .optional()
        .describe("PEM file of the authority of the bot's certificate, where it is private."),
    }),
    namespaces: z
      .record(z.string(), namespaceSettings, {
        error: 'Expected the namespaces this relay serves.',
      })
      .refine((namespaces) => Object.keys(namespaces).length > 0, {
        error: 'Expected at least one namespace.',
      })
      .describe('The namespaces this relay serves. A grant of any other is refused.'),
    limits: limitSettings().describe('See the table of limits.'),
  });
}

function pemFile(readFile: ReadFile, kind: { isSecret: boolean }) {
  return words('the path of a PEM file').transform((path, context) => {
    const reading = readFile(path, kind);
    if (reading.kind === 'read') return reading.text;
    context.addIssue(reading.message);
    return z.NEVER;
  });
}

function isCertificate(pem: string, context: z.RefinementCtx): void {
  const fault = certificateFault(pem);
  if (fault !== undefined) context.addIssue(fault);
}

function tlsSettings(readFile: ReadFile) {
  return mapping({
    cert: pemFile(readFile, { isSecret: false }).describe('PEM file of the certificate chain.'),
    key: pemFile(readFile, { isSecret: true }).describe('PEM file of its key.'),
  }).superRefine(({ cert, key }, context) => {
    const fault = pairFault(cert, key);
    if (fault !== undefined) context.addIssue(fault);
  });
}

const targetText = z
  .string({ error: 'Expected host:port.' })
  .refine((text) => readTarget(text) !== undefined, {
    error: 'Expected host:port, such as payments-db.internal:5432 or [fd00::5]:5432.',
  });

const namespaceSettings = mapping({
  allow: z
    .array(
      z.string({ error: 'Expected host:port or range:port.' }).transform((text, context) => {
        const rule = readAllowRule(text);
        if (rule !== undefined) return rule;
        context.addIssue(
          'Expected host:port or range:port, such as db.internal:5432, 10.20.0.0/16:5432 or [fd00::/8]:5432.',
        );
        return z.NEVER;
      }),
      { error: 'Expected a list of host:port.' },
    )
    .default([])
    .describe('What this relay may dial for the namespace: hosts, ranges of addresses, ports.'),
  dial: z
    .record(targetText, targetText, { error: 'Expected target: address.' })
    .default({})
    .describe(
      'For a target, the address to dial as it stands: the only way a loopback or link-local address is dialled.',
    ),
}).transform(rulesOf);

function rulesOf({
  allow,
  dial,
}: {
  readonly allow: readonly AllowRule[];
  readonly dial: Readonly<Record<string, string>>;
}): NamespaceRules {
  const literal = Object.entries(dial).flatMap(([name, address]) => {
    const [from, to] = [readTarget(name), readTarget(address)];
    return from && to ? [[writeTarget(from), to] as const] : [];
  });
  return { allow, dial: new Map(literal) };
}

function limitSettings() {
  const shape = Object.entries(limitTable).map(
    ([name, { default: preset, least, most, sentence }]) => {
      return [
        settingName(name),
        wholeNumber(least, most).prefault(preset).describe(sentence),
      ] as const;
    },
  );
  return mapping(Object.fromEntries(shape))
    .prefault({})
    .transform((given): Limits =>
      mapLimits((row, name) => given[settingName(name)] ?? row.default),
    );
}
