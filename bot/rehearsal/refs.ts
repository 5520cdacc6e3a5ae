// The groups and people that a policy names and a catalog does not have. The bot goes on without them, because a catalog
// may lose one at any time, and nobody is in a group that is not there: a slip of the pen shows here, or nowhere.

import { LineCounter, parseDocument, visit } from 'yaml';
import type { SettingsFault } from '../../relay/settings.ts';
import { nearest } from '../access/nearest.ts';
import { readFullRef } from '../catalog/ref.ts';
import type { Snapshot } from '../catalog/snapshot.ts';

/** One fault for each place where such a ref stands. `policy` is the text of one that can be read. */
export function unknownRefs(
  policy: string,
  { groups, users }: Pick<Snapshot, 'groups' | 'users'>,
): readonly SettingsFault[] {
  const lineCounter = new LineCounter();
  const faults: SettingsFault[] = [];
  const known = [...groups.keys(), ...users.keys()];
  visit(parseDocument(policy, { lineCounter, merge: false }), {
    // Whatever reads as a ref of a group or a user is one: the policy has no free text.
    Scalar(_key, { value, range }) {
      const ref = typeof value === 'string' ? readFullRef(value) : undefined;
      if (!ref || !/^(group|user):/.test(ref) || groups.has(ref) || users.has(ref)) return;
      const { line, col } = lineCounter.linePos(range?.[0] ?? 0);
      const meant = nearest(ref, known);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      const message = `The catalog has no ${ref} that counts.${hint}`;
      faults.push({ line, column: col, path: '', message });
    },
  });
  return faults;
}
