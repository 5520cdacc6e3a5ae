// Every reason the bot can give for a no, in one closed list. A reason is a code and the data its text needs;
// the words stand in templates/, one text a code, and a test holds the two lists equal. Data is plain and
// may hold what a person typed: whoever renders it escapes it.

/** Who could approve, or could have: for the card, the mention and the refusals. */
export interface Approver {
  /** Entity ref, `group:default/payments` or `user:default/omar`. */
  readonly ref: string;
  /** Why they are entitled: they own the resource, or policy or the entity names them. */
  readonly as: 'owner' | 'named';
  readonly title: string;
  /** `org/team` where the group is a GitHub team that a mention may reach; null otherwise. */
  readonly team: string | null;
  /** GitHub logins of the members, without the requester, sorted. */
  readonly logins: readonly string[];
}

/** One demand that is not yet met: so many more people of these. */
export interface Missing {
  readonly count: number;
  readonly of: readonly Approver[];
}

/** A refusal of something a person asked for: code → data. Durations in milliseconds. */
export interface RefusalData {
  'catalog-stale': { sinceAt: string; maxAgeMs: number };
  'resource-unknown': { resource: string; suggestions: readonly string[] };
  'resource-ambiguous': { resource: string; candidates: readonly string[] };
  'resource-refused': {
    resource: string;
    fault: string;
    detail: string;
    file: string;
    line: number;
  };
  'namespace-without-policy': { resource: string; namespace: string };
  'person-unknown': { login: string };
  'person-unresolved': { id: number };
  'account-reassigned': { login: string };
  'not-a-requester': { login: string; resource: string; requesters: readonly string[] };
  'not-a-member': { login: string };
  'members-unreadable': { login: string };
  'team-unreadable': { login: string; resource: string; groups: readonly string[] };
  'role-unknown': { role: string; resource: string; roles: readonly string[] };
  'outside-hours': { namespace: string; opensAt: string };
  'duration-too-long': { role: string; askedMs: number; maxMs: number };
  'no-pending-request': { requests: readonly string[] };
  'request-unknown': { request: string; pending: readonly string[] };
  'request-must-be-named': { pending: readonly string[] };
  'request-not-pending': { request: string; state: string };
  'request-lapsed': { request: string; lapsedAt: string };
  'own-request': { request: string; approvers: readonly Approver[] };
  'not-an-approver': { login: string; request: string; approvers: readonly Approver[] };
  'already-approved': { login: string; request: string; missing: readonly Missing[] };
  'longer-than-asked': { request: string; askedMs: number; offeredMs: number };
  'card-changed': { request: string };
  'approval-taken-back': { request: string };
  'confirmed-by-another': { request: string; login: string };
  'confirmation-late': { request: string; untilAt: string };
  'confirmation-weak': { request: string; lacks: string };
  'request-altered': { request: string };
  'request-edited': { request: string; login: string };
  'request-deleted': { request: string };
  'request-moved': { request: string };
  'issue-gone': { request: string };
  'repository-public': { request: string };
  'repository-archived': { request: string };
  'app-removed': { request: string };
  'request-before-restore': { request: string; restoredAt: string };
  'written-before-restore': { restoredAt: string };
  'entity-changed': { request: string; resource: string };
  'rule-changed': { request: string; namespace: string };
  'not-the-requester': { login: string; request: string; requester: string };
  'no-active-grant': { grants: readonly string[] };
  'grant-unknown': { grant: string; active: readonly string[] };
  'grant-must-be-named': { active: readonly string[] };
  'grant-not-active': { grant: string; state: string };
  'not-a-revoker': { login: string; grant: string; approvers: readonly Approver[] };
  'target-changed': { grant: string; resource: string };
  'grant-too-long': { grant: string; role: string; durationMs: number; maxMs: number };
  'approval-withdrawn': { grant: string; missing: readonly Missing[] };
  'not-the-grantee': { login: string; grant: string; grantee: string };
  'extension-waits': { grant: string; request: string };
  'glass-not-extended': { request: string };
  'auto-not-extended': { grant: string };
  'grant-not-started': { grant: string; expiresAt: string };
  'extension-too-long': { grant: string; askedMs: number; leftMs: number; maxMs: number };
  'no-break-glass': { namespace: string };
  'not-a-breaker': { login: string; namespace: string; who: readonly string[] };
  'reason-missing': { resource: string };
  'glass-elsewhere': { repositories: readonly string[] };
  'glass-too-late': { ageMs: number; maxMs: number };
  'glass-open': { request: string };
  'nobody-to-review': { resource: string };
  'no-open-review': { reviewed: readonly string[] };
  'review-unknown': { request: string; open: readonly string[] };
  'review-must-be-named': { open: readonly string[] };
  'review-elsewhere': { request: string; issue: number };
  'own-review': { request: string; approvers: readonly Approver[] };
}

/** A comment that was meant for us but cannot be read as a command: code → data. */
export interface MistakeData {
  'misspelt-command': { verb: string };
  'missing-resource': { verb: string };
  'missing-duration': { verb: string };
  'secret-in-words': { what: string };
  'bad-resource': { word: string };
  'bad-duration': { word: string; fault: string };
  'bad-role': { word: string };
  'bad-request': { word: string };
  'bad-grant': { word: string };
  'unexpected-word': { word: string; usage: string };
  'reason-too-long': { maxChars: number };
  /** A command stands in the text of an issue itself. */
  'command-in-issue': Record<string, never>;
  'form-heading-missing': { heading: string };
  'form-heading-twice': { heading: string };
  'form-heading-misplaced': { heading: string };
  'form-field-not-a-word': { heading: string };
  'too-many-commands': { maxCommands: number };
}

export type RefusalCode = keyof RefusalData;
export type MistakeCode = keyof MistakeData;

/** A code with its data: what a decision answers and a template renders. */
export type Refusal = {
  [Code in RefusalCode]: { readonly code: Code; readonly data: RefusalData[Code] };
}[RefusalCode];
export type Mistake = {
  [Code in MistakeCode]: { readonly code: Code; readonly data: MistakeData[Code] };
}[MistakeCode];

/** The data fields of each refusal, for the test that every text can be filled. */
export const refusals = {
  'catalog-stale': ['sinceAt', 'maxAgeMs'],
  'resource-unknown': ['resource', 'suggestions'],
  'resource-ambiguous': ['resource', 'candidates'],
  'resource-refused': ['resource', 'fault', 'detail', 'file', 'line'],
  'namespace-without-policy': ['resource', 'namespace'],
  'person-unknown': ['login'],
  'person-unresolved': ['id'],
  'account-reassigned': ['login'],
  'not-a-requester': ['login', 'resource', 'requesters'],
  'not-a-member': ['login'],
  'members-unreadable': ['login'],
  'team-unreadable': ['login', 'resource', 'groups'],
  'role-unknown': ['role', 'resource', 'roles'],
  'outside-hours': ['namespace', 'opensAt'],
  'duration-too-long': ['role', 'askedMs', 'maxMs'],
  'no-pending-request': ['requests'],
  'request-unknown': ['request', 'pending'],
  'request-must-be-named': ['pending'],
  'request-not-pending': ['request', 'state'],
  'request-lapsed': ['request', 'lapsedAt'],
  'own-request': ['request', 'approvers'],
  'not-an-approver': ['login', 'request', 'approvers'],
  'already-approved': ['login', 'request', 'missing'],
  'longer-than-asked': ['request', 'askedMs', 'offeredMs'],
  'card-changed': ['request'],
  'approval-taken-back': ['request'],
  'confirmed-by-another': ['request', 'login'],
  'confirmation-late': ['request', 'untilAt'],
  'confirmation-weak': ['request', 'lacks'],
  'request-altered': ['request'],
  'request-edited': ['request', 'login'],
  'request-deleted': ['request'],
  'request-moved': ['request'],
  'issue-gone': ['request'],
  'repository-public': ['request'],
  'repository-archived': ['request'],
  'app-removed': ['request'],
  'request-before-restore': ['request', 'restoredAt'],
  'written-before-restore': ['restoredAt'],
  'entity-changed': ['request', 'resource'],
  'rule-changed': ['request', 'namespace'],
  'not-the-requester': ['login', 'request', 'requester'],
  'no-active-grant': ['grants'],
  'grant-unknown': ['grant', 'active'],
  'grant-must-be-named': ['active'],
  'grant-not-active': ['grant', 'state'],
  'not-a-revoker': ['login', 'grant', 'approvers'],
  'target-changed': ['grant', 'resource'],
  'grant-too-long': ['grant', 'role', 'durationMs', 'maxMs'],
  'approval-withdrawn': ['grant', 'missing'],
  'not-the-grantee': ['login', 'grant', 'grantee'],
  'extension-waits': ['grant', 'request'],
  'glass-not-extended': ['request'],
  'auto-not-extended': ['grant'],
  'grant-not-started': ['grant', 'expiresAt'],
  'extension-too-long': ['grant', 'askedMs', 'leftMs', 'maxMs'],
  'no-break-glass': ['namespace'],
  'not-a-breaker': ['login', 'namespace', 'who'],
  'reason-missing': ['resource'],
  'glass-elsewhere': ['repositories'],
  'glass-too-late': ['ageMs', 'maxMs'],
  'glass-open': ['request'],
  'nobody-to-review': ['resource'],
  'no-open-review': ['reviewed'],
  'review-unknown': ['request', 'open'],
  'review-must-be-named': ['open'],
  'review-elsewhere': ['request', 'issue'],
  'own-review': ['request', 'approvers'],
} as const satisfies { [Code in RefusalCode]: readonly (keyof RefusalData[Code])[] };

/** The data fields of each mistake. */
export const mistakes = {
  'misspelt-command': ['verb'],
  'missing-resource': ['verb'],
  'missing-duration': ['verb'],
  'secret-in-words': ['what'],
  'bad-resource': ['word'],
  'bad-duration': ['word', 'fault'],
  'bad-role': ['word'],
  'bad-request': ['word'],
  'bad-grant': ['word'],
  'unexpected-word': ['word', 'usage'],
  'reason-too-long': ['maxChars'],
  'command-in-issue': [],
  'form-heading-missing': ['heading'],
  'form-heading-twice': ['heading'],
  'form-heading-misplaced': ['heading'],
  'form-field-not-a-word': ['heading'],
  'too-many-commands': ['maxCommands'],
} as const satisfies { [Code in MistakeCode]: readonly (keyof MistakeData[Code])[] };

/** Makes a refusal whose data fits its code. */
export function refuse<Code extends RefusalCode>(code: Code, data: RefusalData[Code]): Refusal {
  // The compiler cannot see that code and data stay paired through the mapped union; the signature says so.
  return { code, data } as Refusal;
}

/** Makes a mistake whose data fits its code. */
export function mistake<Code extends MistakeCode>(code: Code, data: MistakeData[Code]): Mistake {
  return { code, data } as Mistake;
}
