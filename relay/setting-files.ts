// Reads the files that settings name, for the bot and the relay alike: texts, certificates, secrets. Promises that
// whatever is wrong with one is a sentence that says how to mend it, that an empty file is never taken for a value, and
// that a secret which other users of the machine can reach is refused. It knows no setting by name.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

export type FileReading =
  | { readonly kind: 'read'; readonly text: string }
  /** A sentence that begins with the path. */
  | { readonly kind: 'fault'; readonly message: string };

/** Others may neither read nor change a secret. Its group may read it: that is how some systems hand secrets over. */
const secretMask = 0o027;

export function readSettingFile(path: string, { isSecret }: { isSecret: boolean }): FileReading {
  try {
    const { mode, size } = statFile(path);
    if (size === 0) return fault(`${path} is empty.`);
    // Windows keeps no such modes; there the folder's access list protects the file.
    const isOpen = process.platform !== 'win32' && (mode & secretMask) !== 0;
    if (!isSecret || !isOpen) return { kind: 'read', text: readFileSync(path, 'utf8') };
    const found = (mode & 0o777).toString(8);
    return fault(
      `${path} can be reached by other users (mode ${found}). Mend it with: chmod 600 ${path} — and replace the secret if somebody may have read it.`,
    );
  } catch (error) {
    return fault(`${path} ${whyUnreadable(error)}.`);
  }
}

/** What is wrong with a PEM certificate, as a sentence; undefined when nothing is. */
export function certificateFault(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).raw.length > 0 ? undefined : notACertificate;
  } catch {
    return notACertificate;
  }
}

/** What is wrong with a certificate chain and its key, both PEM, as a sentence; undefined when nothing is. */
export function pairFault(cert: string, key: string): string | undefined {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return undefined;
    return 'The certificate and the key do not belong together. Name the key that the certificate was made for.';
  } catch {
    return 'Expected a certificate chain and its unencrypted key, both as PEM.';
  }
}

const notACertificate = 'Expected a certificate in PEM form.';

function statFile(path: string): { mode: number; size: number } {
  const found = statSync(path);
  if (found.isFile()) return found;
  throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
}

/** Why a file could not be read, in words that follow its path. */
export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EISDIR') return 'is not a file';
  if (code === 'EACCES') return 'may not be read by this user';
  return `cannot be read (${code})`;
}

function fault(message: string): FileReading {
  return { kind: 'fault', message };
}
