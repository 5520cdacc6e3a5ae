// What whoever leaves a key out of bot.yml or of the policy is told: that it is missing, in which block, where that
// begins, and what it takes. Each key of a whole file is left out once, with all that stands in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { policySchema } from '../bot/access/policy-schema.ts';
import { botSettings } from '../bot/settings.ts';
import { describeFault, readSettings } from '../relay/settings.ts';

const bot = `url: https://sallyport.acme.dev
data: data
listen:
  port: 8443
  tls:
    cert: cert.pem
    key: key.pem
policy:
  path: sallyport.yml
  repository: acme/access
catalog:
  path: catalog-info.yaml
  backstage:
    branch: main
    sign: true
    url: https://backstage.acme.dev
identity:
  oidc:
    issuer: https://id.acme.dev
    client-id: sallyport
    client-secret-file: secret
    acr-claim: acr
relays:
  - ca: ca.pem
    name: eu-1
    url: https://relay.acme.dev
    key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
`;

const policy = `version: 1
emailed-comments: refused
people:
  users: [acme/org]
  groups: [acme/org]
namespaces:
  payments:
    pending: 8h
    catalog: [acme/org]
    owners: [group:default/payments]
    relays: [eu-1]
    requesters: [group:default/engineering]
    approvers: [owner]
    hours: mon-fri 08:00-18:00 Europe/Berlin
    identity:
      oidc: { max-age: 15m }
    auto-approve:
      - { role: reader, max: 1h, who: owner }
    break-glass:
      review: 24h
      who: group:default/oncall
      max: 1h
    roles:
      reader:
        iam: ['arn:aws:iam::123456789012:role/reader']
        default: 1h
        max: 8h
        approvals: 1
`;

/** By the line that is left out, for every line without which the file is not whole. */
const files: readonly (readonly [string, z.ZodType, string, readonly string[]])[] = [
  [
    'bot.yml',
    botSettings,
    bot,
    [
      'url: https://sallyport.acme.dev → 1:1 url: The key url is missing at the top level. Expected an https address without a path, such as https://sallyport.acme.dev.',
      'data: data → 1:1 data: The key data is missing at the top level. Expected the path of a folder.',
      'cert: cert.pem → 5:3 listen.tls.cert: The key cert is missing in listen.tls. Expected the path of a file.',
      'key: key.pem → 5:3 listen.tls.key: The key key is missing in listen.tls. Expected the path of a file.',
      'policy: → 1:1 policy: The key policy is missing at the top level. Expected a mapping of repository, path.',
      'repository: acme/access → 8:1 policy.repository: The key repository is missing in policy. Expected a repository such as acme/access.',
      'catalog: → 1:1 catalog: The key catalog is missing at the top level. Expected a mapping of repositories, path, backstage.',
      'backstage: → 11:1 catalog: Expected at least one repository, or backstage.',
      'sign: true → 13:3 catalog.backstage: Expected either token-file or sign: true.',
      'url: https://backstage.acme.dev → 13:3 catalog.backstage.url: The key url is missing in catalog.backstage. Expected an https address; http on this machine alone.',
      'identity: → 1:1 identity: The key identity is missing at the top level. Expected a mapping of oidc.',
      'oidc: → 17:1 identity.oidc: The key oidc is missing in identity. Expected a mapping of issuer, client-id, client-secret-file, subject-claim, acr-claim.',
      'issuer: https://id.acme.dev → 18:3 identity.oidc.issuer: The key issuer is missing in identity.oidc. Expected an https address.',
      'client-id: sallyport → 18:3 identity.oidc.client-id: The key client-id is missing in identity.oidc. Expected a client id.',
      'client-secret-file: secret → 18:3 identity.oidc.client-secret-file: The key client-secret-file is missing in identity.oidc. Expected the path of a file.',
      'relays: → 1:1 relays: The key relays is missing at the top level. Expected a list of relays.',
      '- ca: ca.pem → 23:1 relays: Expected a list of relays.',
      'name: eu-1 → 24:5 relays[0].name: The key name is missing in relays[0]. Expected a name.',
      'url: https://relay.acme.dev → 24:5 relays[0].url: The key url is missing in relays[0]. Expected an https address without a path, such as https://relay.acme.dev.',
      'key: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA → 24:5 relays[0].key: The key key is missing in relays[0]. Expected the 43 characters that `sallyportd relay init` prints.',
    ],
  ],
  [
    'sallyport.yml',
    policySchema,
    policy,
    [
      'version: 1 → 1:1 version: The key version is missing at the top level. Expected 1, the version of this format.',
      'people: → 1:1 people: The key people is missing at the top level. Expected a mapping of users, groups.',
      'users: [acme/org] → 3:1 people.users: The key users is missing in people. Expected a list, such as [acme/org].',
      'groups: [acme/org] → 3:1 people.groups: The key groups is missing in people. Expected a list, such as [acme/org].',
      'namespaces: → 1:1 namespaces: The key namespaces is missing at the top level. Expected namespaces by name.',
      'payments: → 6:1 namespaces: Expected namespaces by name.',
      'catalog: [acme/org] → 7:3 namespaces.payments.catalog: The key catalog is missing in namespaces.payments. Expected a list, such as [acme/payments-services].',
      'owners: [group:default/payments] → 7:3 namespaces.payments.owners: The key owners is missing in namespaces.payments. Expected a list, such as [group:default/payments].',
      'relays: [eu-1] → 7:3 namespaces.payments.relays: The key relays is missing in namespaces.payments. Expected a list, such as [eu-1].',
      'requesters: [group:default/engineering] → 7:3 namespaces.payments.requesters: The key requesters is missing in namespaces.payments. Expected a list, such as [group:default/engineering].',
      'approvers: [owner] → 7:3 namespaces.payments.approvers: The key approvers is missing in namespaces.payments. Expected a list, such as [owner, group:default/dba].',
      'oidc: { max-age: 15m } → 15:5 namespaces.payments.identity: Expected oidc, or { oidc: { max-age: 15m, acr: [phr] } } with one of the two or both.',
      '- { role: reader, max: 1h, who: owner } → 17:5 namespaces.payments.auto-approve: Expected a list of who, role and max.',
      'who: group:default/oncall → 19:5 namespaces.payments.break-glass.who: The key who is missing in namespaces.payments.break-glass. Expected a full ref, or a list of them, such as group:default/oncall.',
      'max: 1h → 19:5 namespaces.payments.break-glass.max: The key max is missing in namespaces.payments.break-glass. Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
      'roles: → 7:3 namespaces.payments.roles: The key roles is missing in namespaces.payments. Expected roles by name.',
      'reader: → 23:5 namespaces.payments.roles: Expected roles by name.',
      'default: 1h → 24:7 namespaces.payments.roles.reader.default: The key default is missing in namespaces.payments.roles.reader. Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
      'max: 8h → 24:7 namespaces.payments.roles.reader.max: The key max is missing in namespaces.payments.roles.reader. Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
      'approvals: 1 → 24:7 namespaces.payments.roles.reader.approvals: The key approvals is missing in namespaces.payments.roles.reader. Expected a number from 1 to 10, or a list, such as [owner, group:default/dba].',
    ],
  ],
];

for (const [file, schema, text, expected] of files) {
  test(`a key that is left out of ${file} is told as missing, at its block, with what it takes`, () => {
    const lines = text.trimEnd().split('\n');
    assert.equal(readSettings({ text }, schema).kind, 'valid');
    const told = lines.flatMap((line, index) => {
      const reading = readSettings({ text: without(lines, index) }, schema);
      if (reading.kind === 'valid') return [];
      const faults = reading.faults.map((fault) => describeFault(file, fault));
      return `${line.trim()} → ${faults.join('\n').replace(`${file}:`, '')}`;
    });
    assert.deepEqual(told, expected);
  });
}

/** The lines but for one, and what stands in it. */
function without(lines: readonly string[], index: number): string {
  const depth = (line = '') => line.search(/\S/);
  const rest = lines.slice(index + 1);
  const after = rest.findIndex((line) => depth(line) <= depth(lines[index]));
  return [...lines.slice(0, index), ...rest.slice(after < 0 ? rest.length : after)].join('\n');
}
