// The policy as its file is on the default branch. One that cannot be used never replaces one that could: the last good
// one stays in force, and the faults are told. A bot that has just started finds it in the history of the file, so that
// nobody can stop it with a faulty policy: it is needed to end access.

import type { Logger } from 'pino';
import { describeFault } from '../../relay/settings.ts';
import { readPolicy, type Policy, type PolicyReading } from '../access/policy.ts';
import type { Config } from '../config.ts';
import { StartFault } from '../start-fault.ts';
import { newestUsable } from './file-history.ts';
import type { Repositories } from './repositories.ts';

/** The policy cannot be used, and no earlier one can stand in for it. Each fault is one line with its place. */
export class PolicyUnusable extends StartFault {
  readonly code = 'policy-unusable';
}

export interface PolicyFile {
  /** Reads it again; resolves to the policy that is in force, or rejects with PolicyUnusable where none is. */
  read(): Promise<HeldPolicy>;
  /** When it was last read and found good. */
  readAt(): Date | undefined;
  /** Reads a text as the policy. */
  readProposed(text: string): PolicyReading;
}

interface HeldPolicy {
  readonly policy: Policy;
  readonly revision: string;
  /** Where it stands, if it was found in the history. */
  readonly commit?: string;
}

export interface PolicyFileParts {
  readonly config: Pick<Config, 'policy' | 'relays'>;
  readonly repositories: Pick<Repositories, 'read' | 'readFile'>;
  readonly log: Logger;
  now(): Date;
}

export function openPolicyFile({ config, repositories, log, now }: PolicyFileParts): PolicyFile {
  const { repository, path } = config.policy;
  const relays = new Set(config.relays.map(({ name }) => name));
  let held: HeldPolicy | undefined;
  let readAt: Date | undefined;
  // Of which version it is known that nothing before it is good: it is read every few seconds.
  let inVain: string | undefined;

  function readProposed(text: string): PolicyReading {
    return readPolicy(text, `${repository}/${path}`, relays);
  }

  /** Only of a file that is there: whoever takes the policy away means that there be none. */
  async function lastGood(broken: string): Promise<HeldPolicy | undefined> {
    if (inVain === broken) return undefined;
    const found = await repositories.read(repository, (github) =>
      newestUsable(github, { repository, path }, ({ text, commit }) => {
        const reading = readProposed(text);
        if (reading.kind === 'invalid') return undefined;
        return { policy: reading.policy, revision: reading.revision, commit };
      }),
    );
    if (!found) inVain = broken;
    return found;
  }

  return {
    async read() {
      const file = await repositories.readFile(repository, path);
      const reading = file && readProposed(file.text);
      if (reading?.kind === 'valid') {
        readAt = now();
        return (held = { policy: reading.policy, revision: reading.revision });
      }
      const faults = reading
        ? reading.faults.map((fault) => describeFault(fault.file, fault))
        : [`${repository} has no ${path} on its default branch.`];
      if (file) held ??= await lastGood(file.revision);
      if (!held) throw new PolicyUnusable(faults);
      const { commit } = held;
      log.error({ faults, commit }, 'the policy is faulty; the last good one stays in force');
      return held;
    },
    readAt: () => readAt,
    readProposed,
  };
}
