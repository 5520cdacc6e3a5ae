// What is told while the bot is killed: stories of one issue each, in which every command of the product is given, a form
// is filled in, and what somebody else changes is put back. How and when the bot is killed is not known here.

import assert from 'node:assert/strict';
import { accessRepository, type EditTemplate } from '../demo/seed.ts';
import type { LocalGitHub } from '../github/server.ts';
import type { ThreadComment, ThreadView } from '../github/threads.ts';
import { patienceMs } from '../support/within.ts';
import type { BotLog } from './bot-log.ts';
import type { ClaimEnd } from './claimant.ts';
import type { ControlRelay } from './control-relay.ts';

/** Where stories are played. */
export interface Stage {
  readonly github: LocalGitHub;
  readonly relay: ControlRelay;
  /** Somebody pastes the line, and again when the bot died meanwhile. */
  paste(login: string, grant: string): Promise<ClaimEnd>;
  /** Somebody follows the link of an approval that waits and confirms it, and again when the bot died meanwhile. */
  confirm(login: string, link: string): Promise<void>;
  readonly log: BotLog;
}

export interface Story {
  readonly title: string;
  /** Plays it on an issue of its own, until nothing of it is left to be said. Resolves with the issue's number. */
  play(stage: Stage): Promise<number>;
}

/**
 * Engineering may break the glass. What is given of the reports begins with the first connection, and what is in the
 * vault is approved by a sign-in.
 */
export const company: EditTemplate = (path, text) => {
  if (path === 'sallyport.yml') {
    const rules = text.replace('# break-glass: { who: group:default/oncall', glass);
    return [
      rules,
      namespace('reports', 'clock: first-connect'),
      namespace('vault', 'confirm: sign-in'),
    ].join('');
  }
  if (path === 'catalog-info.yaml')
    return [text, database('reports', 'reports-db'), database('vault', 'secrets')].join('');
  return text;
};
const glass = 'break-glass: { who: group:default/engineering';
const namespace = (name: string, rule: string) => `  ${name}:
    catalog: [acme/payments-services]
    owners: [group:default/payments]
    relays: [eu-1]
    requesters: [group:default/engineering]
    approvers: [owner]
    ${rule}
    roles:
      reader: { default: 1h, max: 8h, approvals: 1 }
`;
const database = (namespace: string, name: string) => `---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  namespace: ${namespace}
  name: ${name}
  annotations: { sallyport.dev/target: '${name}.internal:5432', sallyport.dev/protocol: postgres }
spec: { type: database, owner: group:default/payments }
`;
export const stories: readonly Story[] = [
  { title: 'a session that begins with the first connection, and is revoked', play: useAndRevoke },
  { title: 'less time than asked for, then more', play: narrowAndExtend },
  { title: 'an approval that is confirmed by a sign-in', play: confirmBySignIn },
  { title: 'two approvals, and more time denied', play: denyMore },
  {
    title: 'broken glasses and their reviews, one of them when its issue is gone',
    play: breakAndReview,
  },
  { title: 'a form that is denied after its first approver has left', play: denyForm },
  {
    title: 'questions, a policy that is proposed, and a request that is withdrawn',
    play: askAndCancel,
  },
  { title: 'a card that somebody else has changed when it is approved', play: refuseForged },
  { title: 'a card and labels that somebody else changes', play: putBack },
  { title: 'words that are edited after they were read', play: editWords },
];

async function useAndRevoke(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect reports-db 2h\n\nA report is off.', /waiting for approval/);
  await says('bea', '/approve', /may not decide/);
  await says('omar', '/approve', /is granted: 2 h, from your first connection/);
  const grant = await found(until, /(g_[a-z2-7]{26})/);
  assert.deepEqual(await stage.paste('bea', grant), { kind: 'refused', code: 'not_grantee' });
  const claimed = await stage.paste('dana', grant);
  assert.ok(
    claimed.kind === 'token' && stage.log.hasToken(claimed.token),
    'no token without its record',
  );
  await until(shows(/: granted until/));
  await stage.relay.session(grant);
  await says('dana', '/revoke done', /was revoked/);
  await until(isLabelled('revoked'));
  await until(shows(/\| confirmed by `eu-1`.*`closed`/s));
  return number;
}

async function narrowAndExtend(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect payments-db 2h', /waiting for approval/);
  await says('omar', '/approve 1h', /is granted until/);
  await says('dana', '/extend 30m\n\nIt takes longer.', /More time for .*waiting for approval/);
  const more = await found(until, /More time for .*`(r\d+)`/s);
  await says('omar', `/approve ${more}`, /now lasts until/);
  await says('omar', '/revoke That is enough.', /was revoked/);
  await until(shows(/More time for .*: revoked/));
  await until(shows(/\| confirmed by `eu-1`/));
  return number;
}

async function confirmBySignIn(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect secrets 2h', /waiting for approval/);
  const { id } = await stage.github.as('omar').comment(accessRepository, number, '/approve 1h');
  const link = await found(until, /signed in over it\]\((https:[^)]+)\)/);
  await stage.confirm('omar', link);
  await until(shows(/is granted until/));
  await until(({ comments }) =>
    comments.some((comment) => comment.id === id && comment.reactions.length === 2),
  );
  await says('dana', '/revoke', /was revoked/);
  await until(isLabelled('revoked'));
  await until(shows(/\| confirmed by `eu-1`/));
  return number;
}

async function denyMore(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect payments-db 1h as writer', /waiting for approval/);
  await says('omar', '/approve 45m', /\*\*Approvals:\*\* `omar`/);
  await says('otto', '/approve', /is granted until/);
  await says('dana', '/extend 15m', /More time for .*waiting for approval/);
  await says('otto', '/deny Not today.', /denied your request/);
  await says('dana', '/extend 10m', /More time for .*waiting for approval/);
  // Nobody decides on this one: it ends with the grant.
  await says('dana', '/revoke', /was revoked/);
  await until(
    ({ comments }) => comments.filter(isOurs(/More time for .*: (denied|cancelled)/)).length === 2,
  );
  await until(shows(/\| confirmed by `eu-1`/));
  return number;
}

async function breakAndReview(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/break-glass payments-db 30m\n\nPayments fail.', /broke the glass of/);
  await says('dana', '/review ok', /nobody reviews what they did themselves/);
  await says('omar', '/review Agreed on the phone.', /`omar` reviewed it at/);
  await says('otto', '/revoke', /was revoked/);
  await until(isLabelled('revoked'));
  await until(shows(/\| confirmed by `eu-1`/));
  const gone = await openIssue(stage);
  await gone.says('dana', '/break-glass payments-db 30m\n\nThey fail again.', /broke the glass of/);
  const request = await found(gone.until, /\/review (r\d+) ok/);
  await gone.says('otto', '/revoke', /was revoked/);
  await gone.until(isLabelled('revoked'));
  await gone.until(shows(/\| confirmed by `eu-1`/));
  await stage.github.as('pia').deleteIssue(accessRepository, gone.number);
  await says('omar', `/review ${request} ok`, /`omar` reviewed at/);
  return number;
}

async function denyForm(stage: Stage): Promise<number> {
  const asked = { resource: 'payments-db', duration: '2h', role: 'writer' };
  const answers = { ...asked, reason: 'The ledger is off.' };
  const form = 'access-request.yml';
  const { number } = await stage.github.as('dana').submitForm(accessRepository, form, { answers });
  const { says, until } = onIssue(stage, number);
  await until(shows(/waiting for approval/));
  await until(({ reactions }) => reactions.length === 2);
  await says('omar', '/approve', /needed:\*\* 1 approval by/);
  const acme = stage.github.organization('acme');
  acme.removeMember('omar', 'pia');
  // Nobody says anything: the card follows what is missing by now.
  await until(shows(/needed:\*\* 2 approvals by `/));
  await says('otto', '/deny Ask for less.', /denied your request/);
  await until(isLabelled('denied'));
  acme.addMember('omar', { role: 'member', state: 'active', isPublic: false }, 'pia');
  return number;
}

async function askAndCancel(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/why payments-db', /\| Rule \|/);
  await says('dana', '/resources', /\| Resource \| Called \|/);
  await proposeFaulty(stage, `proposal-${number}`);
  await says('dana', '/help', /an edited comment never acts/);
  await says('dana', '/conect payments-db', /Did you mean this/);
  await says('dana', '/connect payments-db', /waiting for approval/);
  await says('omar', '/status', /\| Request \| Of \|/);
  await says('dana', '/cancel', /: cancelled/);
  await until(isLabelled('cancelled'));
  return number;
}

/** Opens a pull request with a policy that cannot be used; settled once its commit says so. */
async function proposeFaulty({ github }: Stage, branch: string): Promise<void> {
  const pia = github.as('pia');
  await pia.createBranch(accessRepository, branch);
  const file = { text: `version: 2 # ${branch}\n`, branch };
  const { commit } = await pia.putFile(accessRepository, 'sallyport.yml', file);
  await pia.openPull(accessRepository, { head: branch, title: 'Wider' });
  const checks = () => github.checks(accessRepository, String(commit.sha));
  await github.waitFor(() => checks().length > 0, patienceMs);
  assert.equal(checks().at(-1)?.conclusion, 'failure');
}

async function refuseForged(stage: Stage): Promise<number> {
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect payments-db', /waiting for approval/);
  // Nobody tells of this change: it is found when somebody says yes to it.
  stage.github.addFault({ kind: 'unrecorded-delivery', event: 'issue_comment.edited' });
  const card = await forgeCard(stage, until);
  await says('omar', '/approve', /was changed by somebody else/);
  await until(isPutBack(card));
  await says('dana', '/cancel', /: cancelled/);
  await until(isLabelled('cancelled'));
  return number;
}

async function putBack(stage: Stage): Promise<number> {
  const { github } = stage;
  const { number, says, until } = await openIssue(stage);
  await says('dana', '/connect payments-db', /waiting for approval/);
  await until(isLabelled('pending'));
  const card = await forgeCard(stage, until);
  await until(isPutBack(card));
  // Answered after the bot knows that it is put back: a change before that is of one piece with the one before it.
  await says('omar', '/status', /\| Request \| Of \|/);
  await github.as('pia').deleteComment(accessRepository, card.id);
  await until(shows(/waiting for approval/));
  const labels = ['access: granted', 'urgent'];
  await github.as('pia').editIssue(accessRepository, number, { labels });
  await until(isLabelled('pending'));
  await says('dana', '/cancel', /: cancelled/);
  await until(isLabelled('cancelled'));
  return number;
}

async function editWords(stage: Stage): Promise<number> {
  const { github } = stage;
  const { number, says, until } = await openIssue(stage);
  const words = '/connect payments-db 1h';
  const first = await says('dana', words, /waiting for approval/);
  await github.as('dana').editComment(accessRepository, first, `${words} as writer`);
  await until(shows(/ended without a grant: .*edited/));
  const second = await says('dana', words, /waiting for approval/);
  await github.as('dana').deleteComment(accessRepository, second);
  await until(shows(/ended without a grant: .*deleted/));
  await says('omar', '/approve', /no request waits/);
  await until(isLabelled('cancelled'));
  return number;
}

/** Stands in every card, unseen. */
const cardMark = /:card/;

type Until = (satisfies: (view: ThreadView) => boolean) => Promise<ThreadView>;

interface Scene {
  readonly number: number;
  readonly until: Until;
  /** Somebody comments; settled when the outcome stands there and the comment carries its last reaction. */
  says(who: string, words: string, outcome: RegExp): Promise<number | bigint>;
}

async function openIssue(stage: Stage): Promise<Scene> {
  const { number } = await stage.github
    .as('dana')
    .openIssue(accessRepository, { title: 'Ledger', body: '' });
  return onIssue(stage, number);
}

function onIssue({ github }: Stage, number: number): Scene {
  const thread = github.thread(accessRepository, number);
  const until: Until = (satisfies) => thread.until(satisfies, patienceMs);
  return {
    number,
    until,
    async says(who, words, outcome) {
      const { id } = await github.as(who).comment(accessRepository, number, words);
      await until(
        (view) =>
          shows(outcome)(view) &&
          view.comments.some((comment) => comment.id === id && comment.reactions.length === 2),
      );
      return id;
    },
  };
}

function shows(pattern: RegExp): (view: ThreadView) => boolean {
  return ({ comments }) => comments.some(isOurs(pattern));
}

/** Whether a comment is the bot's and says this. */
function isOurs(pattern: RegExp): (comment: ThreadComment) => boolean {
  return ({ isBot, body }) => isBot && pattern.test(body);
}

/** Whether this is the only one of the bot's labels. */
function isLabelled(state: string): (view: ThreadView) => boolean {
  return ({ labels }) =>
    labels.filter((label) => label.startsWith('access: ')).join() === `access: ${state}`;
}

/** Somebody else writes on the card; gives it as it was. */
async function forgeCard({ github }: Stage, until: Until): Promise<ThreadComment> {
  const card = (await until(shows(cardMark))).comments.find(isOurs(cardMark));
  assert.ok(card);
  const forged = card.body.replace('`reader`', '`writer`');
  await github.as('pia').editComment(accessRepository, card.id, forged);
  return card;
}

/** Whether a card that was forged since was edited after that, too. */
function isPutBack(card: ThreadComment): (view: ThreadView) => boolean {
  return ({ comments }) =>
    comments.some(({ id, edits }) => id === card.id && edits.length > card.edits.length + 1);
}

/** What a pattern finds in a comment of the bot's, once it is there. */
async function found(until: Until, pattern: RegExp): Promise<string> {
  const { comments } = await until(shows(pattern));
  const comment = comments.find(isOurs(pattern));
  return pattern.exec(comment?.body ?? '')?.[1] ?? '';
}
