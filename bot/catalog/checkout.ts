// The files of one repository at one moment, as the catalog wants them from whoever reads them: GitHub for the bot, a
// disk for a rehearsal. What is in the repository is told only when a Location stands in one of the first files.

import type { Home } from './destination.ts';

export interface FileText {
  /** From the top of the repository, without a slash at its beginning. */
  readonly path: string;
  /** The same revision is the same content. */
  readonly revision: string;
  readonly text: string;
}

/** A file that is there and is not read. */
export interface FileUnread {
  readonly path: string;
  readonly revision: string;
  /** Why not, and what to do. */
  readonly why: string;
}

export interface Checkout {
  /** The files that reading begins with. */
  readonly roots: readonly (FileText | FileUnread)[];
  /** Everything that is there, at one moment. */
  tree(): Promise<Tree>;
}

export interface Tree {
  /** The same revision is the same tree; null where that cannot be known. */
  readonly revision: string | null;
  /** What is at a path; undefined where nothing is. */
  at(path: string): Promise<TreeEntry | undefined>;
  /** The files below a folder by path, links and submodules left out; undefined where they are too many to be listed. */
  below(folder: string): Promise<ReadonlyMap<string, TreeEntry> | undefined>;
  /** Texts of files by path; one is missing where the file is not text. */
  read(files: ReadonlyMap<string, TreeEntry>): Promise<ReadonlyMap<string, string>>;
  /** What addresses lead here. */
  home(): Promise<Home>;
}

export interface TreeEntry {
  readonly kind: 'file' | 'folder' | 'link' | 'submodule';
  readonly revision: string;
  /** Of a file. */
  readonly bytes: number;
}
