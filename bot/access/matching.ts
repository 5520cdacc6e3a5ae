// Who stands for whom, when each person stands for one name at most.

/**
 * The names that nobody is left for: a maximum matching by augmenting paths (Kuhn). Giving the first free name to each
 * person in turn could leave a demand open that another distribution of the same approvals would meet. A name that has
 * found somebody keeps having somebody, so that earlier ones are served first. Each name is there once.
 */
export function unmatched<Name, Person>(
  names: readonly Name[],
  people: readonly Person[],
  counts: (name: Name, person: Person) => boolean,
): readonly Name[] {
  const nameOf = new Map<Person, Name>();
  const place = (name: Name, tried: Set<Person>): boolean => {
    for (const person of people) {
      if (tried.has(person) || !counts(name, person)) continue;
      tried.add(person);
      const current = nameOf.get(person);
      if (current !== undefined && !place(current, tried)) continue;
      nameOf.set(person, name);
      return true;
    }
    return false;
  };
  return names.filter((name) => !place(name, new Set()));
}
