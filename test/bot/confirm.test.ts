import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { formatDuration } from '../../bot/access/duration.ts';
import { press, repo, startConfirming, signInPolicy, type Confirming } from './confirming.ts';
import { recorded } from './recorded.ts';

let stage: Confirming;
before(async () => {
  stage = await startConfirming();
});
after(() => stage[Symbol.asyncDispose]());
beforeEach(() => stage.ahead(0));

const minuteMs = 60_000;

/** dana asks, omar approves; the link that he is given. */
async function approved(words = '/connect payments-db 2h\n\nThe ledger is off.', say = '/approve') {
  const { company } = stage;
  const issue = await company.asked(words);
  const { id } = await company.github.as('omar').comment(repo, issue, say);
  return { issue, comment: id, link: await stage.link(issue) };
}

/** omar at the question. */
async function atQuestion(link: string) {
  const browser = stage.browser();
  return { browser, page: await stage.follow(link, 'omar', browser) };
}

test('an approval waits for its approver’s sign-in, who sees all of what they approve, and counts when they press', async () => {
  await using own = await startConfirming();
  const { company } = own;
  const issue = await company.asked('/connect payments-db 2h\n\nThe ledger is off.');
  await company.github.as('omar').comment(repo, issue, '/approve 1h');
  const link = await own.link(issue);
  const told = company.botComments(issue).at(-1) ?? '';
  assert.match(told, /^<!-- .* -->\n@omar, your approval of `r1` .* works until /);
  assert.match(
    company.botComments(issue)[0] ?? '',
    /An approval counts once whoever gave it has signed in over it/,
  );
  assert.deepEqual(company.github.thread(repo, issue).view().labels, ['access: pending']);
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /for 1 approval by `omar`[^|]*; `omar` still signs in \|/);

  await company.github.as('dana').comment(repo, issue, '/help');
  await company.until(issue, /\| `oidc`, approvers sign in as well \|/);

  const browser = own.browser();
  const question = await own.follow(link, 'omar', browser);
  const digest = /`(sha-256:[^`]+)`/.exec(company.botComments(issue)[0] ?? '')?.[1] ?? 'none';
  for (const text of [
    'Approve access to payments-db?',
    'Signed in as omar',
    'dana',
    'resource:payments/payments-db',
    'payments-db.internal:5432',
    'reader',
    `${formatDuration(60 * minuteMs)}, from the moment it is approved`,
    'The ledger is off.',
    `${repo}#${issue}`,
    digest,
  ]) {
    assert.ok(question.text.includes(text), `${text} is not in\n${question.text}`);
  }
  assert.match((await press(browser, question, 'cancel')).text, /Nothing was approved/);
  const end = await press(browser, await own.follow(link, 'omar', browser), 'approve');
  assert.match(end.text, /Approved.*the last one needed/s);
  const granted = (await company.until(issue, /granted until[^]*paste this/)).at(0) ?? '';
  assert.match(
    granted,
    /\*\*Approvals:\*\* `omar` as `group:default\/payments` at .*, confirmed by a sign-in/,
  );
  await company.until(issue, /@dana, your access to .* is granted until/);
  const card = company.github
    .thread(repo, issue)
    .view()
    .comments.find(({ isBot }) => isBot);
  assert.equal(card?.edits.length, 1, 'who confirms at once costs no edit of the card');

  const records = await recorded(company);
  const actions = records.map(({ action }) => action);
  const decided = ['request.open', 'approval.wait', 'request.approve', 'request.grant'];
  assert.deepEqual(
    actions.filter((action) => decided.includes(action)),
    decided,
  );
  const { data, actor } =
    records.find(({ action }) => action === 'request.approve') ?? assert.fail();
  assert.equal(actor.kind === 'person' && actor.login, 'omar');
  const { issuer, subject, authTime, acr } = data['confirmedBy'] as Record<string, string>;
  assert.deepEqual(
    { issuer, subject, acr },
    { issuer: own.provider.issuer, subject: '00u-omar', acr: ['pwd'] },
  );
  assert.ok(Math.abs(Date.parse(authTime ?? '') - Date.now()) < minuteMs);
  assert.equal(data['confirmation'], link.split('/').at(-1));
  const cancelled = records.find(({ action }) => action === 'approval.confirm');
  assert.deepEqual(
    [cancelled?.reason, cancelled?.actor, cancelled?.data['confirmation']],
    ['cancelled', actor, data['confirmation']],
  );
  assert.deepEqual(company.github.unhandled, []);
});

test('whoever is not the approver sees one and the same page, and nothing of any request', async () => {
  const { issue, link } = await approved();
  const missing = link.replace(/c_.*/, `c_${'a'.repeat(26)}`);
  const seen = [];
  for (const [address, login] of [
    [link, 'dana'],
    [link, 'bea'],
    [link, 'nora'],
    [missing, 'omar'],
    [missing, 'bea'],
  ] as const) {
    const page = await stage.follow(address, login);
    assert.equal(page.status, 403);
    assert.doesNotMatch(page.html, /payments|r\d|dana|omar|ledger/);
    seen.push(page.html);
  }
  assert.equal(new Set(seen).size, 1);
  // Where nobody has signed in, there is no difference either.
  for (const address of [link, missing]) {
    const first = await fetch(address, { redirect: 'manual' });
    const to = new URL(first.headers.get('location') ?? '');
    assert.equal(to.origin, stage.provider.issuer);
    assert.deepEqual(
      [...to.searchParams.keys()].filter((key) => /max_age|acr/.test(key)),
      [],
    );
  }
  const card = stage.company.botComments(issue)[0] ?? '';
  assert.match(card, /waiting for approval/);
  assert.equal((await stage.follow(`${stage.origin}/confirm/r1`, 'omar')).status, 403);
});

test('an answer without the cookie, with another CSRF value or from another page does not count, and ends nothing', async () => {
  const { issue, link } = await approved();
  const { browser, page } = await atQuestion(link);
  const [form = assert.fail()] = page.forms;
  const button = form.buttons.find(({ value }) => value === 'approve') ?? assert.fail();
  assert.equal((await stage.browser().submit(page, form, { button })).status, 400);
  const forged = await browser.submit(page, form, { button, values: { csrf: 'guessed' } });
  assert.equal(forged.status, 403);
  const { 'content-security-policy': _csp, ...headers } = page.headers;
  const elsewhere = { ...page, url: new URL('https://evil.test/'), headers };
  const action = `${stage.origin}/confirm`;
  assert.equal((await browser.submit(elsewhere, { ...form, action }, { button })).status, 403);
  assert.match(stage.company.botComments(issue)[0] ?? '', /waiting for approval/);
  assert.match((await press(browser, page, 'approve')).text, /Approved/);
  await stage.company.until(issue, /is granted until/);
});

test('it is confirmed once: the same form and the same link give nothing more', async () => {
  const { issue, link } = await approved();
  const { browser, page } = await atQuestion(link);
  await press(browser, page, 'approve');
  assert.equal((await press(browser, page, 'approve')).status, 400);
  assert.match((await stage.follow(link, 'omar')).text, /confirmed already/);
  await stage.company.until(issue, /is granted until/);
});

test('two answers at once grant one access', async () => {
  const { issue, link } = await approved();
  const [one, other] = [await atQuestion(link), await atQuestion(link)];
  const ends = await Promise.all(
    [one, other].map(({ browser, page }) => press(browser, page, 'approve')),
  );
  const texts = ends.map(({ text }) => (text.includes('confirmed already') ? 'again' : 'first'));
  assert.deepEqual(texts.sort(), ['again', 'first']);
  await stage.company.until(issue, /is granted until/);
});

test('to cancel approves nothing, and the link still works', async () => {
  const { issue, link } = await approved();
  const { browser, page } = await atQuestion(link);
  assert.match((await press(browser, page, 'cancel')).text, /Nothing was approved/);
  const again = await atQuestion(link);
  await press(again.browser, again.page, 'approve');
  await stage.company.until(issue, /is granted until/);
});

test('it is confirmed within 15 minutes: later the link and the button say so, and a new comment asks anew', async () => {
  const { issue, link } = await approved();
  const browser = stage.browser();
  stage.ahead(14 * minuteMs);
  const page = await stage.follow(link, 'omar', browser);
  stage.ahead(15 * minuteMs + 1000);
  assert.match((await press(browser, page, 'approve')).text, /The time to confirm is over/);
  assert.match((await stage.follow(link, 'omar')).text, /The time to confirm is over/);
  await stage.company.github.as('omar').comment(repo, issue, '/approve');
  const anew = await atQuestion(await stage.link(issue, link));
  await press(anew.browser, anew.page, 'approve');
  await stage.company.until(issue, /is granted until/);
});

test('a later approval by the same person takes the place of the one that waits', async () => {
  const { issue, link } = await approved();
  const { browser, page } = await atQuestion(link);
  await stage.company.github.as('omar').comment(repo, issue, '/approve 30m');
  const next = await stage.link(issue, link);
  assert.match((await press(browser, page, 'approve')).text, /You approved it anew since/);
  const anew = await atQuestion(next);
  assert.ok(anew.page.text.includes('30 min, from the moment'), anew.page.text);
  await press(anew.browser, anew.page, 'approve');
  const card = (await stage.company.until(issue, /granted until[^]*paste this/))[0] ?? '';
  assert.match(card, /\| Time \| 30 min: /);
});

for (const [what, change, says] of [
  [
    'the request is denied meanwhile',
    async (issue: number) => {
      await stage.company.github.as('omar').comment(repo, issue, '/deny Not today');
      await stage.company.until(issue, /denied your request/);
    },
    /The request has ended/,
  ],
  [
    'the comment that asked is edited meanwhile',
    async (_issue: number, { asked }: Comments) => {
      await stage.company.github.as('dana').editComment(repo, asked, '/connect payments-db 8h');
    },
    /The request has ended|no longer is what was shown/,
  ],
  [
    'the comment that approved is deleted meanwhile',
    async (_issue: number, { approval }: Comments) => {
      await stage.company.github.as('omar').deleteComment(repo, approval);
    },
    /Not approved.*no longer stands as it was written/s,
  ],
  [
    'the card is changed meanwhile',
    async (_issue: number, { card }: Comments) => {
      await stage.company.github.as('olga').editComment(repo, card, 'Nothing to see here.');
    },
    /Not approved.*was changed by somebody else/s,
  ],
] as const) {
  test(`nothing is granted where ${what}`, async () => {
    const { issue, comment, link } = await approved();
    const { browser, page } = await atQuestion(link);
    const { comments } = stage.company.github.thread(repo, issue).view();
    const asked = Number(comments.find(({ author }) => author === 'dana')?.id);
    const card = Number(comments.find(({ isBot }) => isBot)?.id);
    await change(issue, { asked, card, approval: Number(comment) });
    const end = await press(browser, page, 'approve');
    assert.match(end.text, says);
    await stage.company.github.settled();
    assert.ok(!stage.company.botComments(issue).some((body) => body.includes('is granted until')));
  });
}

interface Comments {
  readonly asked: number;
  readonly card: number;
  readonly approval: number;
}

test('more time is confirmed as well', async () => {
  const { company } = stage;
  const { issue, link } = await approved('/connect payments-db 1h');
  const first = await atQuestion(link);
  await press(first.browser, first.page, 'approve');
  await company.until(issue, /is granted until/);
  await company.github.as('dana').comment(repo, issue, '/extend 30m');
  const [, id = ''] =
    /`\/approve (r\d+)`/.exec(
      (await company.until(issue, /More time for .*: waiting/)).find((body) =>
        body.includes('More time for'),
      ) ?? '',
    ) ?? [];
  await company.github.as('omar').comment(repo, issue, `/approve ${id}`);
  const { browser, page } = await atQuestion(await stage.link(issue, link));
  assert.match(page.text, /Approve more time for payments-db\?/);
  assert.ok(page.text.includes('30 min more'), page.text);
  assert.match((await press(browser, page, 'approve')).text, /lasts longer now/);
  await company.until(issue, /now lasts until/);
});

test('what the policy demands of a sign-in holds for the approver’s as well', async () => {
  const policy = signInPolicy.replace(
    'identity: oidc',
    'identity: { oidc: { max-age: 15m, acr: [phr] } }\n    clock: first-connect',
  );
  await using own = await startConfirming({ policy });
  const { company, provider } = own;
  const issue = await company.asked('/connect payments-db');
  await company.github.as('omar').comment(repo, issue, '/approve');
  const link = await own.link(issue);
  // bea is sent to the provider once, without a demand; omar, whose first sign-in is too weak, twice.
  assert.match((await own.follow(link, 'bea')).text, /nothing here for you/);
  const browser = own.browser();
  const second = await own.follow(link, 'omar', browser);
  assert.equal(second.url.origin, provider.issuer, 'he is asked to sign in by another way');
  const [form = assert.fail()] = second.forms;
  const page = await browser.submit(second, form, { values: { login: 'omar', password: '' } });
  for (const text of [
    '1 h, from the first connection, within 8 h of the approval',
    'at most 15 min before it is used, by phr',
  ])
    assert.ok(page.text.includes(text), `${text} is not in\n${page.text}`);
  assert.match((await press(browser, page, 'approve')).text, /Approved/);
  const records = await recorded(company);
  const { data } = records.find(({ action }) => action === 'request.approve') ?? assert.fail();
  assert.deepEqual((data['confirmedBy'] as { acr: string[] }).acr, ['phr']);
  const refused = records.find(({ action }) => action === 'approval.confirm');
  assert.deepEqual([refused?.reason, refused?.outcome], ['not-the-approver', 'refused']);
});
