// What decisions are made by: the policy and the catalog, read again before a decision when they are older than a few
// seconds; a Backstage, which tells of no change, before every one. Without a policy nothing is decided; nor with what a
// Backstage said longer ago than the settings allow.

import type { Logger } from 'pino';
import { digest } from '../access/canonical.ts';
import { isFresh, type Freshness } from '../access/freshness.ts';
import { allowsPublic, type Policy, type PolicyReading } from '../access/policy.ts';
import type { Config } from '../config.ts';
import type { EntityHistory } from '../entity-history.ts';
import type { Checkout } from '../catalog/checkout.ts';
import { backstageName, type EntitySource, type Trial } from '../catalog/source.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { FileVersions } from '../file-versions.ts';
import { isSameRepository } from './calls.ts';
import { openReadings } from './catalog-readings.ts';
import { openFaultLog } from './fault-log.ts';
import { openPolicyFile, PolicyUnusable } from './policy-file.ts';
import type { Repositories } from './repositories.ts';
import { openRereading } from './rereading.ts';

/** Policy and catalog younger than this are used as they are; a push drops them at once. */
const freshMs = 10_000;
/** A Backstage read longer ago than this is read again also where nothing is decided. */
const sweepMs = 30_000;

interface Rules {
  readonly policy: Policy;
  /** Which policy and which descriptors these are, by digest. */
  readonly policyRevision: string;
  readonly catalog: Snapshot;
  /** Entity ref → when it became what it is, but for those that always were. */
  readonly changedAt: ReadonlyMap<string, string>;
}

export interface RuleBook {
  /**
   * The rules to look things up by, or to end something by: what a Backstage says may be old. Rejects when the policy or
   * the Backstage has never been readable: a catalog without its people would end everything.
   */
  current(): Promise<Rules>;
  /**
   * The rules as they are now, to give something by. Rejects also when a Backstage was not read recently enough, with
   * CatalogTooOld.
   */
  forDecision(): Promise<Rules>;
  /** The policy alone, whatever becomes of the catalog. Rejects when it has never been readable. */
  policy(): Promise<Policy>;
  /** Says that a repository changed; what came from it is read again before the next decision. Returns whether any did. */
  changed(repository: string): boolean;
  /** Has everything read again before the next decision: so much follows from it that it must be seen twice. */
  doubt(): void;
  /** When the policy was last read and found good. */
  policyReadAt(): Date | undefined;
  /** When each source of the catalog was last read whole, by its name; undefined where it never was. */
  catalogReadAt(): ReadonlyMap<string, Date | undefined>;
}

/** What the rules would be. Nothing is kept of what is tried out. */
export interface RuleTrial {
  /** Whether rules are read from a repository, `owner/name` in any case. */
  readsFrom(repository: string): boolean;
  /** Whether the policy in force lets anything be said in this repository where it is public. */
  allowsPublic(repository: string): Promise<boolean>;
  /** Reads a text as the policy. */
  readPolicy(text: string): PolicyReading;
  /** Reads the descriptors of a repository as they are in a checkout, or says so where there are none. */
  tryFiles(repository: string, checkout: Checkout | undefined): Promise<Trial>;
  /**
   * The catalog as it would be by another policy, or with other files of a repository. Undefined while there is no policy
   * to judge it by.
   */
  tryOut(change: Change): Promise<TriedOut | undefined>;
}

interface Change {
  readonly policy?: Policy | undefined;
  readonly files?: Trial | undefined;
}

export interface TriedOut {
  /** As it stands; undefined where there is none yet. */
  readonly before: Snapshot | undefined;
  readonly after: Snapshot;
  /** The policy that judged it. */
  readonly policy: Policy;
}

/** A Backstage that has not answered for too long: what it would say by now is unknown. */
export class CatalogTooOld extends Error {
  readonly code = 'catalog-too-old';
  readonly freshness: Freshness;
  /** Whether a command may wait for it: the bot has just started, and it was not read yet. */
  readonly mayWait: boolean;

  constructor(freshness: Freshness, { mayWait }: { readonly mayWait: boolean }) {
    const { since, maxAgeMs } = freshness;
    super(
      `Backstage could not be read since ${since.toISOString()}; nothing is given by what is older than ${maxAgeMs / 1000} s`,
    );
    this.freshness = freshness;
    this.mayWait = mayWait;
  }
}

export interface RuleBookParts {
  readonly config: Pick<Config, 'policy' | 'catalog' | 'relays'>;
  readonly repositories: Repositories;
  readonly fileVersions: FileVersions;
  readonly history: EntityHistory;
  readonly backstage?: EntitySource | undefined;
  /** Told of the catalog after each reading, also where it is the one of before. Must not throw. */
  catalogRead(catalog: Snapshot): void;
  readonly log: Logger;
  now(): Date;
}

export function openRuleBook(parts: RuleBookParts): RuleBook & RuleTrial {
  const { config, backstage, history, log, now } = parts;
  const openedAt = now();
  const policyFile = openPolicyFile(parts);
  const readings = openReadings(parts);
  const { catalog, backstageReadAt } = readings;
  const fromGitHub = openRereading(readGitHub, now);
  const fromBackstage = openRereading(readBackstage, now);
  let isGitHubRead = false;
  let rules: Rules | undefined;
  // What the rules were made of.
  let basis = '';
  const tellOf = {
    github: openFaultLog(log),
    backstage: openFaultLog(log),
    entities: openFaultLog(log),
  };

  async function readGitHub(): Promise<void> {
    await policyFile.read();
    await readings.repositories();
    isGitHubRead = true;
    const faults = catalog.faults().filter(({ place }) => place.repository !== backstageName);
    tellOf.github(faults);
    await renew();
  }

  async function readBackstage(): Promise<void> {
    if (!backstage) return;
    await readings.backstage();
    const faults = catalog.faults().filter(({ place }) => place.repository === backstageName);
    tellOf.backstage(faults);
    await renew();
  }

  /** Judges the catalog anew when there is anything new, which is rare: of a large one it takes a while. */
  async function renew(): Promise<void> {
    // With one half of the catalog the other would look new when it comes.
    const isWhole = isGitHubRead && (!backstage || backstageReadAt() !== undefined);
    const held = policyFile.inForce();
    if (!held || !isWhole) return;
    const { policy, revision } = held;
    const policyRevision = `policy=${revision},catalog=${digest([...catalog.revisions()])}`;
    const present = JSON.stringify([policyRevision, catalog.faults()]);
    if (!rules || present !== basis) {
      rules = await judgedBy(policy, policyRevision);
      basis = present;
    }
    parts.catalogRead(rules.catalog);
  }

  async function judgedBy(policy: Policy, policyRevision: string): Promise<Rules> {
    const snapshot = catalog.snapshot(policy);
    // Those of the sources, which stand first, are told as they are read.
    tellOf.entities(snapshot.faults.slice(catalog.faults().length));
    const changedAt = await history.note(snapshot.resources.values());
    return { policy, policyRevision, catalog: snapshot, changedAt };
  }

  function inForce(): Rules {
    if (!rules) throw notReadYet();
    return rules;
  }

  async function current(): Promise<Rules> {
    if (backstageReadAt() === undefined) fromBackstage.changed();
    await Promise.all([fromGitHub.upTo(freshMs), fromBackstage.upTo(sweepMs)]);
    requireBackstage('of-any-age');
    return inForce();
  }

  async function currentIfAny(): Promise<Rules | undefined> {
    try {
      return await current();
    } catch (error) {
      if (error instanceof PolicyUnusable || error instanceof CatalogTooOld) return undefined;
      throw error;
    }
  }

  function readsFrom(repository: string): boolean {
    const concerned = [config.policy.repository, ...config.catalog.repositories];
    return concerned.some((name) => isSameRepository(name, repository));
  }

  return {
    current,
    async forDecision() {
      // Something may have changed since it was read last, and nobody will say.
      fromBackstage.changed();
      await Promise.all([fromGitHub.upTo(freshMs), fromBackstage.upTo(sweepMs)]);
      requireBackstage('fresh');
      return inForce();
    },
    async policy() {
      await fromGitHub.upTo(freshMs);
      const held = policyFile.inForce();
      if (!held) throw notReadYet();
      return held.policy;
    },
    readsFrom,
    changed(repository) {
      const isOurs = readsFrom(repository);
      if (isOurs) fromGitHub.changed();
      return isOurs;
    },
    async allowsPublic(repository) {
      const rulesNow = await currentIfAny();
      return rulesNow !== undefined && allowsPublic(rulesNow.policy, repository);
    },
    readPolicy: policyFile.understand,
    async tryFiles(repository, checkout) {
      // What is held stands in for what cannot be read.
      await currentIfAny();
      return catalog.tryOut(repository, checkout);
    },
    async tryOut({ policy, files }) {
      const rulesNow = await currentIfAny();
      const judge = policy ?? rulesNow?.policy;
      if (!judge) return undefined;
      return { before: rulesNow?.catalog, after: catalog.snapshot(judge, files), policy: judge };
    },
    doubt() {
      fromGitHub.changed();
      fromBackstage.changed();
    },
    policyReadAt: policyFile.readAt,
    catalogReadAt: readings.readAt,
  };

  function requireBackstage(wanted: 'fresh' | 'of-any-age'): void {
    if (!backstage) return;
    const readAt = backstageReadAt();
    if (readAt && wanted === 'of-any-age') return;
    const freshness = { since: readAt ?? openedAt, maxAgeMs: backstage.maxAgeMs };
    const isInTime = isFresh(freshness, now());
    if (!readAt || !isInTime) throw new CatalogTooOld(freshness, { mayWait: isInTime });
  }
}

function notReadYet(): PolicyUnusable {
  return new PolicyUnusable(['it has not been read yet']);
}
