import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../bot/config.ts';
import { keepCredentials } from '../../bot/setup/credentials.ts';
import { template } from './company.ts';
import {
  environment,
  faultsWith,
  file,
  folder,
  key,
  least,
  other,
  privateKey,
  withApp,
  withoutApp,
} from './operator-settings.ts';

test('whoever copies the template and fills in what it asks for has a whole configuration', () => {
  const SALLYPORT_CONFIG = file('least.yml', template('bot.yml'));
  const reading = readConfig({ version: '0.1.0', environment: { ...least, SALLYPORT_CONFIG } });
  assert.ok(reading.kind === 'no-app', JSON.stringify(reading));
  const { listen, caPem, connectCommand, github } = reading.config;
  assert.deepEqual(
    [listen.port, caPem, github.apiUrl],
    [8443, undefined, 'https://api.github.com'],
  );
  assert.equal(connectCommand, 'npx sallyport@0.1.0 connect');
});

test('the template is a whole configuration with its optional lines as well', () => {
  const reading = readConfig({ version: '0.1.0', environment });
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  assert.equal(reading.config.listen.port, 9443);
  // The newline of the file is no part of it.
  assert.deepEqual(reading.config.github.webhookSecrets, ['s'.repeat(32)]);
  assert.equal(reading.config.oidc.clientSecret, 'hush');
});

test('the webhook secret of before is read while it is named, and held to the same', () => {
  const named = withApp.replace(
    /^( *)webhook-secret-file:.*$/m,
    (line, indent) => `${line}\n${indent}previous-webhook-secret-file: \${PREVIOUS}`,
  );
  const read = (PREVIOUS: string) =>
    readConfig({
      version: '0.1.0',
      environment: { ...environment, PREVIOUS, SALLYPORT_CONFIG: file('rotating.yml', named) },
    });
  const reading = read(file('previous', 'p'.repeat(32)));
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  assert.deepEqual(reading.config.github.webhookSecrets, ['s'.repeat(32), 'p'.repeat(32)]);
  const refused = read(file('previous-short', 'p'));
  assert.ok(refused.kind === 'invalid');
  assert.match(refused.faults.join(), /github\.previous-webhook-secret-file: .* 32 or more/);
});

test('without an App the template is whole as well, and says that there is none', () => {
  const SALLYPORT_CONFIG = file('no-app.yml', withoutApp);
  const reading = readConfig({
    version: '0.1.0',
    environment: { ...environment, SALLYPORT_CONFIG },
  });
  assert.ok(reading.kind === 'no-app', JSON.stringify(reading));
  assert.deepEqual(reading.config.github, {
    apiUrl: 'https://api.github.com',
    site: 'https://github.com',
    limits: { writesPerMinute: 60, textsPerHour: 500, commandsPer10Minutes: 30 },
  });
});

test('credentials that the bot kept itself are read like named ones, and named ones come first', async () => {
  const SALLYPORT_CONFIG = file('kept.yml', withoutApp);
  const SALLYPORT_DATA = join(folder, 'kept');
  const webhookSecret = 'k'.repeat(40);
  assert.ok(await keepCredentials(SALLYPORT_DATA, { appId: 99, privateKey, webhookSecret }));
  const kept = readConfig({
    version: '0.1.0',
    environment: { ...environment, SALLYPORT_CONFIG, SALLYPORT_DATA },
  });
  assert.ok(kept.kind === 'valid', JSON.stringify(kept));
  assert.equal(kept.config.github.appId, 99);
  assert.equal(kept.config.github.privateKey, privateKey.trim());
  assert.deepEqual(kept.config.github.webhookSecrets, [webhookSecret]);
  const named = readConfig({ version: '0.1.0', environment: { ...environment, SALLYPORT_DATA } });
  assert.ok(named.kind === 'valid');
  assert.equal(named.config.github.appId, 17);
});

const partly = ['app-id', 'private-key-file', 'webhook-secret-file'];
for (const [index, name] of partly.entries()) {
  for (const [what, kept] of [
    [`an App of which only ${name} is named`, [name]],
    [`an App of which ${name} is not named`, partly.toSpliced(index, 1)],
  ] as const) {
    test(`${what} is a fault, and no reason to create another`, () => {
      const missing = partly.filter((one) => !kept.includes(one));
      const lines = new RegExp(`^ *(?:${missing.join('|')}):.*\\n`, 'gm');
      const SALLYPORT_CONFIG = file('partly.yml', withApp.replaceAll(lines, ''));
      const told = faultsWith({ SALLYPORT_CONFIG }).join();
      const are = missing.length === 1 ? 'is' : 'are';
      assert.match(told, new RegExp(`github: ${missing.join(' and ')} ${are} missing`));
    });
  }
}

test('a folder of credentials that others can enter, or that is none, is a fault', () => {
  const SALLYPORT_CONFIG = file('open.yml', withoutApp);
  const SALLYPORT_DATA = mkdtempSync(join(folder, 'data-'));
  mkdirSync(join(SALLYPORT_DATA, 'github-app'), { mode: 0o755 });
  const told = faultsWith({ SALLYPORT_CONFIG, SALLYPORT_DATA }).join();
  assert.match(told, /can be reached by other users \(mode 755\).*chmod 700/);
  rmSync(join(SALLYPORT_DATA, 'github-app'), { recursive: true });
  writeFileSync(join(SALLYPORT_DATA, 'github-app'), '');
  assert.match(faultsWith({ SALLYPORT_CONFIG, SALLYPORT_DATA }).join(), /is not a folder/);
});

for (const [what, name, text, expected] of [
  ['a number that is none', 'app-id', '12x', /this is not the App's number/],
  ['a key that is none', 'private-key.pem', 'no key', /this is not a private key/],
  ['a short secret', 'webhook-secret', 'short', /has 5 characters; 32 or more/],
] as const) {
  test(`kept credentials with ${what} are a fault that says how to go on`, async () => {
    const SALLYPORT_CONFIG = file('broken.yml', withoutApp);
    const SALLYPORT_DATA = mkdtempSync(join(folder, 'data-'));
    await keepCredentials(SALLYPORT_DATA, { appId: 9, privateKey, webhookSecret: 'k'.repeat(40) });
    writeFileSync(join(SALLYPORT_DATA, 'github-app', name), text);
    const told = faultsWith({ SALLYPORT_CONFIG, SALLYPORT_DATA }).join();
    assert.match(told, expected);
    assert.match(told, /move the folder away, and start again/);
  });
}

test('an API whose website is not known cannot be where an App is created, and any can be where one is', () => {
  const GITHUB_API_URL = 'https://gateway.acme.dev/github';
  const SALLYPORT_CONFIG = file('gateway.yml', withoutApp);
  const told = faultsWith({ SALLYPORT_CONFIG, GITHUB_API_URL }).join();
  assert.match(told, /github\.api-url: the website of this API is not known/);
  assert.deepEqual(faultsWith({ GITHUB_API_URL }), []);
});

const refusals: [string, Record<string, string | undefined>, RegExp][] = [
  [
    'a variable that is not set',
    { GITHUB_APP_ID: undefined },
    /bot\.yml:\d+:\d+ github\.app-id: .*GITHUB_APP_ID is not set/,
  ],
  [
    'a file that is not there',
    { GITHUB_PRIVATE_KEY_FILE: '/nowhere/app.pem' },
    /github\.private-key-file: \/nowhere\/app\.pem does not exist/,
  ],
  [
    'a key that is no key',
    { GITHUB_PRIVATE_KEY_FILE: environment.SALLYPORT_CA },
    /github\.private-key-file: this is not a private key/,
  ],
  [
    'a key of another kind',
    { GITHUB_PRIVATE_KEY_FILE: environment.SALLYPORT_TLS_KEY },
    /github\.private-key-file: this is not an RSA key/,
  ],
  [
    'a short webhook secret',
    { GITHUB_WEBHOOK_SECRET_FILE: file('short', 'development') },
    /has 11 characters; 32 or more are needed.*openssl rand/,
  ],
  [
    'an authority that is no certificate',
    { SALLYPORT_CA: environment.GITHUB_PRIVATE_KEY_FILE },
    /ca: Expected a certificate/,
  ],
  [
    'a webhook secret of no characters at all',
    { GITHUB_WEBHOOK_SECRET_FILE: file('empty', '') },
    /github\.webhook-secret-file: .*empty is empty/,
  ],
  [
    'a webhook secret of blanks',
    { GITHUB_WEBHOOK_SECRET_FILE: file('blanks', `${' '.repeat(40)}\n`) },
    /has 0 characters; 32 or more are needed/,
  ],
  [
    "a provider's secret that is blank",
    { OIDC_CLIENT_SECRET_FILE: file('blank', '\n') },
    /identity\.oidc\.client-secret-file: the secret is blank/,
  ],
  [
    'a certificate with the key of another one',
    { SALLYPORT_TLS_KEY: file('other-key.pem', other.key) },
    /listen\.tls: The certificate and the key do not belong together/,
  ],
  [
    "a relay's key that was cut while it was copied",
    { RELAY_KEY: 'A'.repeat(42) },
    /relays\[0\]\.key: Expected the 43 characters that `sallyportd relay init` prints/,
  ],
  ...(
    [
      ['SALLYPORT_TLS_KEY', key, 'listen.tls.key'],
      ['GITHUB_PRIVATE_KEY_FILE', privateKey, 'github.private-key-file'],
      ['GITHUB_WEBHOOK_SECRET_FILE', 's'.repeat(32), 'github.webhook-secret-file'],
      ['OIDC_CLIENT_SECRET_FILE', 'hush', 'identity.oidc.client-secret-file'],
    ] as const
  ).map(([name, text, setting]): [string, Record<string, string>, RegExp] => [
    `a secret that other users can read (${setting})`,
    { [name]: file(`open-${name}`, text, 0o644) },
    new RegExp(`${setting}: .* can be reached by other users \\(mode 644\\).*chmod 600`),
  ]),
  [
    'an address without TLS',
    { SALLYPORT_URL: 'http://sallyport.acme.dev' },
    /url: Expected an https address/,
  ],
  [
    'an address with a path',
    { SALLYPORT_URL: 'https://acme.dev/sallyport' },
    /url: Expected an https address without a path/,
  ],
  ['a port that is none', { SALLYPORT_PORT: 'https' }, /listen\.port: Expected a port/],
  [
    'a settings file that is not there',
    { SALLYPORT_CONFIG: '/nowhere/bot.yml' },
    /\/nowhere\/bot\.yml does not exist.*/,
  ],
];
for (const [what, changes, expected] of refusals) {
  test(`${what} is refused with how to mend it`, () => {
    assert.match(faultsWith(changes).join('\n'), expected);
  });
}

test('every fault is listed at once', () => {
  const faults = faultsWith({
    SALLYPORT_URL: undefined,
    SALLYPORT_PORT: 'x',
    RELAY_KEY: undefined,
  });
  assert.equal(faults.length, 3, faults.join('\n'));
  const secrets = faultsWith({
    GITHUB_PRIVATE_KEY_FILE: '/nowhere/a',
    GITHUB_WEBHOOK_SECRET_FILE: '/nowhere/b',
    OIDC_CLIENT_SECRET_FILE: '/nowhere/c',
  });
  assert.equal(secrets.length, 3, secrets.join('\n'));
});

test('a setting that does not exist is a fault, with its line', () => {
  const text = readFileSync(environment.SALLYPORT_CONFIG, 'utf8').replace('listen:', 'lisen:');
  const faults = faultsWith({ SALLYPORT_CONFIG: file('typo.yml', text) });
  assert.match(faults.join('\n'), /typo\.yml:6:1 lisen: There is no such setting/);
});

test('a secret that its group may read is taken: some systems hand secrets over like that', () => {
  assert.deepEqual(faultsWith({ OIDC_CLIENT_SECRET_FILE: file('group', 'hush', 0o640) }), []);
});

test('a relay that is named twice is a fault', () => {
  const text = readFileSync(environment.SALLYPORT_CONFIG, 'utf8');
  const again = text.replace(/( {2}- name: eu-1[\s\S]*?)(?=\n\S)/, '$1\n$1');
  const faults = faultsWith({ SALLYPORT_CONFIG: file('twice.yml', again) });
  assert.match(faults.join('\n'), /relays: Expected each relay to be named once/);
});

test('without TLS of its own the bot listens on loopback only', () => {
  const text = readFileSync(environment.SALLYPORT_CONFIG, 'utf8').replace(
    / {2}tls:[\s\S]*?(?=data:)/,
    '',
  );
  const faults = faultsWith({ SALLYPORT_CONFIG: file('plain.yml', text) });
  assert.match(faults.join('\n'), /listens on loopback only, not on 0\.0\.0\.0/);
});
