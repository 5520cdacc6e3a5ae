// Files as git keeps them: blobs, trees and commits with the very hashes git would give them,
// so that a sha in an answer means what it says. A commit here carries its files in full;
// there is no packing, no merge and no history rewriting.
import { createHash } from 'node:crypto';

/** What git notes of an entry: a file, a symbolic link with its target for content, a submodule. */
type Mode = '100644' | '120000' | '160000';

export interface Blob {
  /** Of a submodule the commit that it stands at, in another repository. */
  readonly sha: string;
  readonly bytes: Buffer;
  readonly mode: Mode;
}

export interface Tree {
  readonly sha: string;
  /** In git's order. */
  readonly entries: readonly TreeEntry[];
}

export type TreeEntry =
  | { readonly kind: 'file'; readonly name: string; readonly blob: Blob }
  | { readonly kind: 'folder'; readonly name: string; readonly tree: Tree };

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly at: Date;
}

export interface Commit {
  readonly sha: string;
  readonly tree: Tree;
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
  const tree = treeOf(files);
  const seconds = Math.floor(note.author.at.getTime() / 1000);
  const who = `${note.author.name} <${note.author.email}> ${seconds} +0000`;
  const lines = [
    `tree ${tree.sha}`,
    ...(parent ? [`parent ${parent.sha}`] : []),
    `author ${who}`,
    `committer ${who}`,
    '',
    note.message,
  ];
  const sha = objectSha('commit', Buffer.from(lines.join('\n')));
  return { sha, tree, parent: parent?.sha ?? null, files, ...note };
}

export function makeBlob(bytes: Buffer): Blob {
  return { sha: objectSha('blob', bytes), bytes, mode: '100644' };
}

export function makeLink(target: string): Blob {
  return { ...makeBlob(Buffer.from(target)), mode: '120000' };
}

export function makeSubmodule(commitSha: string): Blob {
  return { sha: commitSha, bytes: Buffer.alloc(0), mode: '160000' };
}

function treeOf(files: ReadonlyMap<string, Blob>): Tree {
  const entries: TreeEntry[] = [];
  const folders = new Map<string, Map<string, Blob>>();
  for (const [path, blob] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      entries.push({ kind: 'file', name: path, blob });
      continue;
    }
    const folder = folders.getOrInsertComputed(path.slice(0, slash), () => new Map<string, Blob>());
    folder.set(path.slice(slash + 1), blob);
  }
  for (const [name, inside] of folders) {
    entries.push({ kind: 'folder', name, tree: treeOf(inside) });
  }
  // git sorts a folder as though its name ended in a slash.
  const key = (entry: TreeEntry) => Buffer.from(entry.name + (entry.kind === 'folder' ? '/' : ''));
  const sorted = entries
    .map((entry) => ({ entry, key: key(entry) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
  const lines = sorted.map((entry) => {
    const { mode, sha } =
      entry.kind === 'file' ? entry.blob : { mode: '40000', sha: entry.tree.sha };
    return Buffer.concat([Buffer.from(`${mode} ${entry.name}\0`), Buffer.from(sha, 'hex')]);
  });
  return { sha: objectSha('tree', Buffer.concat(lines)), entries: sorted };
}

function objectSha(kind: 'blob' | 'tree' | 'commit', content: Buffer): string {
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex');
}
