// Demands for approvals that nobody can meet, as sentences: for whoever changes the policy, and for whoever changes the
// catalog.

import type { SettingsFault } from '../../relay/settings.ts';
import { offsetOf, readYaml } from '../../relay/yaml.ts';
import type { Requirement } from '../access/approvals.ts';
import { unmeetableDemands, type Lack, type UnmeetableDemand } from '../access/unmeetable.ts';
import type { Place } from '../catalog/model.ts';
import type { Rulebook } from './facts.ts';

type Rules = Pick<Rulebook, 'policy' | 'catalog'>;

/** One fault for each, at the role in `text`, which is the policy of these rules. */
export function unmeetableInPolicy(text: string, rules: Rules): readonly SettingsFault[] {
  const { documents, position } = readYaml(text);
  const [policy] = documents;
  if (!policy) return [];
  return unmeetableDemands(rules).map((demand) => {
    const path = ['namespaces', demand.namespace, 'roles', demand.role];
    const { line, column } = position(offsetOf(policy.document, path) ?? 0);
    return { line, column, path: path.join('.'), message: sentenceOf(demand) };
  });
}

/** One for each, at the first resource that it concerns in this repository. */
export function unmeetableInCatalog(
  rules: Rules,
  isThere: (place: Place) => boolean,
): readonly { readonly place: Place; readonly message: string }[] {
  return unmeetableDemands(rules).flatMap((demand) => {
    const resources = demand.resources.filter(({ place }) => isThere(place));
    const [first] = resources;
    return first ? [{ place: first.place, message: sentenceOf({ ...demand, resources }) }] : [];
  });
}

function sentenceOf({ namespace, role, whileNew, demand, lacks, resources }: UnmeetableDemand) {
  const [first, ...others] = resources;
  const begin = whileNew ? 'While it is new, the' : 'The';
  const subject = `${begin} role ${role} of ${first?.ref} cannot be approved`;
  const also = others.length > 0 ? ` So it is for ${others.length} more of ${namespace}.` : '';
  return `${subject}: it takes ${demandText(demand)}, and ${lackText(lacks)}.${also}`;
}

function demandText(demand: Requirement): string {
  const names = listed(demand.of);
  if (demand.kind === 'each') return `an approval by each of ${names}`;
  return `${demand.count === 1 ? 'an approval' : `${demand.count} approvals`} by ${names}`;
}

function lackText(lacks: Lack): string {
  switch (lacks.kind) {
    case 'nobody-for':
      return `the catalog has nobody left for ${listed(lacks.refs)}`;
    case 'requesters-only':
      return `only who may ask for it (${listed(lacks.refs)}) could give it, and nobody approves their own request`;
    case 'too-few': {
      if (lacks.known === 0) return 'the catalog has nobody who could give it';
      const people = lacks.known === 1 ? 'one person' : `${lacks.known} people`;
      return `the catalog has ${people} who could give one`;
    }
  }
}

/** More refs than these are only counted. */
const maxListed = 5;

function listed(refs: readonly string[]): string {
  const shown = refs.slice(0, maxListed).join(', ');
  const more = refs.length - maxListed;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
