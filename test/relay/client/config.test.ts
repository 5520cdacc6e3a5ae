// The client's settings: where they are looked for, and what stops the program.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readConfig, type ClientConfig } from '../../../relay/client/config.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

function valid(environment: Record<string, string>, platform: NodeJS.Platform): ClientConfig {
  const reading = readConfig(environment, platform);
  return reading.kind === 'valid' ? reading.config : assert.fail(reading.faults.join('\n'));
}

const folders: readonly [string, NodeJS.Platform, Record<string, string>, string][] = [
  ['its own setting', 'linux', { SALLYPORT_CONFIG_DIR: '/c', HOME: '/h' }, '/c/hosts.json'],
  ['the XDG folder', 'linux', { XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/x/sallyport/hosts.json'],
  ['home', 'darwin', { HOME: '/h' }, '/h/.config/sallyport/hosts.json'],
  [
    'home, for a relative XDG',
    'linux',
    { XDG_CONFIG_HOME: 'x', HOME: '/h' },
    '/h/.config/sallyport/hosts.json',
  ],
  ['%APPDATA%', 'win32', { APPDATA: String.raw`C:\A` }, String.raw`C:\A\sallyport\hosts.json`],
];

for (const [name, platform, environment, file] of folders) {
  test(`the list of hosts is found through ${name} on ${platform}`, () => {
    assert.equal(valid(environment, platform).hostsFile, file);
  });
}

test('the verification of certificates can never be switched off', () => {
  const reading = readConfig({ HOME: '/h', NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'linux');
  assert.equal(reading.kind, 'invalid');
  assert.match(reading.kind === 'invalid' ? reading.faults.join() : '', /unset it/);
});

test('all faults are told at once', () => {
  const reading = readConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '0', SALLYPORT_CA: '/none' }, 'linux');
  assert.equal(reading.kind === 'invalid' && reading.faults.length, 3);
});

test('SALLYPORT_CA must hold a certificate', async (t) => {
  const folder = await createTemporaryFolder('config');
  t.after(() => folder.remove());
  await writeFile(folder.at('no.pem'), 'hello');
  const reading = readConfig({ HOME: '/h', SALLYPORT_CA: folder.at('no.pem') }, 'linux');
  assert.match(reading.kind === 'invalid' ? reading.faults.join() : '', /holds no PEM certificate/);
});

const browsers: readonly [
  string,
  NodeJS.Platform,
  Record<string, string>,
  readonly string[] | undefined,
][] = [
  [
    '$BROWSER is one program, spaces and all',
    'linux',
    { BROWSER: '/my apps/fox' },
    ['/my apps/fox'],
  ],
  ['macOS has open', 'darwin', {}, ['open']],
  ['Windows opens pages without cmd.exe', 'win32', {}, ['rundll32', 'url.dll,FileProtocolHandler']],
  ['Linux with a screen has xdg-open', 'linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['Linux without a screen has none', 'linux', {}, undefined],
];

for (const [name, platform, environment, browser] of browsers) {
  test(name, () => {
    const home = { HOME: '/h', APPDATA: String.raw`C:\A` };
    assert.deepEqual(valid({ ...home, ...environment }, platform).browser, browser);
  });
}

test('NO_COLOR and a dumb terminal are honoured', () => {
  assert.equal(valid({ HOME: '/h' }, 'linux').colour, true);
  assert.equal(valid({ HOME: '/h', NO_COLOR: '1' }, 'linux').colour, false);
  assert.equal(valid({ HOME: '/h', TERM: 'dumb' }, 'linux').colour, false);
});
