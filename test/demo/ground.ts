// What comes before any program: a certificate authority, addresses, empty folders, files for the logs.
import { appendFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createAuthority, type Authority } from '../support/certificates.ts';
import type { TemporaryFolder } from '../support/folders.ts';
import { reservePort } from '../support/ports.ts';
import type { Line } from '../support/processes.ts';

export interface Ground {
  readonly folder: TemporaryFolder;
  readonly authority: Authority;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ports: Record<Part, number>;
  readonly urls: Record<Part, string>;
  logTo(name: string): (line: Line) => void;
}

type Part = 'github' | 'provider' | 'bot' | 'relay';

/** Certificates, addresses and empty folders; this process trusts the authority from here on. */
export async function prepareGround(folder: TemporaryFolder): Promise<Ground> {
  for (const name of ['bot', 'relay', 'logs']) await mkdir(folder.at(name), { mode: 0o700 });
  const authority = await createAuthority();
  const { cert, key } = await authority.issue(['127.0.0.1', 'localhost']);
  const [caFile, certFile, keyFile] = [
    folder.at('ca.pem'),
    folder.at('cert.pem'),
    folder.at('key.pem'),
  ];
  await writeFile(caFile, authority.caPem);
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  setDefaultCACertificates([...getCACertificates(), authority.caPem]);

  // Addresses come first: each part's settings name those of the others.
  const ports = {
    github: await reservePort(),
    provider: await reservePort(),
    bot: await reservePort(),
    relay: await reservePort(),
  };
  const urls = {
    github: `https://localhost:${ports.github}`,
    provider: `https://127.0.0.1:${ports.provider}`,
    bot: `https://127.0.0.1:${ports.bot}`,
    relay: `https://127.0.0.1:${ports.relay}`,
  };
  const logTo = (name: string) => (line: Line) => {
    appendFileSync(folder.at('logs', `${name}.log`), `${line.text}\n`);
  };
  return { folder, authority, caFile, certFile, keyFile, ports, urls, logTo };
}
