// Files as git keeps them: blobs, trees and commits with the very hashes git would give them,
// so that a sha in an answer means what it says. A commit here carries its files in full;
// there is no packing, no merge and no history rewriting.
import { createHash } from 'node:crypto';

export interface Blob {
  readonly sha: string;
  readonly bytes: Buffer;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly at: Date;
}

export interface Commit {
  readonly sha: string;
  readonly treeSha: string;
  readonly parent: string | null;
  readonly message: string;
  readonly author: Signature;
  /** Whose account the author's address belongs to. */
  readonly authorId: number | null;
  /** By path from the root, without a leading slash. */
  readonly files: ReadonlyMap<string, Blob>;
}

export function makeCommit(
  parent: Commit | null,
  files: ReadonlyMap<string, Blob>,
  note: { message: string; author: Signature; authorId: number | null },
): Commit {
  const treeSha = treeShaOf(files);
  const seconds = Math.floor(note.author.at.getTime() / 1000);
  const who = `${note.author.name} <${note.author.email}> ${seconds} +0000`;
  const lines = [
    `tree ${treeSha}`,
    ...(parent ? [`parent ${parent.sha}`] : []),
    `author ${who}`,
    `committer ${who}`,
    '',
    note.message,
  ];
  const sha = objectSha('commit', Buffer.from(lines.join('\n')));
  return { sha, treeSha, parent: parent?.sha ?? null, files, ...note };
}

export function makeBlob(bytes: Buffer): Blob {
  return { sha: objectSha('blob', bytes), bytes };
}

function treeShaOf(files: ReadonlyMap<string, Blob>): string {
  const here: { name: string; mode: string; sha: string }[] = [];
  const folders = new Map<string, Map<string, Blob>>();
  for (const [path, blob] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      here.push({ name: path, mode: '100644', sha: blob.sha });
      continue;
    }
    const folder = folders.getOrInsertComputed(path.slice(0, slash), () => new Map<string, Blob>());
    folder.set(path.slice(slash + 1), blob);
  }
  for (const [name, inside] of folders) here.push({ name, mode: '40000', sha: treeShaOf(inside) });
  // git sorts a folder as though its name ended in a slash.
  const key = (entry: { name: string; mode: string }): Buffer =>
    Buffer.from(entry.mode === '40000' ? `${entry.name}/` : entry.name);
  here.sort((a, b) => Buffer.compare(key(a), key(b)));
  const entries = here.map(({ name, mode, sha }) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, 'hex')]),
  );
  return objectSha('tree', Buffer.concat(entries));
}

function objectSha(kind: 'blob' | 'tree' | 'commit', content: Buffer): string {
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex');
}
