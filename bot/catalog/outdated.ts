// What was read again by its hash after a start may be outdated: of what was moved or renamed while the bot was down, the
// bot saw nothing. So it contradicts nothing that is read now, and is left out where that has its ref, its login, its
// subject, or its target under another owner. Two definitions that are both there still contradict each other.

import type { Descriptor, Place } from './model.ts';
import { addressesOf } from './roles.ts';

/** A definition that its origin was entitled to make; `descriptor` is missing where it is faulty. */
export interface Definition {
  readonly ref: string;
  readonly place: Place;
  readonly descriptor?: Descriptor;
  /** It may be outdated. */
  readonly isRecalled: boolean;
}

export interface Current {
  readonly definitions: readonly Definition[];
  /** Repositories of which something was left out that may be theirs all the same. */
  readonly lacking: ReadonlySet<string>;
}

export function withoutOutdated(all: readonly Definition[]): Current {
  const lacking = new Set<string>();
  if (!all.some(({ isRecalled }) => isRecalled)) return { definitions: all, lacking };
  const present = all.filter(({ isRecalled }) => !isRecalled);
  const refs = new Set(present.map(({ ref }) => ref));
  const claims = new Map<string, Set<string>>();
  for (const { claim, by } of present.flatMap(claimsOf)) {
    claims.set(claim, (claims.get(claim) ?? new Set()).add(by));
  }
  const isClaimed = ({ claim, by }: Claim) =>
    [...(claims.get(claim) ?? [])].some((other) => other !== by);
  const definitions = all.filter((definition) => {
    if (!definition.isRecalled) return true;
    if (refs.has(definition.ref)) return false;
    if (!claimsOf(definition).some(isClaimed)) return true;
    lacking.add(definition.place.repository);
    return false;
  });
  return { definitions, lacking };
}

/** What only one may have: a User a login or subject, an owner a target. */
interface Claim {
  readonly claim: string;
  readonly by: string;
}

function claimsOf({ ref, descriptor }: Definition): readonly Claim[] {
  if (descriptor?.kind === 'user') {
    const { login, subject } = descriptor;
    return [
      ...(login === null ? [] : [{ claim: `login ${login.toLowerCase()}`, by: ref }]),
      ...(subject === null ? [] : [{ claim: `subject ${subject}`, by: ref }]),
    ];
  }
  if (descriptor?.kind !== 'resource') return [];
  const { owner } = descriptor;
  return addressesOf(descriptor).map((each) => ({ claim: `target ${each}`, by: owner }));
}
