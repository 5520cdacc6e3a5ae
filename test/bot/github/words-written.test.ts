import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installationClient, tokenClient } from '../../github/fixture.ts';
import { findAccount } from '../../github/state.ts';
import { startCompany, template, type Company } from '../company.ts';

const repo = 'acme/access';
const ask = '/connect payments-db 2h\n\nThe ledger is off by one cent.';

/** Writes `/approve` on the issue in a way that must not count. Resolves with the number of the comment. */
type Way = (company: Company, issue: number) => Promise<number | bigint>;

const ways: readonly (readonly [string, Way])[] = [
  ['sent by e-mail', byEmail],
  ['written by an App', byApp],
  ['written by an App in an owner’s name', inOmarsName],
  ['written by an App, of which a signed event says that an owner wrote it', saidToBeOmars],
  ['edited before the bot, which was down, read it', editedMeanwhile],
];

for (const [how, write] of ways) {
  test(`an approval ${how} gets no answer and no reaction, and the next one by a person counts`, async () => {
    await using company = await startCompany();
    const { github } = company;
    const issue = await company.asked(ask);
    const ignored = Number(await write(company, issue));
    const { id } = await github.as('omar').comment(repo, issue, '/approve');
    // Deliveries are dealt with in order, and so is what is said on an issue: it had its turn before this one's last
    // word and last reaction.
    const { comments } = await github.thread(repo, issue).until((view) => {
      const reactions = view.comments.find((comment) => comment.id === id)?.reactions ?? [];
      const isSaid = view.comments.some(({ body }) => body.includes('is granted until'));
      return isSaid && reactions.some(({ content }) => content === 'rocket');
    });
    assert.deepEqual(comments.find((comment) => comment.id === ignored)?.reactions, []);
    const said = comments.filter((comment) => comment.isBot && comment.id !== ignored);
    assert.equal(said.length, 2, 'the card and one comment that tells the requester');
    assert.match(said[1]?.body ?? '', /is granted until/);
    assert.deepEqual(github.unhandled, []);
  });
}

async function byEmail({ github }: Company, issue: number): Promise<number | bigint> {
  const { id } = await github.as('omar').commentByEmail(repo, issue, '/approve');
  await github.settled();
  return id;
}

async function byApp({ github }: Company, issue: number): Promise<number> {
  const at = { owner: 'acme', repo: 'access', issue_number: issue };
  const { rest } = installationClient(github);
  const { data } = await rest.issues.createComment({ ...at, body: '/approve' });
  await github.settled();
  return data.id;
}

/** With a token that omar gave to an App when he signed in there. */
async function inOmarsName({ github }: Company, issue: number): Promise<number> {
  const { state } = github.instance;
  const user = findAccount(state, 'omar');
  const app = state.apps.values().find(({ slug }) => slug === 'sallyport');
  assert.ok(user && app);
  const token = `ghu_${'t'.repeat(36)}`;
  state.tokens.set(token, { kind: 'user', user, app });
  const at = { owner: 'acme', repo: 'access', issue_number: issue };
  const { rest } = tokenClient(github, token);
  const { data } = await rest.issues.createComment({ ...at, body: '/approve' });
  assert.equal(data.user?.login, 'omar');
  await github.settled();
  return data.id;
}

async function saidToBeOmars(company: Company, issue: number): Promise<number> {
  const id = await byApp(company, issue);
  const { comment, ...delivered } = deliveredFor(company, id);
  const omar = { login: 'omar', id: company.github.seeded.userIds['omar'], type: 'User' };
  const status = await company.forge('issue_comment', {
    ...delivered,
    comment: { ...comment, user: omar, performed_via_github_app: null },
    sender: omar,
  });
  assert.equal(status, 202);
  return id;
}

async function editedMeanwhile(company: Company, issue: number): Promise<number | bigint> {
  const { github } = company;
  // The bot is told of its own card as well: not among what is missed.
  await github.settled();
  await company.stopBot();
  const { id } = await github.as('omar').comment(repo, issue, '/approve');
  // The words are a command before and after.
  await github.as('omar').editComment(repo, id, '/approve 1h');
  await github.settled();
  const missed = github.deliveries
    .filter(({ event, status }) => event === 'issue_comment' && status !== 'OK')
    .map(({ guid }) => guid);
  assert.equal(missed.length, 2, 'the comment and its edit');
  await company.startBot();
  await github.waitFor(() => {
    const arrived = github.deliveries.filter(({ status }) => status === 'OK');
    return missed.every((guid) => arrived.some((delivery) => delivery.guid === guid));
  });
  return id;
}

interface Delivered {
  readonly comment: { readonly id: number };
}

/** What GitHub delivered for a comment. */
function deliveredFor({ github }: Company, commentId: number): Delivered {
  const found = github.deliveries
    .filter(({ event }) => event === 'issue_comment')
    .map(({ body }) => JSON.parse(body.toString()) as Delivered)
    .find(({ comment }) => comment.id === commentId);
  assert.ok(found);
  return found;
}

test('where the policy takes requests by e-mail, one may be asked for so, and never approved', async () => {
  const policy = `${template('sallyport.yml')}\nemailed-comments: requests\n`;
  await using company = await startCompany({ policy });
  const { github } = company;
  const issue = await company.openIssue();
  await github.as('dana').commentByEmail(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  const { id } = await github.as('omar').commentByEmail(repo, issue, '/approve');
  await github.as('omar').comment(repo, issue, '/status');
  await company.until(issue, /1 approval by/);
  const { comments } = github.thread(repo, issue).view();
  assert.deepEqual(comments.find((comment) => comment.id === Number(id))?.reactions, []);
  await github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});
