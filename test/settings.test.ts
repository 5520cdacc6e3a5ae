// What whoever writes a settings file is told: over all settings of bot.yml, relay.yml and sallyport.yml, as the reference
// lists them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { reference } from '../.ci/write-reference.ts';
import { policySchema } from '../bot/access/policy-schema.ts';
import { botSettings } from '../bot/settings.ts';
import { relaySettings } from '../relay/server/settings.ts';
import { describeFault, readSettings } from '../relay/settings.ts';
import { createAuthority } from './support/certificates.ts';

const { cert, key } = await (await createAuthority()).issue(['localhost']);
const address = 'https://sallyport.acme.dev';
const pin = 'A'.repeat(43);
const tls = { cert: 'cert.pem', key: 'key.pem' };
const oidc = { issuer: address, 'client-id': 'sallyport', 'client-secret-file': 'secret' };
const role = { default: '1h', max: '8h', approvals: 1 };
const namespace = {
  catalog: ['acme/org'],
  owners: ['group:default/payments'],
  relays: ['eu-1'],
  requesters: ['group:default/engineering'],
  approvers: ['owner'],
  'break-glass': { who: 'group:default/oncall', max: '1h' },
  roles: { reader: role },
};

/** Each file with its schema and the least that is whole, but for what is optional and has settings inside. */
const files: Readonly<Record<string, { schema: z.ZodType; whole: object }>> = {
  'bot.yml': {
    schema: botSettings,
    whole: {
      url: address,
      listen: { tls },
      data: 'data',
      policy: { repository: 'acme/access' },
      catalog: { repositories: ['acme/org'] },
      identity: { oidc },
      relays: [{ name: 'eu-1', url: address, key: pin }],
    },
  },
  'relay.yml': {
    schema: relaySettings((path) => ({ kind: 'read', text: path === tls.key ? key : cert })),
    whole: {
      name: 'eu-1',
      url: address,
      listen: { tls },
      data: 'data',
      bot: { url: address, 'control-key': pin },
      namespaces: { payments: { dial: { 'db.internal:5432': '127.0.0.1:5432' } } },
    },
  },
  'sallyport.yml': {
    schema: policySchema,
    whole: {
      version: 1,
      people: { users: ['acme/org'], groups: ['acme/org'] },
      namespaces: { payments: namespace },
    },
  },
};

for (const [file, { schema, whole }] of Object.entries(files)) {
  test(`whatever stands in place of a setting of ${file}, its fault says in our words what was expected`, () => {
    assert.deepEqual(faultsOf(schema, whole), []);
    const settings = settingsOf(file, whole);
    assert.ok(settings.length > 20, `${settings.length} settings`);
    for (const setting of settings) {
      const faults = wrongValues.flatMap((value) =>
        faultsOf(schema, withValue(whole, setting, value)),
      );
      assert.ok(faults.length > 0, `${setting.join('.')} takes anything`);
      for (const fault of faults) {
        assert.match(fault, /: (Expected|The key|There is no|Only oidc,|app-id and) [^]*\.$/);
        assert.doesNotMatch(
          fault,
          /invalid|received|undefined|too (small|big)|unrecognized/i,
          fault,
        );
      }
    }
  });
}

test('a number that was left blank, or says yes, is a fault and not 0 or 1', () => {
  for (const text of ['', ' yes', ' true', ' []', ' "1e3"', ' -1']) {
    const { schema } = files['bot.yml'] ?? assert.fail();
    const reading = readSettings({ text: `listen:\n  port:${text}\n` }, schema);
    assert.ok(reading.kind === 'invalid');
    assert.ok(
      reading.faults.some(({ path }) => path === 'listen.port'),
      text,
    );
  }
});

const wrongValues = [undefined, null, true, 17.5, '', 'ä b', [], [17], ['ä b'], {}, { 'ä b': 17 }];

type Setting = readonly (string | number)[];

/** Every setting of the reference, and every mapping and list that settings stand in, as a way through `whole`. */
function settingsOf(file: string, whole: object): Setting[] {
  const section = reference().split(`## ${file}\n`)[1]?.split('\n## ')[0] ?? '';
  const ways = [...section.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, name = '']) => {
    const way = name
      .split('.')
      .flatMap((step) => (step.endsWith('[]') ? [step.slice(0, -2), 0] : [step]));
    return way.map((_, index) => named(way.slice(0, index + 1), whole));
  });
  return [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()];
}

/** With the first name that is there for each `<name>`. */
function named(way: Setting, whole: object): Setting {
  let at: unknown = whole;
  return way.map((step) => {
    const name = step === '<name>' ? (Object.keys(at as object)[0] ?? '') : step;
    at = (at as Record<string, unknown> | undefined)?.[name];
    return name;
  });
}

function withValue(whole: object, way: Setting, value: unknown): unknown {
  const copy = structuredClone(whole);
  let at = copy as Record<string | number, object>;
  for (const step of way.slice(0, -1)) at = (at[step] ??= {}) as typeof at;
  Object.assign(at, { [way.at(-1) ?? '']: value });
  return copy;
}

function faultsOf(schema: z.ZodType, content: unknown): string[] {
  const reading = readSettings({ text: stringify(content) }, schema);
  if (reading.kind === 'valid') return [];
  return reading.faults.map((fault) => describeFault('file', fault));
}
