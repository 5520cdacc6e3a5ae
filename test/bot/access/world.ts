// A small company for the tests of access: a policy and a catalog as text, read by the product's own readers,
// and the facts that follow. A test changes the text of the part it is about and leaves the rest.

import assert from 'node:assert/strict';
import type { Asking } from '../../../bot/access/asking.ts';
import { decideConnect, type ConnectDecision } from '../../../bot/access/connect.ts';
import type { Confirmation } from '../../../bot/access/confirm.ts';
import { decideApprove, type ApproveDecision } from '../../../bot/access/decide.ts';
import type { Belonging, Facts } from '../../../bot/access/eligibility.ts';
import type { Running } from '../../../bot/access/grant-time.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import { readPolicy, type Policy } from '../../../bot/access/policy.ts';
import { refusals, type Refusal, type RefusalCode } from '../../../bot/access/reasons.ts';
import type { AccessRequest, Approval, IssueRef, Person } from '../../../bot/access/request.ts';
import { readFile, type SourceFile } from '../../../bot/catalog/file.ts';
import { buildSnapshot, type Snapshot } from '../../../bot/catalog/snapshot.ts';
import type { Team } from '../../../bot/catalog/ownership.ts';
import { withTeams } from '../../../bot/catalog/teams.ts';

export const now = new Date('2026-03-02T09:00:00.000Z');
export const hourMs = 3_600_000;

/** Numeric ids differ from the order of names on purpose: nothing may rest on it. */
export const people = {
  dana: { id: 501, login: 'dana' },
  omar: { id: 77, login: 'omar' },
  olga: { id: 912, login: 'Olga' },
  dirk: { id: 340, login: 'dirk' },
  bea: { id: 18, login: 'bea' },
  otto: { id: 19, login: 'otto' },
} as const satisfies Record<string, Person>;

export const issue: IssueRef = {
  installationId: 1,
  repositoryId: 22,
  owner: 'acme',
  repo: 'access',
  number: 7,
  nodeId: 'I_7',
  url: 'https://github.test/acme/access/issues/7',
};

export const policyText = `
version: 1
people: { users: [acme/org], groups: [acme/org] }
namespaces:
  payments:
    catalog: [acme/payments-services]
    owners: [group:default/payments, user:default/otto]
    relays: [eu-1, eu-2]
    requesters: [group:default/engineering]
    approvers: [owner]
    pending: 8h
    roles:
      reader: { default: 1h, max: 8h, approvals: 1 }
      writer: { default: 30m, max: 2h, approvals: [owner, group:default/dba] }
      admin: { default: 10m, max: 1h, approvals: 2 }
`;

export const orgText = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: engineering, title: Engineering }
spec: { type: department, children: [payments] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: payments, title: Payments team }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: dba }
spec: { type: team, parent: engineering, children: [] }
${user('dana', ['engineering'])}
${user('omar', ['payments'])}
${user('Olga', ['payments', 'dba'])}
${user('dirk', ['dba'])}
${user('bea', ['engineering'])}
${user('otto', [])}
`;

export const databaseText = resource({ name: 'payments-db' });

export function user(login: string, groups: readonly string[], extra = ''): string {
  return `---
apiVersion: backstage.io/v1alpha1
kind: User
metadata:
  name: ${login.toLowerCase()}
  annotations: { github.com/user-login: ${login}, sallyport.dev/subject: 00u-${login.toLowerCase()} }
spec: { memberOf: [${groups.join(', ')}] ${extra} }`;
}

export function resource(parts: {
  readonly name: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly owner?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}): string {
  const {
    name,
    kind = 'Resource',
    namespace = 'payments',
    owner = 'group:default/payments',
  } = parts;
  const annotations = {
    'sallyport.dev/target': `${name}.internal:5432`,
    'sallyport.dev/protocol': 'postgres',
    ...parts.annotations,
  };
  return JSON.stringify({
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { namespace, name, annotations },
    spec: { type: 'database', owner },
  });
}

export interface World {
  readonly policy?: string;
  readonly org?: string;
  readonly services?: readonly string[];
  readonly files?: readonly SourceFile[];
  readonly logins?: ReadonlyMap<number, string>;
  readonly ids?: ReadonlyMap<string, number>;
  readonly belonging?: ReadonlyMap<number, Belonging>;
  /** Lower-case logins of a group's GitHub team, by the group's ref. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  readonly unreadableTeams?: readonly string[];
  readonly changedAt?: ReadonlyMap<string, string>;
  readonly now?: Date;
}

export function factsOf(world: World = {}): Facts {
  const { policy, revision } = policyOf(world.policy ?? policyText);
  const everyone = Object.values(people);
  return {
    policy,
    policyRevision: revision,
    catalog: withTeams(snapshotOf(world, policy), teamsOf(world)),
    logins: world.logins ?? new Map(everyone.map(({ id, login }) => [id, login])),
    ids: world.ids ?? new Map(everyone.map(({ id, login }) => [login.toLowerCase(), id])),
    belonging: world.belonging ?? new Map(everyone.map(({ id }) => [id, 'member'])),
    unreadableTeams: new Set(world.unreadableTeams),
    changedAt: world.changedAt ?? new Map(),
    now: world.now ?? now,
  };
}

function teamsOf({ teams = {} }: World): ReadonlyMap<string, Team> {
  return new Map(
    Object.entries(teams).map(([ref, logins]) => [
      ref,
      { canBeMentioned: true, logins: new Set(logins) },
    ]),
  );
}

export function policyOf(text: string): { policy: Policy; revision: string } {
  const reading = readPolicy(text, 'sallyport.yml');
  assert.equal(reading.kind, 'valid', JSON.stringify(reading));
  assert.ok(reading.kind === 'valid');
  return reading;
}

export function snapshotOf(world: World, policy: Policy): Snapshot {
  const { org = orgText, services = [databaseText], files = [] } = world;
  const readings = [
    sourceFile('acme/org', org),
    sourceFile('acme/payments-services', services.join('\n---\n')),
    ...files,
  ].map(readFile);
  const read = readings.map((reading) => {
    assert.ok(reading.kind === 'read', JSON.stringify(reading));
    return reading;
  });
  return buildSnapshot(
    {
      descriptors: read.flatMap((reading) => reading.descriptors),
      faulty: read.flatMap((reading) => reading.faulty),
    },
    policy,
  );
}

export function sourceFile(repository: string, text: string): SourceFile {
  return { repository, path: 'catalog-info.yaml', revision: 'c0ffee', text };
}

export interface Asked {
  readonly resource?: string;
  readonly durationMs?: number;
  readonly role?: string;
  readonly requester?: Person;
  readonly viaEmail?: boolean;
  readonly writtenAt?: string;
}

export function connect(facts: Facts, asked: Asked = {}): ConnectDecision {
  const { resource: name = 'payments-db', requester = people.dana, ...rest } = asked;
  const command = { verb: 'connect', resource: name, reason: 'A customer is waiting.' } as const;
  const comment = { commentId: 4001, commentNodeId: 'IC_4001' };
  const question = { requester, requestId: 'r1', issue, ...comment };
  const { viaEmail = false, writtenAt = facts.now.toISOString(), ...words } = rest;
  const at = { grantId: 'g_abcdefghijklmnopqrstuvwxyz', viaEmail, writtenAt };
  return decideConnect({ ...question, ...at, command: { ...command, ...words } }, facts);
}

export function opened(facts: Facts, asked: Asked = {}): AccessRequest {
  const decision = connect(facts, asked);
  assert.ok(decision.kind === 'open', JSON.stringify(decision));
  return decision.request;
}

export interface Gesture {
  readonly request: AccessRequest;
  readonly approvals?: readonly Approval[];
  readonly by: Person;
  readonly durationMs?: number;
  readonly shownDigest?: string;
  readonly asking?: Asking;
  readonly extended?: Grant;
  readonly confirmation?: Confirmation;
}

export function approve(facts: Facts, gesture: Gesture): ApproveDecision {
  const { request, approvals = [], by, shownDigest = request.digest, durationMs } = gesture;
  const { asking = { kind: 'stands' }, extended, confirmation } = gesture;
  const question = { request, approvals, approver: by, commentId: 4002, asking, shownDigest };
  const grantId = 'g_abcdefghijklmnopqrstuvwxyz';
  const more = {
    ...(durationMs !== undefined && { durationMs }),
    ...(extended !== undefined && { extended }),
    ...(confirmation !== undefined && { confirmation }),
  };
  return decideApprove({ ...question, grantId, ...more }, facts);
}

/** A grant that was asked for and, unless it says otherwise, approved by omar. */
export function grantedTo(
  requester: Person,
  facts: Facts,
  asked: Omit<Asked, 'requester'> & { readonly by?: Person } = {},
): Grant {
  const { by = people.omar, ...words } = asked;
  const request = opened(facts, { ...words, requester });
  const decision = approve(facts, { request, by });
  assert.ok(decision.kind === 'granted', JSON.stringify(decision));
  return decision.grant;
}

/** When a grant begins and ends that does not wait. */
export function running({ time }: Pick<Grant, 'time'>): Running {
  assert.ok(time.kind === 'running', JSON.stringify(time));
  return time;
}

/** The refusal behind a decision; checks that its data is what its code promises to the templates. */
export function reasonOf(
  decision: { readonly kind: string; readonly reason?: Refusal },
  code: RefusalCode,
): Refusal {
  assert.equal(decision.reason?.code, code, JSON.stringify(decision));
  assert.ok(decision.reason);
  assert.deepEqual(Object.keys(decision.reason.data).sort(), [...refusals[code]].sort());
  return decision.reason;
}
