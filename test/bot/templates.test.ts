import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { parse } from 'yaml';
import { rules, waitingRules } from '../../bot/access/explain.ts';
import { usage } from '../../bot/access/grammar.ts';
import { isLogin } from '../../bot/access/login.ts';
import { mistakes, refusals } from '../../bot/access/reasons.ts';
import { openPhrases } from '../../bot/github/phrases.ts';
import {
  address,
  codeBlock,
  codeSpan,
  mention,
  openTemplates,
  plain,
} from '../../bot/templates.ts';

const folder = join(import.meta.dirname, '..', '..', 'templates');
const templates = openTemplates(folder);
// As GitHub renders: HTML in comments passes, bare links become links, tables are on.
const github = new MarkdownIt({ html: true, linkify: true }).enable('table');

/** What a rendered text does beside showing itself. */
function effects(html: string): string[] {
  const outsideCode = html.replaceAll(/<code>[\s\S]*?<\/code>/g, '');
  return [
    ...outsideCode.matchAll(/<(?!\/?(?:p|strong|table|thead|tbody|tr|th|td|h3)\b)[^>]*>|@\w|#\d/g),
  ].map(String);
}

test("a person's words render with no mention, link, image or markup, whatever they are", () => {
  const nasty = fc.constantFrom(
    '`',
    '``',
    '```',
    '|',
    '\n',
    '@acme/payments',
    '#1',
    '<img src=x>',
    '<!--',
    '](https://x)',
    '~~~',
    '\u202E',
    '\\',
  );
  const words = fc
    .array(fc.oneof(nasty, fc.string()), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(words, (text) => {
      const { rendered } = codeSpan(text);
      assert.deepEqual(effects(github.render(`Reason: ${rendered} end`)), []);
      const table = github.render(`| a | b |\n|---|---|\n| x | ${rendered} |`);
      assert.deepEqual(effects(table), []);
      assert.equal([...table.matchAll(/<td/g)].length, 2, 'the text stays in its cell');
    }),
    { numRuns: 500 },
  );
});

test('a text that hides or turns itself around is shown as it is', () => {
  assert.equal(codeSpan('pay\u202Eetirw\u0007\u200B').rendered, '`pay\uFFFDetirw \uFFFD`');
});

test('what is shown unescaped is only what cannot do harm', () => {
  assert.throws(() => mention('acme/payments'));
  assert.throws(() => mention('dana ` @omar'));
  assert.throws(() => plain('*bold*'));
  assert.throws(() => address('javascript:alert(1)'));
  assert.throws(() => address('https://x) [y](https://z'));
  assert.throws(() => codeBlock('npx x\nrm -rf /'));
});

test('a template without a value for a blank, or with a value for none, is refused', () => {
  assert.throws(
    () => templates.markdown('comments/refused', { person: 'dana' }),
    /no value for \{\{why\}\}/,
  );
  assert.throws(
    () => templates.markdown('comments/refused', { person: 'd', why: 'w', more: 'm' }),
    /no blank for the value more/,
  );
});

for (const [file, codes] of [
  ['refusals.yml', refusals],
  ['mistakes.yml', mistakes],
] as const) {
  test(`every reason has its text in ${file}, no text is left over, and each blank has its data`, () => {
    const texts = parse(readFileSync(join(folder, file), 'utf8')) as Record<string, string>;
    assert.deepEqual(Object.keys(texts).toSorted(), Object.keys(codes).toSorted());
    for (const [code, fields] of Object.entries(codes)) {
      const blanks = [...(texts[code] ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
      const known = new Set((fields as readonly string[]).map((field) => field.replace(/Ms$/, '')));
      assert.deepEqual(
        blanks.filter((blank) => !known.has(blank ?? '')),
        [],
        code,
      );
    }
  });
}

test('every rule has its text in rules.yml, and no text is left over', () => {
  const texts = parse(readFileSync(join(folder, 'rules.yml'), 'utf8')) as Record<string, string>;
  const waiting = waitingRules.map((rule) => `${rule}.waits`);
  assert.deepEqual(Object.keys(texts).toSorted(), [...rules, ...waiting].toSorted());
});

test('the help and the README name every command as it is written, and no other', () => {
  const lines = new Set<string>(Object.values(usage));
  for (const file of ['comments/help.md', '../README.md']) {
    const text = readFileSync(join(folder, file), 'utf8');
    const named = [...text.matchAll(/^\| `(\/[^`]*)`/gm)].map(([, line]) => line ?? '');
    assert.deepEqual(new Set(named), lines, file);
  }
});

test('a refusal reads as a sentence', () => {
  const { rendered } = openPhrases(folder).refusal({
    code: 'duration-too-long',
    data: { role: 'reader', askedMs: 36_000_000, maxMs: 14_400_000 },
  });
  assert.equal(
    rendered,
    '10 h is longer than the 4 h that role `reader` allows. Ask for 4 h or less.',
  );
});

test('a refusal with nothing to list says what to do instead', () => {
  const { refusal } = openPhrases(folder);
  const said = [
    refusal({ code: 'no-pending-request', data: { requests: [] } }),
    refusal({ code: 'no-active-grant', data: { grants: [] } }),
    refusal({ code: 'resource-unknown', data: { resource: 'x', suggestions: [] } }),
    refusal({ code: 'own-review', data: { request: 'r1', approvers: [] } }),
  ].map(({ rendered }) => rendered);
  assert.deepEqual(said, [
    'no request waits for a decision on this issue. Comment /connect to make one.',
    'there is no active grant on this issue. Comment /connect to ask for access.',
    'there is no resource `x` that can be reached. Names are those of the catalog.',
    'nobody reviews what they did themselves, from whichever account. These people can review `r1`: nobody; the catalog names no owner who is a known person.',
  ]);
});

test('a managed user, whose login has an underscore, is mentioned; what could mark something up is not', () => {
  assert.equal(mention('dana_acme').rendered, '@dana_acme');
  for (const login of ['_dana', 'dana_', 'da na', 'dana*', '@dana', '']) {
    assert.throws(() => mention(login), /not a GitHub login/, login);
  }
});

test('a login that the catalog takes can be mentioned, and no other', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z_.-]{1,5}$/), (login) => {
      if (isLogin(login)) assert.equal(mention(login).rendered, `@${login}`);
      else assert.throws(() => mention(login));
    }),
  );
  assert.ok(!isLogin('zed_'));
});
