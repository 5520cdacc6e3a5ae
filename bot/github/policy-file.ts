// The policy as it lies in its repository. One that cannot be used never replaces one that could: the last good one stays
// in force, also over a restart, and the faults are told. It is the one that the bot held; another that may have stood in
// the file meanwhile, it never saw.

import type { Logger } from 'pino';
import { describeFault } from '../../relay/settings.ts';
import { readPolicy, type Policy, type PolicyReading } from '../access/policy.ts';
import type { Config } from '../config.ts';
import type { FileVersions } from '../file-versions.ts';
import { StartFault } from '../start-fault.ts';
import type { GitHub } from './app.ts';
import { blobText, FileTooLong } from './calls.ts';
import type { Repositories } from './repositories.ts';

/** The policy cannot be used, and no earlier one can stand in for it. Each fault is one line with its place. */
export class PolicyUnusable extends StartFault {
  readonly code = 'policy-unusable';
}

interface PolicyInForce {
  readonly policy: Policy;
  /** Digest of its text. */
  readonly revision: string;
}

/** Not to be used as it stands; `hash` is missing where there is no file. */
interface Faulty {
  readonly kind: 'faulty';
  readonly faults: readonly string[];
  readonly hash?: string;
}

type PolicyNow = Faulty | (PolicyInForce & { readonly kind: 'valid'; readonly hash: string });

function faulty(faults: readonly string[], hash?: string): Faulty {
  return { kind: 'faulty', faults, ...(hash !== undefined && { hash }) };
}

export interface PolicyFile {
  /** Reads it again. Rejects when it cannot be read, and with PolicyUnusable when nothing can be in force. */
  read(): Promise<void>;
  /** Undefined until it was read. */
  inForce(): PolicyInForce | undefined;
  /** When it was last read and found good. */
  readAt(): Date | undefined;
  /** Reads a text as the policy. */
  understand(text: string): PolicyReading;
}

export interface PolicyFileParts {
  readonly config: Pick<Config, 'policy' | 'relays'>;
  readonly repositories: Pick<Repositories, 'read' | 'readFile'>;
  readonly fileVersions: FileVersions;
  readonly log: Logger;
  now(): Date;
}

export function openPolicyFile(parts: PolicyFileParts): PolicyFile {
  const { config, repositories, fileVersions, log, now } = parts;
  const { repository, path } = config.policy;
  const relays = new Set(config.relays.map(({ name }) => name));
  let inForce: PolicyInForce | undefined;
  let readAt: Date | undefined;
  let isKeptUseless = false;

  const understand = (text: string) => readPolicy(text, `${repository}/${path}`, relays);

  async function readNow(): Promise<PolicyNow> {
    try {
      const file = await repositories.readFile(repository, path);
      if (!file) return faulty([`${repository} has no ${path} on its default branch.`]);
      const reading = understand(file.text);
      const { revision: hash } = file;
      if (reading.kind === 'valid') return { ...reading, hash };
      return faulty(
        reading.faults.map((fault) => describeFault(fault.file, fault)),
        hash,
      );
    } catch (error) {
      // As faulty as any other: otherwise it would keep all rules from being read.
      if (error instanceof FileTooLong) return faulty([error.message], error.revision);
      throw error;
    }
  }

  /** What was in force when the bot stopped; undefined where nothing was, or today's settings do not let it be. */
  async function lastGood(now: Faulty): Promise<PolicyInForce | undefined> {
    const hash = (await fileVersions.of('policy', repository)).get(path)?.hash;
    if (isKeptUseless || hash === undefined || hash === now.hash) return undefined;
    const ask = (github: GitHub) => blobText(github, repository, hash);
    const text = await repositories.read(repository, ask);
    const reading = text === undefined ? undefined : understand(text);
    if (reading?.kind === 'valid') return reading;
    isKeptUseless = true;
    return undefined;
  }

  return {
    async read() {
      const reading = await readNow();
      if (reading.kind === 'valid') {
        const { policy, revision, hash } = reading;
        // Before it counts: otherwise a crash could bring back what it took the place of.
        await fileVersions.keep('policy', repository, new Map([[path, { hash, goodIn: null }]]));
        inForce = { policy, revision };
        readAt = now();
        return;
      }
      const { faults } = reading;
      try {
        inForce ??= await lastGood(reading);
      } catch (error) {
        log.error({ faults }, 'the policy is faulty, and the last good one cannot be read now');
        throw error;
      }
      if (!inForce) throw new PolicyUnusable(faults);
      log.error({ faults }, 'the policy is faulty; the last good one stays in force');
    },
    inForce: () => inForce,
    readAt: () => readAt,
    understand,
  };
}
