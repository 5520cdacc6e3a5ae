// The groups and people that a policy names and a catalog does not have. The bot goes on without them, because a catalog
// may lose one at any time, and nobody is in a group that is not there: a slip of the pen shows here, or nowhere.

import { visit } from 'yaml';
import type { SettingsFault } from '../../relay/settings.ts';
import { readYaml } from '../../relay/yaml.ts';
import { nearest } from '../access/nearest.ts';
import type { Policy } from '../access/policy.ts';
import { isNamed } from '../catalog/origin.ts';
import { readFullRef } from '../catalog/ref.ts';
import type { CatalogFault, Snapshot } from '../catalog/snapshot.ts';

/** More than these are not looked up: each is compared with all there are, for what may have been meant. */
const maxUnknown = 20;

/** One fault for each place where such a ref stands. `policy` is the text of one that can be read. */
export function unknownRefs(
  policy: string,
  { groups, users }: Pick<Snapshot, 'groups' | 'users'>,
): readonly SettingsFault[] {
  const { documents, position } = readYaml(policy);
  const known = [...groups.keys(), ...users.keys()];
  const faults: SettingsFault[] = [];
  for (const { document } of documents) {
    visit(document, {
      // Whatever reads as a ref of a group or a user is one: the policy has no free text.
      Scalar(_key, { value, range }) {
        const ref = typeof value === 'string' ? readFullRef(value) : undefined;
        if (!ref || !/^(group|user):/.test(ref) || groups.has(ref) || users.has(ref))
          return undefined;
        if (faults.length === maxUnknown) return visit.BREAK;
        const { line, column } = position(range?.[0] ?? 0);
        const meant = nearest(ref, known);
        const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
        const message = `The catalog has no ${ref} that counts.${hint}`;
        faults.push({ line, column, path: '', message });
        return undefined;
      },
    });
  }
  return faults;
}

/**
 * Groups and people that are named as belonging together where the catalog has them not, and has one that is spelled
 * almost like that. Others need not be wrong: somebody may be in groups that the policy lets nobody define.
 */
export function misspeltRefs({
  groups,
  users,
}: Pick<Snapshot, 'groups' | 'users'>): readonly Slip[] {
  const slips = (entity: Pick<Slip, 'ref' | 'place'>, named: readonly string[], known: Refs) =>
    named.flatMap((name): readonly Slip[] => {
      const meant = known.has(name) ? undefined : nearest(name, known.keys());
      const message = `The catalog has no ${name} that counts. Did you mean ${meant}?`;
      return meant === undefined ? [] : [{ ref: entity.ref, place: entity.place, message }];
    });
  const others = [...groups.values()];
  return [
    ...[...users.values()].flatMap((user) => slips(user, user.memberOf, groups)),
    ...others.flatMap((group) => slips(group, [group.parent ?? [], group.children].flat(), groups)),
    ...others.flatMap((group) => slips(group, group.members, users)),
  ];
}

type Refs = ReadonlyMap<string, unknown>;
type Slip = Pick<CatalogFault, 'ref' | 'place' | 'message'>;

/** What the policy trusts, as it names it, and no `given` origin is: what is defined there is missing. */
export interface LeftOut {
  readonly repositories: readonly string[];
  /** Only a Backstage has what is there. */
  readonly locations: readonly string[];
  /** People or groups are among it. */
  readonly hasPeople: boolean;
}

export function originsLeftOut({ people, namespaces }: Policy, given: readonly string[]): LeftOut {
  const lacking = (names: readonly string[]) =>
    names.filter((name) => !given.some((origin) => isNamed([name], origin)));
  const ofPeople = lacking([...people.users, ...people.groups]);
  const ofResources = lacking([...namespaces.values()].flatMap(({ catalog }) => catalog));
  const names = [...new Set([...ofPeople, ...ofResources])].toSorted();
  const isLocation = (name: string) => name.includes(':');
  return {
    repositories: names.filter((name) => !isLocation(name)),
    locations: names.filter(isLocation),
    hasPeople: ofPeople.length > 0,
  };
}
