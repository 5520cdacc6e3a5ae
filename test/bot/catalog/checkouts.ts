// A repository in memory, as the catalog is handed one: texts by path, and what is no file.

import type { Checkout, FileText, Tree, TreeEntry } from '../../../bot/catalog/checkout.ts';
import { digest } from '../../../bot/access/canonical.ts';

/** By path; `folder`, `link` and `submodule` stand for one. */
export type Files = Readonly<Record<string, string>>;

const others = ['folder', 'link', 'submodule'] as const;

export interface CheckoutOptions {
  /** Where reading begins; left out, with every file. */
  readonly roots?: readonly string[];
  /** As what the first files were read, where the tree is already of a later commit. */
  readonly earlier?: Files;
  /** Told of everything that is read of the tree. */
  readonly reads?: string[];
  readonly isListed?: (folder: string) => boolean;
  /** What the tree answers otherwise. */
  readonly tree?: Partial<Tree>;
}

const branch = 'main';

export function checkoutOf(
  repository: string,
  files: Files,
  { roots, earlier, reads = [], isListed = () => true, tree = {} }: CheckoutOptions = {},
): Checkout {
  const paths = Object.keys(files);
  return {
    roots: (roots ?? paths)
      .filter((path) => Object.hasOwn(files, path) && isText(files[path]))
      .map((path) => fileText(path, earlier?.[path] ?? files[path] ?? '')),
    async tree() {
      reads.push('tree');
      return {
        revision: digest(JSON.stringify([files, Object.keys(tree)])),
        async at(path) {
          if (Object.hasOwn(files, path)) return entryOf(files[path] ?? '');
          const isFolder = paths.some((each) => each.startsWith(`${path}/`));
          return isFolder ? entryOf('folder') : undefined;
        },
        async below(folder) {
          if (!isListed(folder)) return undefined;
          const start = folder === '' ? '' : `${folder}/`;
          const inside = paths.filter((each) => each.startsWith(start) && isText(files[each]));
          return new Map(inside.map((each) => [each, entryOf(files[each] ?? '')]));
        },
        async read(wanted) {
          reads.push(...wanted.keys());
          const texts = Array.from(wanted.keys(), (path) => [path, files[path] ?? ''] as const);
          return new Map(texts.filter(([, text]) => !text.includes('\0')));
        },
        home: async () => ({ repository, site: 'https://github.com', branch }),
        ...tree,
      };
    },
  };
}

function isText(value: string | undefined): boolean {
  return others.every((each) => each !== value);
}

function entryOf(value: string): TreeEntry {
  const kind = others.find((each) => each === value);
  if (kind) return { kind, revision: 'none', bytes: 0 };
  return { kind: 'file', revision: fileText('', value).revision, bytes: Buffer.byteLength(value) };
}

function fileText(path: string, text: string): FileText {
  return { path, text, revision: digest(text) };
}

/** A descriptor that points at these. */
export function location(...targets: readonly unknown[]): string {
  const spec = { targets };
  const head = { apiVersion: 'backstage.io/v1alpha1', kind: 'Location' };
  return JSON.stringify({ ...head, metadata: { name: 'more' }, spec }, null, 1);
}
