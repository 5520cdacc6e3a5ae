// What decisions are made by, as GitHub has it: the policy and the catalog, read again before a decision when they
// are older than a few seconds. A policy that cannot be used never replaces one that could: the last good one stays,
// and the faults are told. With none, nothing is decided.

import type { Logger } from 'pino';
import { digest } from '../access/canonical.ts';
import { readPolicy, type Policy, type PolicyReading } from '../access/policy.ts';
import type { Config } from '../config.ts';
import type { EntityHistory } from '../entity-history.ts';
import { openCatalog, type Source } from '../catalog/source.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { StartFault } from '../start-fault.ts';
import type { Repositories } from './repositories.ts';

/** Policy and catalog younger than this are used as they are; a push drops them at once. */
const freshMs = 10_000;

interface Rules {
  readonly policy: Policy;
  /** Which policy and which descriptors these are, by digest. */
  readonly policyRevision: string;
  readonly catalog: Snapshot;
  /** Entity ref → when it became what it is, but for those that always were. */
  readonly changedAt: ReadonlyMap<string, string>;
}

export interface RuleBook {
  /** The rules as they are now. Rejects when the policy has never been readable. */
  current(): Promise<Rules>;
  /** Says that a repository changed; what came from it is read again before the next decision. Returns whether any did. */
  changed(repository: string): boolean;
  /** Has everything read again before the next decision: so much follows from it that it must be seen twice. */
  doubt(): void;
  /** When the policy was last read and found good. */
  policyReadAt(): Date | undefined;
}

/** The policy cannot be used, and no earlier one can stand in for it. Each fault is one line with its place. */
class PolicyUnusable extends StartFault {
  readonly code = 'policy-unusable';
}

export interface RuleBookParts {
  readonly config: Pick<Config, 'policy' | 'catalog' | 'relays'>;
  readonly repositories: Repositories;
  readonly history: EntityHistory;
  readonly log: Logger;
  now(): Date;
}

export function openRuleBook(parts: RuleBookParts): RuleBook {
  const { config, repositories, history, log, now } = parts;
  const catalog = openCatalog(config.catalog.repositories.map(sourceOf));
  let held: { policy: Policy; revision: string } | undefined;
  let policyReadAt: Date | undefined;
  let rules: Rules | undefined;
  let reading: Promise<void> | undefined;
  // How many changes we were told of, and how many the rules that are held have seen.
  let told = 0;
  let seen = { changes: 0, at: Number.NEGATIVE_INFINITY };

  function sourceOf(repository: string): Source {
    const { path } = config.catalog;
    return {
      repository,
      async load() {
        const file = await repositories.readFile(repository, path);
        return file ? [{ repository, path, revision: file.revision, text: file.text }] : [];
      },
    };
  }

  async function read(): Promise<void> {
    const before = { changes: told, at: now().getTime() };
    await readCurrentPolicy();
    for (const fault of await catalog.refresh()) log.warn({ fault }, 'a fault in the catalog');
    if (held) rules = await rulesOf(held);
    seen = before;
  }

  /** Joins the reading that is under way, or starts one. */
  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function rulesOf({
    policy,
    revision,
  }: {
    policy: Policy;
    revision: string;
  }): Promise<Rules> {
    const snapshot = catalog.snapshot(policy);
    return {
      policy,
      policyRevision: `policy=${revision},catalog=${digest([...catalog.revisions()])}`,
      catalog: snapshot,
      changedAt: await history.note(snapshot.resources.values()),
    };
  }

  async function readCurrentPolicy(): Promise<void> {
    const { repository, path } = config.policy;
    const file = await repositories.readFile(repository, path);
    const reading = file ? readPolicy(file.text, `${repository}/${path}`) : undefined;
    const faults = reading
      ? faultsOf(reading)
      : [`${repository} has no ${path} on its default branch.`];
    if (reading?.kind === 'valid' && faults.length === 0) {
      held = { policy: reading.policy, revision: reading.revision };
      policyReadAt = now();
      return;
    }
    if (!held) throw new PolicyUnusable(faults);
    log.error({ faults }, 'the policy is faulty; the last good one stays in force');
  }

  function faultsOf(reading: PolicyReading): readonly string[] {
    const file = `${config.policy.repository}/${config.policy.path}`;
    if (reading.kind === 'invalid') {
      return reading.faults.map(
        ({ line, column, message }) => `${file}:${line}:${column} ${message}`,
      );
    }
    // A grant for a relay that nobody runs could never be used.
    const known = new Set(config.relays.map(({ name }) => name));
    return [...reading.policy.namespaces.values()].flatMap(({ name, relays }) =>
      relays
        .filter((relay) => !known.has(relay))
        .map((relay) => `${file} namespaces.${name}.relays: bot.yml has no relay ${relay}.`),
    );
  }

  return {
    async current() {
      const wanted = told;
      if (seen.changes < wanted || now().getTime() - seen.at >= freshMs) await readOnce();
      // The one that was joined may have begun before the last change, and then need not know of it.
      if (seen.changes < wanted) await readOnce();
      if (!rules) throw new PolicyUnusable(['it has not been read yet']);
      return rules;
    },
    changed(repository) {
      // GitHub takes a repository's name in any case, and tells of it in its own.
      const concerned = [config.policy.repository, ...config.catalog.repositories];
      const isOurs = concerned.some((name) => name.toLowerCase() === repository.toLowerCase());
      if (isOurs) told += 1;
      return isOurs;
    },
    doubt() {
      told += 1;
    },
    policyReadAt: () => policyReadAt,
  };
}
