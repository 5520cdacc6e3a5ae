// Repositories with their past, and a catalog that is opened on them again and again, as by a bot that is started anew.

import { digest } from '../../../bot/access/canonical.ts';
import type { GoodVersions, Versions } from '../../../bot/catalog/good-versions.ts';
import { openCatalog, type Catalog } from '../../../bot/catalog/source.ts';
import { checkoutOf, type Files } from './checkouts.ts';
import { policyOf, policyText } from '../access/world.ts';

export const services = 'acme/payments-services';
export const root = 'catalog-info.yaml';
export const broken = 'kind: Resource\nmetadata: {';

export interface RestartingOptions {
  /** Where reading begins; left out, with every file. */
  readonly roots?: readonly string[];
  readonly repositories?: readonly string[];
  readonly policy?: string;
}

export function openRestarting({
  roots,
  repositories = [services],
  policy: text = policyText,
}: RestartingOptions = {}) {
  const { policy } = policyOf(text);
  const files = new Map<string, Files>();
  const kept = new Map<string, Versions>();
  const texts = new Map<string, string>();
  const calls: number[] = [];
  const faults: { texts?: Error; open?: Error; store?: Error } = {};
  let nowMs = 0;
  let isGone = false;
  const versions: GoodVersions = {
    async of(name) {
      if (faults.store) throw faults.store;
      return kept.get(name) ?? new Map();
    },
    async keep(name, now) {
      if (faults.store) throw faults.store;
      kept.set(name, now);
    },
    async textsOf(_name, hashes) {
      calls.push(hashes.length);
      if (faults.texts) throw faults.texts;
      return new Map(
        hashes.flatMap((hash) => {
          const found = texts.get(hash);
          return found === undefined ? [] : [[hash, found] as const];
        }),
      );
    },
  };
  const sources = repositories.map((repository) => ({
    repository,
    async open() {
      if (faults.open) throw faults.open;
      const now = files.get(repository) ?? {};
      return isGone ? undefined : checkoutOf(repository, now, roots && { roots });
    },
  }));
  const start = () => openCatalog(sources, { versions, now: () => new Date(nowMs) });
  let catalog: Catalog = start();
  return {
    /** How many texts were asked for by their hashes with each call. */
    calls,
    /** What fails now: texts by their hashes, whole repositories, the bot's own disk. */
    faults,
    push(next: Files, repository = services) {
      files.set(repository, next);
      for (const each of Object.values(next)) texts.set(digest(each), each);
    },
    /** Somebody rewrites the history: nothing of before is there by its hash any more. */
    rewrite: () => texts.clear(),
    /** A version of this program that found this good was the last to run. */
    keptBefore: (path: string, text: string) =>
      void kept.set(services, new Map([[path, { hash: digest(text), goodIn: null }]])),
    restart: () => void (catalog = start()),
    pass: (ms: number) => void (nowMs += ms),
    /** Whether GitHub says that the first file is not there. */
    hide: (is: boolean) => void (isGone = is),
    /** Names and places of resources, Users, what is refused and lacking, and the faults of files. */
    async read() {
      const found = await catalog.refresh();
      const { resources, users, refused, lacking } = catalog.snapshot(policy);
      return {
        names: Array.from(resources.values(), ({ name, place }) => `${name} ${place.path}`),
        users: [...users.keys()],
        refused: [...refused.keys()],
        lacking: [...lacking],
        faults: found.map(({ code, place }) => `${code} ${place.path}`),
        messages: found.map(({ message }) => message),
      };
    },
  };
}
