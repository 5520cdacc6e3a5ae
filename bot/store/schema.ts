// The tables of the bot's database, as TypeScript sees them. What a row means stands here; how it came to be
// is in migrations.ts. Times are ISO 8601 in UTC with milliseconds, so that they sort as text.
// `body` columns hold canonical JSON of a type the domain owns; the columns beside it are there to be searched.

import type { Generated } from 'kysely';

export interface Schema {
  accounts: AccountsTable;
  backup: BackupTable;
  deliveries: DeliveriesTable;
  entities: EntitiesTable;
  fileVersions: FileVersionsTable;
  commands: CommandsTable;
  confirmations: ConfirmationsTable;
  epochs: EpochsTable;
  requests: RequestsTable;
  approvals: ApprovalsTable;
  cards: CardsTable;
  grants: GrantsTable;
  reviews: ReviewsTable;
  sessions: SessionsTable;
  outbox: OutboxTable;
  pauses: PausesTable;
  records: RecordsTable;
  relays: RelaysTable;
  shutRepositories: ShutRepositoriesTable;
  teams: TeamsTable;
  waitingApprovals: WaitingApprovalsTable;
}

/** Which account a login stands for: who had it when its User was first seen with it. Another one's use is alarmed. */
interface AccountsTable {
  /** In lower case. */
  login: string;
  id: number;
  seenAt: string;
  /** The User of the catalog it was bound for; null where an older version bound it, until it is looked at again. */
  userRef: string | null;
  /** `sallyport.dev/subject` of that User, the last that it was seen with. */
  subject: string | null;
}

/** One row where the database is a copy of another, none where it is the one in use. */
interface BackupTable {
  /** Null where it is not known. */
  madeAt: string | null;
  /** When it was put in the place of one that is lost; null while it only lies there. */
  restoredAt: string | null;
}

/** Which team a name stood for when it was first needed; `org/slug` in lower case. */
interface TeamsTable {
  name: string;
  id: number;
  seenAt: string;
}

/** A webhook as GitHub sent it, kept before it is answered. */
interface DeliveriesTable {
  position: Generated<number>;
  /** X-GitHub-Delivery: the same for a delivery and its redeliveries. */
  guid: string;
  event: string;
  payload: string;
  receivedAt: string;
  state: 'waiting' | 'done' | 'failed';
  attempts: number;
  /** It is not tried before this moment. */
  notBefore: string;
  fault: string | null;
}

/** A comment that was read as a command, and what came of it: a comment acts once, however often it is delivered. */
interface CommandsTable {
  commentId: number;
  at: string;
  outcome: string;
  /** Null where nobody could be told apart: the account was gone, or an older version wrote it. */
  authorId: number | null;
}

/** A relay that said it has cut a revoked grant. */
interface ConfirmationsTable {
  grantId: string;
  relay: string;
  /** Sessions it cut. */
  sessions: number;
  at: string;
}

/** Each time the database was restored from a backup; none for the first epoch. See epochs.ts. */
interface EpochsTable {
  number: number;
  openedAt: string;
  firstRequest: number;
  /** When the backup was made; null where it is not known. */
  backupAt: string | null;
}

/** An entity of the catalog as it was last seen. */
interface EntitiesTable {
  ref: string;
  /** Digest of its owner, its addresses, and the approvals it demands. */
  standing: string;
  /** When it became that; null where it was so in the first catalog of all. */
  since: string | null;
}

/** A file that rules are read from, as it was when it was good last. */
interface FileVersionsTable {
  use: 'policy' | 'descriptor';
  /** `owner/name` in lower case. */
  repository: string;
  path: string;
  /** SHA of its blob. */
  hash: string;
  /** The number of the last reading that found it good; null where that was the last one of all. */
  goodIn: number | null;
}

interface RequestsTable {
  number: Generated<number>;
  state: 'pending' | 'granted' | 'denied' | 'cancelled' | 'lapsed';
  requesterId: number;
  repositoryId: number;
  issueNumber: number;
  commentId: number;
  lapsesAt: string;
  /** The comment that shows this request; null until it is written. */
  cardCommentId: number | null;
  /** 1 from when somebody else's change of the card was noticed until it is put back. */
  cardChanged: Generated<number>;
  /** When it was last put back, by GitHub's clock, ISO 8601 in seconds; null where that was never needed. */
  cardRestoredAt: string | null;
  /** What is needed before it is granted, and told beside it, as JSON: for the card, as the last decision found it. */
  missing: string;
  /** Who ended it and why, for the card; null while it is pending or granted. */
  ending: string | null;
  body: string;
}

/** Every text a card has been given: what stands on the issue and is not among them, somebody else wrote. */
interface CardsTable {
  requestNumber: number;
  /** Digest of the text. */
  hash: string;
}

interface ApprovalsTable {
  requestNumber: number;
  approverId: number;
  body: string;
}

interface GrantsTable {
  id: string;
  requestNumber: number;
  state: 'active' | 'expired' | 'revoked';
  granteeId: number;
  /** Null until its time has begun. */
  startsAt: string | null;
  /** The moment by which it has ended for certain; `/extend` moves it, and so does the first claim. */
  endsAt: string;
  /** By when it has to be claimed; null once its time has begun. */
  useBy: string | null;
  /** Who ended it before its time and why, as JSON; null while it is active. */
  ended: string | null;
  body: string;
}

/** The review that a broken glass demands. */
interface ReviewsTable {
  requestNumber: number;
  dueAt: string;
  /** Who may review it, as it was when the glass was broken, as JSON. */
  reviewers: string;
  /** 1 once everybody was told that it is overdue. */
  isToldOverdue: Generated<number>;
  /** Who reviewed it, when and with which words, as JSON; null while it is open. */
  done: string | null;
}

interface SessionsTable {
  id: string;
  grantId: string;
  relay: string;
  startedAt: string;
  endedAt: string | null;
  endReason: string | null;
  bytesUp: number;
  bytesDown: number;
  connections: number;
}

/** What is still to be written to GitHub. Rows of one issue and lane leave in order. */
interface OutboxTable {
  position: Generated<number>;
  /** Whose budget at GitHub it is written on; another than in the body once the App was put back under another number. */
  installationId: number;
  repositoryId: number;
  /** Repository id and issue number: the order holds within it. */
  thread: string;
  kind: 'card' | 'comment' | 'reaction' | 'label' | 'check';
  /** Which of them wait for each other. */
  lane: 'reactions' | 'decisions' | 'replies' | 'checks';
  /** Unique for each thing to be said: a second row with the same key is the same thing. */
  key: string;
  body: string;
  state: 'waiting' | 'sent' | 'failed';
  attempts: number;
  /** When it was last tried. */
  attemptedAt: string | null;
  /** It is not tried before this moment. */
  notBefore: string;
  fault: string | null;
}

/** Until when GitHub asked an installation not to write, and when it said so. */
interface PausesTable {
  installationId: number;
  namedAt: string;
  endsAt: string;
}

/** A repository to which nothing can be written for now. What is to be written there waits. */
interface ShutRepositoriesTable {
  repositoryId: number;
  /** `out-of-reach`: no installation of the App covers it. */
  cause: 'suspended' | 'archived' | 'out-of-reach';
  /** Since when that was found, again and again. */
  since: string;
  lookedAt: string;
  /** It is not tried before this moment. */
  lookAt: string;
}

/** The audit log: one canonical JSON record a row. */
interface RecordsTable {
  seq: number;
  body: string;
  /** Leaf hash of RFC 6962, base64url. */
  leaf: string;
}

/** Where the control channel with a relay stands. */
interface RelaysTable {
  name: string;
  /** Sequence numbers below this one may have been used. */
  reservedSeq: number;
  /** The last of the relay's events that is recorded here. */
  eventsRecorded: number;
  /** The epoch in which it was. */
  eventsEpoch: Generated<number>;
}

/** An approval that does not count until its approver has signed in over it. */
interface WaitingApprovalsTable {
  id: string;
  requestNumber: number;
  approverId: number;
  /** When it stops waiting. */
  until: string;
  state: 'waiting' | 'confirmed' | 'refused' | 'replaced' | 'lapsed';
  /** Which comment it was, what it approved and for how long. */
  body: string;
}
