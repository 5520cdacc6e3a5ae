// Policy: who may reach what, for how long, and who decides. Read from `sallyport.yml`, all of it or none: an
// unknown key is a fault, and so is one that only a later version honours, because a rule that is written
// down and not kept is worse than none. What this file holds is data; the deciding is in decide.ts.

import { readSettings } from '../../relay/settings.ts';
import { digest } from './canonical.ts';
import type { OpenHours } from './hours.ts';
import { policyFor, policySchema } from './policy-schema.ts';
import { isDemanding, type SignInDemand } from './sign-in.ts';

/** Approvals a role asks for: so many of the namespace's approvers, or one from each of a list. */
type Approvals =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'each'; readonly of: readonly string[] };

export interface RolePolicy {
  readonly name: string;
  readonly defaultMs: number;
  readonly maxMs: number;
  readonly approvals: Approvals;
  /** Cloud roles that may stand behind it (catalog/cloud-role.ts); left out where none may, as in policies of before. */
  readonly iam?: readonly string[];
}

interface BreakGlassPolicy {
  /** Entity refs. */
  readonly who: readonly string[];
  readonly maxMs: number;
  /** On whose issues, `owner/name` in lower case; null: on those of the policy's own repository. */
  readonly repositories: readonly string[] | null;
  /** A review is due so long after the glass was broken. */
  readonly reviewMs: number;
}

/** From when the time of a grant runs: from its last approval, or from its first claim so long after it at most. */
type ClockPolicy =
  { readonly from: 'approval' } | { readonly from: 'first-connect'; readonly useWithinMs: number };

/** A role that policy itself gives for a short while. */
interface AutoApprovePolicy {
  /** `owner` or an entity ref. */
  readonly who: string;
  readonly role: string;
  readonly maxMs: number;
}

export interface NamespacePolicy {
  readonly name: string;
  /** Who may define entities here: repositories, `owner/name` in lower case, and locations (catalog/origin.ts). */
  readonly catalog: readonly string[];
  /** Entity refs that may own them. */
  readonly owners: readonly string[];
  /** Entity refs who confirm what is new; empty where nobody has to. */
  readonly stewards: readonly string[];
  readonly relays: readonly string[];
  readonly requesters: readonly string[];
  /** `owner` or entity refs. */
  readonly approvers: readonly string[];
  /** What is demanded of the sign-in with the identity provider. */
  readonly identity: SignInDemand;
  /** Whether an approval counts by its comment, or once its approver has signed in over it. */
  readonly confirm: 'comment' | 'sign-in';
  /** When access is given and may last; null: always. */
  readonly hours: readonly OpenHours[] | null;
  readonly clock: ClockPolicy;
  readonly pendingMs: number;
  readonly graceSeconds: number;
  readonly idleSeconds: number;
  readonly limits: { readonly sessions: number; readonly connections: number };
  readonly autoApprove: readonly AutoApprovePolicy[];
  /** Null where nobody may. */
  readonly breakGlass: BreakGlassPolicy | null;
  /** In the order of the file: the first is the default. A Map, so that no name means anything inherited. */
  readonly roles: ReadonlyMap<string, RolePolicy>;
}

export interface Policy {
  /** Whose User and Group entities are believed: repositories, `owner/name` in lower case, and locations. */
  readonly people: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** Repositories, `owner/name` in lower case, that are public and where commands act all the same. */
  readonly publicRepositories: readonly string[];
  /** Whether a reply by e-mail can be a command: never, or where it asks and does not decide. */
  readonly emailedComments: 'refused' | 'requests';
  readonly namespaces: ReadonlyMap<string, NamespacePolicy>;
}

/** Where a policy is wrong and how to mend it; `line` and `column` count from 1. */
interface PolicyFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

export type PolicyReading =
  | { readonly kind: 'valid'; readonly policy: Policy; readonly revision: string }
  | { readonly kind: 'invalid'; readonly faults: readonly PolicyFault[] };

/**
 * Reads `sallyport.yml`; `name` is the file's name in the faults. Never throws for a bad file. `relays` are those that
 * somebody runs; left out, any will do.
 */
export function readPolicy(
  text: string,
  name: string,
  relays?: ReadonlySet<string>,
): PolicyReading {
  const reading = readSettings({ text }, relays ? policyFor(relays) : policySchema);
  if (reading.kind === 'invalid') {
    const faults = reading.faults
      .map((fault) => ({ file: name, ...fault }))
      .sort((a, b) => a.line - b.line || a.column - b.column);
    return { kind: 'invalid', faults };
  }
  const { people, namespaces, ...where } = reading.value;
  const policy: Policy = {
    people,
    publicRepositories: where['public-repositories'],
    emailedComments: where['emailed-comments'],
    namespaces: new Map(
      Object.entries(namespaces).map(([name, { roles, ...rest }]) => [
        name,
        {
          name,
          ...rest,
          roles: new Map(
            Object.entries(roles).map(([role, rule]) => [role, { name: role, ...rule }]),
          ),
        },
      ]),
    ),
  };
  return { kind: 'valid', policy, revision: digest(text.toWellFormed()) };
}

/** Whether commands act in a public repository, `owner/name` in any case. */
export function allowsPublic(
  { publicRepositories }: Pick<Policy, 'publicRepositories'>,
  repository: string,
): boolean {
  return publicRepositories.includes(repository.toLowerCase());
}

/** How long after its approval a grant may wait for its first claim; undefined where its time runs at once. */
export function useWithinOf({ clock }: Pick<NamespacePolicy, 'clock'>): number | undefined {
  return clock.from === 'first-connect' ? clock.useWithinMs : undefined;
}

/** A policy never changes once it is read, and every decision about a role asks for the same digest. */
const ruleHashes = new WeakMap<Policy, Map<RolePolicy, string>>();

/** The digest of every rule that a decision about this role rests on: an approval given under it dies with it. */
export function ruleHash(policy: Policy, namespace: NamespacePolicy, role: RolePolicy): string {
  const hashes = ruleHashes.get(policy) ?? new Map<RolePolicy, string>();
  ruleHashes.set(policy, hashes);
  const known = hashes.get(role);
  if (known !== undefined) return known;
  const hash = digest({ people: policy.people, namespace: hashedRules(namespace), role });
  hashes.set(role, hash);
  return hash;
}

/** What a policy leaves as it was before there was a choice has the digest of then: an upgrade voids no request. */
function hashedRules({ roles: _others, ...rules }: NamespacePolicy) {
  const { identity, confirm, clock, ...rest } = rules;
  return {
    ...rest,
    identity: isDemanding(identity) ? identity : 'oidc',
    ...(confirm !== 'comment' && { confirm }),
    ...(clock.from !== 'approval' && { clock }),
  };
}
