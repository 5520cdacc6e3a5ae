// The steps from an empty database to today's. A step that has been released is never edited: a change is a new step.
// All steps of an upgrade are one transaction, inside which `pragma foreign_keys` does nothing: a step that has to break
// a reference for a moment says `pragma defer_foreign_keys = on`.

import { sql, type Kysely } from 'kysely';
import type { Migrations } from './upgrade.ts';

export const migrations: Migrations = {
  '0001-first-story': { up: (db) => run(db, firstStory) },
  '0002-paced-writes': { up: (db) => run(db, pacedWrites) },
  '0003-epochs': { up: (db) => run(db, epochs) },
  '0004-pauses': { up: (db) => run(db, pauses) },
  '0005-lanes': { up: (db) => run(db, lanes) },
  '0006-shut-repositories': { up: (db) => run(db, shutRepositories) },
  '0007-entities': { up: (db) => run(db, entities) },
  '0008-teams': { up: (db) => run(db, teams) },
  '0009-clocks': { up: (db) => run(db, clocks) },
  '0010-checks': { up: (db) => run(db, checks) },
  '0011-waiting-approvals': { up: (db) => run(db, waitingApprovals) },
  '0012-bindings': { up: (db) => run(db, bindings) },
  '0013-file-versions': { up: (db) => run(db, fileVersions) },
};

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

// The tables are STRICT: SQLite then refuses a text where a number belongs, as PostgreSQL would.
const firstStory = [
  `create table accounts (
     login text primary key,
     id integer not null,
     seen_at text not null
   ) strict`,
  `create table deliveries (
     position integer primary key autoincrement,
     guid text not null unique,
     event text not null,
     payload text not null,
     received_at text not null,
     state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
     attempts integer not null default 0,
     not_before text not null,
     fault text
   ) strict`,
  `create index deliveries_waiting on deliveries (position) where state = 'waiting'`,
  `create table commands (
     comment_id integer primary key,
     at text not null,
     outcome text not null
   ) strict`,
  `create table requests (
     number integer primary key autoincrement,
     state text not null check (state in ('pending', 'granted', 'denied', 'cancelled', 'lapsed')),
     requester_id integer not null,
     repository_id integer not null,
     issue_number integer not null,
     comment_id integer not null unique,
     lapses_at text not null,
     card_comment_id integer,
     missing text not null,
     ending text,
     body text not null
   ) strict`,
  `create index requests_by_issue on requests (repository_id, issue_number)`,
  `create index requests_pending on requests (lapses_at) where state = 'pending'`,
  `create table cards (
     request_number integer not null references requests (number),
     hash text not null,
     primary key (request_number, hash)
   ) strict`,
  `create table approvals (
     request_number integer not null references requests (number),
     approver_id integer not null,
     body text not null,
     primary key (request_number, approver_id)
   ) strict`,
  `create table grants (
     id text primary key,
     request_number integer not null unique references requests (number),
     state text not null check (state in ('active', 'expired', 'revoked')),
     grantee_id integer not null,
     ends_at text not null,
     ended text,
     body text not null
   ) strict`,
  `create index grants_active on grants (ends_at) where state = 'active'`,
  `create table confirmations (
     grant_id text not null references grants (id),
     relay text not null,
     sessions integer not null,
     at text not null,
     primary key (grant_id, relay)
   ) strict`,
  `create table reviews (
     request_number integer primary key references requests (number),
     due_at text not null,
     reviewers text not null,
     is_told_overdue integer not null default 0,
     done text
   ) strict`,
  `create index reviews_open on reviews (due_at) where done is null`,
  `create table sessions (
     id text primary key,
     grant_id text not null references grants (id),
     relay text not null,
     started_at text not null,
     ended_at text,
     end_reason text,
     bytes_up integer not null default 0,
     bytes_down integer not null default 0,
     connections integer not null default 0
   ) strict`,
  `create index sessions_by_grant on sessions (grant_id)`,
  `create table outbox (
     position integer primary key autoincrement,
     thread text not null,
     kind text not null check (kind in ('card', 'comment', 'reaction', 'label')),
     key text not null,
     body text not null,
     state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
     attempts integer not null default 0,
     not_before text not null,
     fault text
   ) strict`,
  `create index outbox_waiting on outbox (position) where state = 'waiting'`,
  `create table records (
     seq integer primary key,
     body text not null,
     leaf text not null
   ) strict`,
  // Against our own mistakes, not against whoever holds the file: the log is only ever added to.
  `create trigger records_stay before update on records begin select raise(abort, 'records are append-only'); end`,
  `create trigger records_remain before delete on records begin select raise(abort, 'records are append-only'); end`,
  `create table relays (
     name text primary key,
     reserved_seq integer not null default 0,
     events_recorded integer not null default 0
   ) strict`,
];

// What is written for an installation is counted from the attempts that were made for it, and a person's commands from
// those that were acted on. A card that somebody changed is put back, and no yes from before that counts.
const pacedWrites = [
  `alter table outbox add column installation_id integer not null default 0`,
  `update outbox set installation_id = json_extract(body, '$.thread.installationId')`,
  `alter table outbox add column attempted_at text`,
  `create index outbox_waiting_in_thread on outbox (thread, position) where state = 'waiting'`,
  `create index outbox_attempted on outbox (installation_id, attempted_at) where attempted_at is not null`,
  `alter table commands add column author_id integer`,
  `alter table requests add column card_changed integer not null default 0`,
  `alter table requests add column card_restored_at text`,
  `create index requests_by_card on requests (card_comment_id)`,
  `create index commands_by_author on commands (author_id, at)`,
];

// A bot that was restored from a backup has forgotten what it did since. From here on its database can say so.
const epochs = [
  `create table epochs (
     number integer primary key,
     opened_at text not null,
     first_request integer not null,
     backup_at text
   ) strict`,
  `create table backup (
     made_at text,
     restored_at text
   ) strict`,
  `alter table relays add column events_epoch integer not null default 1`,
];

// A limit that GitHub named holds also for a bot that was started again since.
const pauses = [
  `create table pauses (
   installation_id integer primary key,
   named_at text not null,
   ends_at text not null
 ) strict`,
];

// Replies wait for nothing that was decided, and hold up nothing of it.
const lanes = [
  `alter table outbox add column lane text not null default 'decisions'
     check (lane in ('reactions', 'decisions', 'replies'))`,
  `update outbox set lane = 'reactions' where kind = 'reaction'`,
  `update outbox set lane = 'replies'
     where json_extract(body, '$.posting.telling.about')
       in ('refused', 'mistake', 'help', 'why', 'resources', 'status')`,
];

// What cannot be written to a repository for now waits for that repository.
const shutRepositories = [
  `create table shut_repositories (
     repository_id integer primary key,
     cause text not null check (cause in ('suspended', 'archived', 'out-of-reach')),
     since text not null,
     looked_at text not null,
     look_at text not null
   ) strict`,
  `alter table outbox add column repository_id integer not null default 0`,
  `update outbox set repository_id = json_extract(body, '$.thread.repositoryId')`,
  `create index outbox_waiting_in_repository on outbox (repository_id) where state = 'waiting'`,
];

// What of the catalog is new can only be told by what it was.
const entities = [
  `create table entities (
   ref text primary key,
   standing text not null,
   since text
 ) strict`,
];

// A team's name changes hands as a login does.
const teams = [
  `create table teams (
   name text primary key,
   id integer not null,
   seen_at text not null
 ) strict`,
];

// What is given may wait for its first claim. Whatever was given before runs since then.
const clocks = [
  `alter table grants add column starts_at text`,
  `update grants set starts_at = json_extract(body, '$.startsAt')`,
  `alter table grants add column use_by text check ((use_by is null) = (starts_at is not null))`,
  `update grants set body =
     json_remove(json_set(body, '$.grantedAt', starts_at), '$.startsAt', '$.endsAt')`,
  `drop index grants_active`,
  `create index grants_active on grants (coalesce(use_by, ends_at)) where state = 'active'`,
];

// Checks of commits are written like everything else. SQLite cannot change what a column takes, so that the table is made
// anew, with every row as it was.
const checks = [
  `create table outbox_anew (
     position integer primary key autoincrement,
     thread text not null,
     kind text not null check (kind in ('card', 'comment', 'reaction', 'label', 'check')),
     key text not null,
     body text not null,
     state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
     attempts integer not null default 0,
     not_before text not null,
     fault text,
     installation_id integer not null,
     attempted_at text,
     lane text not null check (lane in ('reactions', 'decisions', 'replies', 'checks')),
     repository_id integer not null
   ) strict`,
  `insert into outbox_anew
     (position, thread, kind, key, body, state, attempts, not_before, fault,
      installation_id, attempted_at, lane, repository_id)
   select position, thread, kind, key, body, state, attempts, not_before, fault,
      installation_id, attempted_at, lane, repository_id from outbox`,
  `drop table outbox`,
  `alter table outbox_anew rename to outbox`,
  `create index outbox_waiting on outbox (position) where state = 'waiting'`,
  `create index outbox_waiting_in_thread on outbox (thread, position) where state = 'waiting'`,
  `create index outbox_attempted on outbox (installation_id, attempted_at) where attempted_at is not null`,
  `create index outbox_waiting_in_repository on outbox (repository_id) where state = 'waiting'`,
  // Whether something was said already is asked for each thing to be said, of all that ever was.
  `create index outbox_by_key on outbox (key)`,
];

// An approval may have to be confirmed by a sign-in before it counts.
const waitingApprovals = [
  `create table waiting_approvals (
   id text primary key,
   request_number integer not null references requests (number),
   approver_id integer not null,
   until text not null,
   state text not null check (state in ('waiting', 'confirmed', 'refused', 'replaced', 'lapsed')),
   body text not null
 ) strict`,
  `create index waiting_approvals_open on waiting_approvals (request_number, until)
     where state = 'waiting'`,
];

// A login is bound for the User that has it in the catalog. Whose it was when it was bound before is not known.
const bindings = [
  `alter table accounts add column user_ref text`,
  `alter table accounts add column subject text`,
];

// What stands in for a file that is broken at a start.
const fileVersions = [
  `create table file_versions (
     use text not null check (use in ('policy', 'descriptor')),
     repository text not null,
     path text not null,
     hash text not null,
     good_in integer,
     primary key (use, repository, path)
   ) strict`,
];
