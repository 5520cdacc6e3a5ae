// Who plays in the story, the same in every system that knows people: GitHub, the identity provider and
// the catalog (templates/org.yaml). `subject` is the provider's stable key for a person.
import type { ProviderPerson } from '../support/identity-provider.ts';

export interface Player extends ProviderPerson {
  /** What they are in the story, in a few words. */
  readonly part: string;
}

export const dana = {
  login: 'dana',
  name: 'Dana Dev',
  subject: '00u-dana',
  part: 'developer, in group engineering',
} as const satisfies Player;

export const omar = {
  login: 'omar',
  name: 'Omar Owner',
  subject: '00u-omar',
  part: 'owner of payments-db, in group payments',
} as const satisfies Player;

export const otto = {
  login: 'otto',
  name: 'Otto Owner',
  subject: '00u-otto',
  part: 'owner of payments-db as well, so that two can approve',
} as const satisfies Player;

export const bea = {
  login: 'bea',
  name: 'Bea Bystander',
  subject: '00u-bea',
  part: 'bystander, in group engineering, owns nothing',
} as const satisfies Player;

export const pia = {
  login: 'pia',
  name: 'Pia Platform',
  subject: '00u-pia',
  part: 'owner of the organisation on GitHub, not in the catalog',
} as const satisfies Player;

export const cast: readonly Player[] = [dana, omar, otto, bea, pia];
