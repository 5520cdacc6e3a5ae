import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Group, User } from '../../../bot/catalog/model.ts';
import {
  indexPeople,
  isMember,
  membersOf,
  personBySubject,
  userByLogin,
  type People,
} from '../../../bot/catalog/ownership.ts';
import { teamGroupsBelow, withTeams } from '../../../bot/catalog/teams.ts';

const place = { repository: 'acme/org', path: 'org.yaml', line: 1 };

function makeUser(name: string, memberOf: readonly string[] = []): User {
  return {
    kind: 'user',
    ref: `user:default/${name}`,
    namespace: 'default',
    name,
    title: name,
    place,
    login: name.toUpperCase(),
    subject: `sub-${name}`,
    memberOf: memberOf.map(groupRef),
  };
}

function makeGroup(name: string, links: Partial<Pick<Group, 'team'>> & Links = {}): Group {
  const { parent, children = [], members = [], team = null } = links;
  return {
    kind: 'group',
    ref: groupRef(name),
    namespace: 'default',
    name,
    title: name,
    place,
    parent: parent === undefined ? null : groupRef(parent),
    children: children.map(groupRef),
    members: members.map((each) => `user:default/${each}`),
    team,
  };
}

interface Links {
  readonly parent?: string;
  readonly children?: readonly string[];
  readonly members?: readonly string[];
}

function groupRef(name: string): string {
  return `group:default/${name}`;
}

function belongs(users: readonly User[], groups: readonly Group[]) {
  const people = indexPeople(users, groups);
  return (user: string, ref: string) =>
    isMember(people, `user:default/${user}`, ref.includes(':') ? ref : groupRef(ref));
}

test('membership goes up through parents and children, as far as they reach', () => {
  const is = belongs(
    [makeUser('omar', ['db']), makeUser('dana', ['all'])],
    [
      makeGroup('all'),
      makeGroup('dept', { parent: 'all', children: ['team'] }),
      makeGroup('team'),
      makeGroup('db', { parent: 'team' }),
    ],
  );
  for (const group of ['db', 'team', 'dept', 'all']) assert.equal(is('omar', group), true, group);
  assert.equal(is('dana', 'all'), true);
  assert.equal(is('dana', 'dept'), false, 'membership never goes down');
});

test('a group may name its members itself', () => {
  const is = belongs(
    [makeUser('bea')],
    [makeGroup('all'), makeGroup('team', { parent: 'all', members: ['bea', 'ghost'] })],
  );
  assert.equal(is('bea', 'all'), true);
  assert.equal(is('ghost', 'team'), false, 'a member without a User entity is nobody');
});

test('a user counts as themselves and as no other user', () => {
  const is = belongs([makeUser('omar'), makeUser('olga')], []);
  assert.equal(is('omar', 'user:default/omar'), true);
  assert.equal(is('omar', 'user:default/olga'), false);
  assert.equal(is('nobody', 'user:default/nobody'), false);
});

test('a chain through a group that the catalog does not hold is broken', () => {
  const is = belongs(
    [makeUser('omar', ['gone']), makeUser('olga', ['team'])],
    [makeGroup('team', { parent: 'gone' }), makeGroup('all', { children: ['gone'] })],
  );
  assert.equal(is('omar', 'gone'), false);
  assert.equal(is('omar', 'all'), false);
  assert.equal(is('olga', 'all'), false);
});

test('who is in a group that is tied to a GitHub team GitHub says, also for the groups above it', () => {
  const users = [makeUser('omar', ['team', 'part']), makeUser('olga')];
  const groups = [
    makeGroup('all'),
    makeGroup('team', { parent: 'all', team: 'acme/team' }),
    makeGroup('part', { parent: 'team' }),
  ];
  const people = indexPeople(users, groups);
  const is = (user: string, group: string, of: People = people) =>
    isMember(of, `user:default/${user}`, groupRef(group));
  for (const group of ['team', 'all']) assert.equal(is('omar', group), false, group);
  assert.equal(is('omar', 'part'), true);
  const logins = new Set(['olga']);
  const team = { logins, canBeMentioned: true };
  const asked = { ...people, teams: new Map([[groupRef('team'), team]]) };
  for (const group of ['team', 'all']) {
    assert.equal(is('olga', group, asked), true, group);
    assert.equal(is('omar', group, asked), false, group);
  }
});

test('a GitHub team makes nobody a member of a group that the catalog does not hold', () => {
  const people = indexPeople([makeUser('omar')], [makeGroup('all', { children: ['gone'] })]);
  const logins = new Set(['omar']);
  const asked = withTeams(people, new Map([[groupRef('gone'), { logins, canBeMentioned: true }]]));
  for (const group of ['gone', 'all']) {
    assert.equal(isMember(asked, 'user:default/omar', groupRef(group)), false, group);
    assert.deepEqual(membersOf(asked, groupRef(group)), [], group);
  }
});

test('only the teams that lead to the groups in question are asked for', () => {
  const people = indexPeople(
    [],
    [
      makeGroup('all'),
      makeGroup('dept', { parent: 'all' }),
      makeGroup('team', { parent: 'dept', team: 'acme/team' }),
      makeGroup('other', { team: 'acme/other' }),
    ],
  );
  const asked = (...names: string[]) =>
    teamGroupsBelow(people, names.map(groupRef)).map(({ name }) => name);
  assert.deepEqual(asked('all'), ['team']);
  assert.deepEqual(asked('team', 'other'), ['team', 'other']);
  assert.deepEqual(asked('nobody'), []);
});

test('groups that contain each other end the walk instead of going round', () => {
  const is = belongs(
    [makeUser('omar', ['a'])],
    [
      makeGroup('a', { parent: 'b' }),
      makeGroup('b', { parent: 'c', children: ['a'] }),
      makeGroup('c', { parent: 'a' }),
      makeGroup('d'),
    ],
  );
  for (const group of ['a', 'b', 'c']) assert.equal(is('omar', group), true);
  assert.equal(is('omar', 'd'), false);
});

test('logins are compared without case, subjects byte by byte', () => {
  const people = indexPeople([makeUser('omar')], []);
  assert.equal(userByLogin(people, 'OmAr')?.name, 'omar');
  assert.equal(userByLogin(people, 'om'), undefined);
  assert.equal(personBySubject(people, 'sub-omar')?.name, 'omar');
  assert.equal(personBySubject(people, 'SUB-omar'), undefined);
});

test('a person is a member exactly when some chain of parents leads from one of their groups to it', () => {
  const size = 7;
  const index = fc.integer({ min: 0, max: size - 1 });
  const name = (each: number) => `g${each}`;
  const scenario = fc.record({
    /** Told by the one above: parent and child. */
    children: fc.array(fc.tuple(index, index), { maxLength: size }),
    /** Told by the one below: the parent of each group, where it names one. */
    parents: fc.array(fc.option(index, { nil: undefined }), { minLength: size, maxLength: size }),
    direct: fc.array(index, { maxLength: 3 }),
    wanted: index,
  });
  fc.assert(
    fc.property(scenario, ({ children, parents, direct, wanted }) => {
      const groups = parents.map((parent, each) =>
        makeGroup(name(each), {
          ...(parent !== undefined && { parent: name(parent) }),
          children: children.filter(([above]) => above === each).map(([, below]) => name(below)),
        }),
      );
      const people = indexPeople([makeUser('omar', direct.map(name))], groups);
      // The other way to say it: the groups below `wanted`, to a fixed point.
      const edges = [...children, ...parents.map((parent, child) => [parent, child] as const)];
      const below = new Set<number | undefined>([wanted]);
      for (let round = 0; round < size; round += 1) {
        for (const [parent, child] of edges) if (below.has(parent)) below.add(child);
      }
      const expected = direct.some((each) => below.has(each));
      assert.equal(isMember(people, 'user:default/omar', groupRef(name(wanted))), expected);
      assert.equal(membersOf(people, groupRef(name(wanted))).length, expected ? 1 : 0);
    }),
    { numRuns: 300 },
  );
});

test('the members of a group are exactly those who count as it, also where groups are GitHub teams', () => {
  const size = 6;
  const names = ['omar', 'olga', 'dana'];
  const index = fc.integer({ min: 0, max: size - 1 });
  const name = (each: number) => `g${each}`;
  const scenario = fc.record({
    parents: fc.array(fc.option(index, { nil: undefined }), { minLength: size, maxLength: size }),
    memberOf: fc.array(fc.array(index, { maxLength: 2 }), { minLength: 3, maxLength: 3 }),
    /** Who is in the team of each group, where it is tied to one; an empty team is one as well. */
    teams: fc.array(fc.option(fc.subarray(names), { nil: undefined }), {
      minLength: size,
      maxLength: size,
    }),
    wanted: index,
  });
  let found = 0;
  fc.assert(
    fc.property(scenario, ({ parents, memberOf, teams, wanted }) => {
      const groups = parents.map((parent, each) =>
        makeGroup(name(each), {
          ...(parent !== undefined && { parent: name(parent) }),
          ...(teams[each] && { team: `acme/${name(each)}` }),
        }),
      );
      const users = names.map((each, at) => makeUser(each, (memberOf[at] ?? []).map(name)));
      const asked = teams.flatMap((logins, each) =>
        logins
          ? ([[groupRef(name(each)), { logins: new Set(logins), canBeMentioned: true }]] as const)
          : [],
      );
      const people = withTeams(indexPeople(users, groups), new Map(asked));
      const ref = groupRef(name(wanted));
      const expected = users.filter((user) => isMember(people, user.ref, ref));
      assert.deepEqual(new Set(membersOf(people, ref)), new Set(expected));
      found += expected.length;
    }),
    { numRuns: 300 },
  );
  assert.ok(found > 100, `only ${found} members in all cases together`);
});
