// A throw-away certificate authority: every part of the demo and of the tests speaks real TLS with
// certificates from here, and trusts it through the settings that production has as well.
// Its key lives in memory only and signs for two days; nothing here is fit for anything else.
// oxlint-disable-next-line import/no-unassigned-import -- a polyfill, and it has to run before the next package
import './reflect.ts';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate followed by its private key (PKCS #8), both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** The authority's own certificate, PEM: what the other side has to trust. */
  readonly caPem: string;
  /** A server certificate for these DNS names and IP addresses (RFC 9525: only alternative names count). */
  issue(hosts: readonly string[]): Promise<ServerCertificate>;
}

/** From now on this process trusts what the authority signs, in everything that names no authority itself. */
export function trust({ caPem }: Authority): void {
  setDefaultCACertificates([...getCACertificates(), caPem]);
}

/** Makes a new authority with an ECDSA P-256 key that nothing else trusts. */
export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Sallyport throw-away authority',
    keys,
    ...validity(),
    extensions: [
      // RFC 5280 §4.2.1.9: an authority, and none below it.
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(hosts: readonly string[]): Promise<ServerCertificate> {
    const own = await generateKeys();
    const names = hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const);
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=Sallyport throw-away server',
      issuer: root.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      ...validity(),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([...names]),
        await AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    });
    return { cert: certificate.toString('pem'), key: await privatePem(own.privateKey) };
  }

  return { caPem: root.toString('pem'), issue };
}

const curve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
}

// From an hour ago, so that a clock set back a little does not refuse it; two days, so that a demo
// left open overnight still works in the morning.
function validity(): { notBefore: Date; notAfter: Date; signingAlgorithm: typeof curve } {
  const hourMs = 3_600_000;
  const now = Date.now();
  return {
    notBefore: new Date(now - hourMs),
    notAfter: new Date(now + 48 * hourMs),
    signingAlgorithm: curve,
  };
}

async function privatePem(key: CryptoKey): Promise<string> {
  const body = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
}
