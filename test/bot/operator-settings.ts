// What an operator has before the first start: the template of bot.yml with its blanks filled, and the files that it
// names, in a folder that is gone when the test file is over.

import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { readConfig } from '../../bot/config.ts';
import { takeIn } from '../demo/programs.ts';
import { createAuthority } from '../support/certificates.ts';
import { template } from './company.ts';

export const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
after(() => rmSync(folder, { recursive: true }));

export const file = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return join(folder, name);
};
const authority = await createAuthority();
export const { cert, key } = await authority.issue(['localhost']);
export const other = await authority.issue(['localhost']);
export const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** What an operator sets who fills in the template's required lines and no other. */
export const least = {
  SALLYPORT_URL: 'https://sallyport.acme.dev',
  SALLYPORT_TLS_CERT: file('cert.pem', cert),
  SALLYPORT_TLS_KEY: file('key.pem', key),
  SALLYPORT_DATA: join(folder, 'data'),
  OIDC_ISSUER: 'https://id.acme.dev',
  OIDC_CLIENT_ID: 'sallyport',
  OIDC_CLIENT_SECRET_FILE: file('oidc', 'hush\n'),
  RELAY_URL: 'https://eu-1.acme.dev',
  RELAY_KEY: 'A'.repeat(43),
};
const optional = {
  SALLYPORT_PORT: '9443',
  SALLYPORT_CA: file('ca.pem', authority.caPem),
  SALLYPORT_CONNECT_COMMAND: 'npx sallyport@0.1.0 connect',
  GITHUB_API_URL: 'https://api.github.com',
};
const app = {
  GITHUB_APP_ID: '17',
  GITHUB_PRIVATE_KEY_FILE: file('app.pem', privateKey),
  GITHUB_WEBHOOK_SECRET_FILE: file('secret', `${'s'.repeat(32)}\n`),
};

export const withoutApp = takeIn(template('bot.yml'), Object.keys(optional));
export const withApp = takeIn(withoutApp, Object.keys(app));
export const environment = {
  ...least,
  ...optional,
  ...app,
  SALLYPORT_CONFIG: file('bot.yml', withApp),
};

export const faultsWith = (changes: Record<string, string | undefined>): readonly string[] => {
  const reading = readConfig({ version: '0.1.0', environment: { ...environment, ...changes } });
  return reading.kind === 'invalid' ? reading.faults : [];
};
