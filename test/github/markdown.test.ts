// Comments are written by anybody, so what they become is HTML of ours and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createMarkdown } from './web/markdown.ts';

const render = createMarkdown({
  isAccount: (login) => login === 'dana',
  isTeam: (organization, slug) => `${organization}/${slug}` === 'acme/payments',
});
const show = (text: string): string => String(render(text)).trim();

const cases: readonly [string, string, string][] = [
  ['a comment for machines is hidden', '<!-- sallyport:r1 -->\nHi', '<p>Hi</p>'],
  ['a comment over several blank lines is hidden', '<!--\n\na\n\n-->\n\nHi', '<p>Hi</p>'],
  ['a comment in a line is hidden', 'a <!-- b --> c', '<p>a  c</p>'],
  ['a person is linked', 'ask @dana', '<p>ask <a class="user-mention" href="/dana">@dana</a></p>'],
  ['nobody is not', 'ask @nobody', '<p>ask @nobody</p>'],
  ['an address is no mention', 'x@dana', '<p>x@dana</p>'],
  ['code is no mention', '`@dana`', '<p><code>@dana</code></p>'],
  ['formatting that could stay open is text', '<b>', '<p>&lt;b&gt;</p>'],
  ['a script is text', '<script>x</script>', '<p>&lt;script&gt;x&lt;/script&gt;</p>'],
  [
    'a tag with attributes is text',
    '<sub onclick="x">y</sub>',
    '<p>&lt;sub onclick=&quot;x&quot;&gt;y</sub></p>',
  ],
];

for (const [claim, text, expected] of cases) {
  test(`in a comment, ${claim}`, () => assert.equal(show(text), expected));
}

test('a team is linked, a table scrolls, a task has a box, details fold', () => {
  assert.match(show('@acme/payments'), /class="team-mention" href="\/orgs\/acme\/teams\/payments"/);
  assert.match(show('| a |\n|---|\n| b |'), /^<div class="table"><table>[^]*<td>b<\/td>/);
  assert.match(
    show('- [x] done'),
    /<li class="task"><input type="checkbox" disabled checked> done/,
  );
  const folded = show('<details>\n<summary>Why</summary>\n\n**so**\n\n</details>');
  assert.match(
    folded,
    /^<details>\n<summary>Why<\/summary>\n[^]*<strong>so<\/strong>[^]*<\/details>$/,
  );
});

/** Every tag that a comment may become, each with the attributes it may have. */
const allowed: Readonly<Record<string, RegExp>> = {
  a: /^(?: (?:href="(?!\s*(?:javascript|vbscript|data):)[^"]*"|class="(?:user|team)-mention"|rel="nofollow noopener"|title="[^"]*"))*$/i,
  details: /^(?: open)?$/,
  div: /^ class="table"$/,
  img: /^ src="(?!\s*(?:javascript|vbscript|data):)[^"]*" alt="[^"]*"(?: title="[^"]*")?$/i,
  input: /^ type="checkbox" disabled(?: checked)?$/,
  li: /^(?: class="task")?$/,
  ol: /^(?: start="\d+")?$/,
  code: /^(?: class="language-[^"]*")?$/,
  td: /^(?: style="text-align:(?:left|right|center)")?$/,
  th: /^(?: style="text-align:(?:left|right|center)")?$/,
};
const bare =
  /^(?:blockquote|br|del|em|h[1-6]|hr|ins|kbd|p|pre|s|strong|sub|summary|sup|table|tbody|thead|tr|ul)$/;

test('no text becomes a tag or an attribute beyond those allowed', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '<!--',
    '-->',
    '<sub>',
    '</sub>',
    '<details open>',
    '<details onclick>',
    '<sub class>',
    '<img src=x onerror=alert(1)>',
    '"',
    "'",
    '`',
    '@dana',
    '[x](javascript:alert(1))',
    '![x](y)',
    '\n',
    '\n\n',
    '- [ ] ',
    '| a |\n|---|',
    '&lt;script&gt;',
    'javascript:',
  );
  const texts = fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 25 });
  fc.assert(
    fc.property(texts, (parts) => {
      const html = show(parts.join(''));
      // What is left after the allowed tags has no sign in it that could begin or end another.
      const rest = html.replaceAll(
        /<\/?([a-z][a-z\d]*)((?: [^<>]*)?)>/g,
        (tag, name, attributes) => {
          const rule = allowed[name as string] ?? (bare.test(name as string) ? /^$/ : undefined);
          assert.match(
            attributes as string,
            tag.startsWith('</') ? /^$/ : (rule ?? /^never$/),
            tag,
          );
          return '';
        },
      );
      assert.doesNotMatch(rest, /[<>]/);
    }),
    { numRuns: 500 },
  );
});

test('the test above would see a script, an event handler and an address that acts', () => {
  for (const tag of ['script', 'iframe', 'svg', 'form', 'style']) {
    assert.equal(allowed[tag] ?? bare.test(tag), false, tag);
  }
  assert.doesNotMatch(' href="javascript:alert(1)"', allowed['a'] ?? /^/);
  assert.doesNotMatch(' href="x" onclick="y"', allowed['a'] ?? /^/);
});
