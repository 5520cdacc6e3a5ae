// Who is told of what. GitHub notifies whoever a new comment mentions; an edit of a comment tells nobody anything new as
// long as it mentions nobody new.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template, type Company } from '../company.ts';

const repo = 'acme/access';
const mentions = /(?<=(?<!\w)@)[\w-]+/g;
const policy = template('sallyport.yml').replace(
  /^( *)roles:$/m,
  '$1break-glass: { who: user:default/dana, max: 1h, review: 24h }\n$1roles:',
);

type Said = readonly [who: string, words: string, until: RegExp];

/** Who was told by the bot's comments, in their order, as `people: the thing's name`. */
async function notified(company: Company, said: readonly Said[]): Promise<string[]> {
  const issue = await company.openIssue();
  for (const [who, words, until] of said) {
    await company.github.as(who).comment(repo, issue, words);
    await company.until(issue, until);
  }
  const { comments } = company.github.thread(repo, issue).view();
  const told = comments.flatMap(({ isBot, body, edits }) => {
    if (!isBot) return [];
    const first = edits[0]?.before ?? body;
    const mentioned = new Set(first.match(mentions));
    const added = mentionsAddedBy([...edits.slice(1).map(({ before }) => before), body], mentioned);
    assert.deepEqual(added, [], 'an edit mentions nobody new');
    const [, name = ''] = /sallyport:(\S+)/.exec(first) ?? [];
    return mentioned.size === 0
      ? []
      : [`${[...mentioned].join(', ')}: ${name.replace(/^\d+/, '…')}`];
  });
  return told;
}

function mentionsAddedBy(later: readonly string[], first: ReadonlySet<string>): string[] {
  const all = later.flatMap((body) => body.match(mentions) ?? []);
  return all.filter((person) => !first.has(person));
}

const stories: readonly (readonly [string, readonly Said[], readonly string[]])[] = [
  [
    'asked, granted, extended and revoked',
    [
      ['dana', '/connect payments-db 1h', /r1:card/],
      ['omar', '/approve', /is granted until/],
      ['dana', '/extend 30m', /r2:card/],
      ['omar', '/approve r2', /now lasts until/],
      ['omar', '/revoke', /was revoked/],
    ],
    [
      'omar, otto: r1:card',
      'dana: r1:granted',
      'omar, otto: r2:card',
      'dana: r2:extended',
      'dana: r1:revoked',
    ],
  ],
  [
    'asked and denied',
    [
      ['dana', '/connect payments-db 1h', /r1:card/],
      ['omar', '/deny not today', /denied your request/],
    ],
    ['omar, otto: r1:card', 'dana: r1:closed'],
  ],
  [
    'asked and withdrawn',
    [
      ['dana', '/connect payments-db 1h', /r1:card/],
      ['dana', '/cancel', /: cancelled/],
    ],
    ['omar, otto: r1:card'],
  ],
  [
    'asked, and answered by somebody who may not',
    [
      ['dana', '/connect payments-db 1h', /r1:card/],
      ['bea', '/approve', /may not decide/],
    ],
    ['omar, otto: r1:card', 'bea: …:reply'],
  ],
  [
    'a broken glass, reviewed',
    [
      ['dana', '/break-glass payments-db 30m\n\nPayments fail.', /broke the glass of/],
      ['omar', '/review ok', /reviewed it/],
    ],
    ['dana, omar, otto: r1:glass-broken'],
  ],
];

for (const [what, said, expected] of stories) {
  test(`${what}: nobody is told of one thing twice`, async () => {
    await using company = await startCompany({ policy });
    assert.deepEqual(await notified(company, said), expected);
  });
}

test('a card that somebody deletes is written anew without telling anybody again', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  const thread = company.github.thread(repo, issue);
  const shown = thread.view().comments.find(({ isBot }) => isBot);
  await company.github.as('olga').deleteComment(repo, shown?.id ?? 0);
  const { comments } = await thread.until((view) =>
    view.comments.some(({ id, isBot }) => isBot && id !== shown?.id),
  );
  const anew = comments.find(({ isBot }) => isBot);
  assert.match(anew?.body ?? '', /1 approval by `omar`/);
  assert.doesNotMatch(anew?.body ?? '', /@/);
});
