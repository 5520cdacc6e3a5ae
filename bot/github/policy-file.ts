// The policy as it lies in its repository. One that cannot be used never replaces one that could: the last good one stays
// in force, also over a restart, and the faults are told. It is the one that the bot held; another that may have stood in
// the file meanwhile, it never saw.

import type { Logger } from 'pino';
import { describeFault } from '../../relay/settings.ts';
import { readPolicy, type Policy, type PolicyReading } from '../access/policy.ts';
import type { Config } from '../config.ts';
import type { FileVersions } from '../file-versions.ts';
import { StartFault } from '../start-fault.ts';
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

  const understand = (text: string) => readPolicy(text, `${repository}/${path}`, relays);

  async function readNow() {
    const faulty = (...faults: readonly string[]) => ({ kind: 'faulty', faults }) as const;
    try {
      const file = await repositories.readFile(repository, path);
      if (!file) return faulty(`${repository} has no ${path} on its default branch.`);
      const reading = understand(file.text);
      if (reading.kind === 'valid') return { ...reading, hash: file.revision };
      return faulty(...reading.faults.map((fault) => describeFault(fault.file, fault)));
    } catch (error) {
      // As faulty as any other: otherwise it would keep all rules from being read.
      if (error instanceof FileTooLong) return faulty(error.message);
      throw error;
    }
  }

  /** What was in force when the bot stopped; undefined where nothing was, or its settings do not let it be any more. */
  async function lastGood(): Promise<PolicyInForce | undefined> {
    const kept = (await fileVersions.of('policy', repository)).get(path);
    if (!kept) return undefined;
    const text = await repositories.read(repository, (github) =>
      blobText(github, repository, kept.hash),
    );
    const reading = text === undefined ? undefined : understand(text);
    return reading?.kind === 'valid' ? reading : undefined;
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
      inForce ??= await lastGood();
      if (!inForce) throw new PolicyUnusable(faults);
      log.error({ faults }, 'the policy is faulty; the last good one stays in force');
    },
    inForce: () => inForce,
    readAt: () => readAt,
    understand,
  };
}
