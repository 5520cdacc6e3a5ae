// The documents name commands and files; a newcomer types them as they stand. What they name has to be there.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = globSync(['*.md', 'templates/*.md'], { cwd: root }).map((name) => ({
  name,
  text: read(name),
}));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

test('the README begins with two commands, and CI runs both as they stand', () => {
  const blocks = [...read('README.md').matchAll(/^```sh\n(npm ci [^\n]*)\n```$/gm)];
  const commands = blocks.map(([, command]) => command);
  assert.equal(commands.length, 2);
  const lines = read('.ci/run').split('\n');
  for (const command of commands) assert.ok(lines.includes(command ?? ''), `${command} in .ci/run`);
});

for (const { name, text } of documents) {
  test(`every npm script that ${name} names exists`, () => {
    const named = [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)];
    for (const [words, script = '', short = ''] of named)
      assert.ok(Object.hasOwn(scripts, script || short), words);
  });

  test(`every file that ${name} names exists`, () => {
    // A link leads on from where the document stands; a path is typed at the top.
    const links = linksIn(text).map((target) => join(dirname(name), target));
    assert.deepEqual(
      [...links, ...pathsIn(text)].filter((path) => !exists(path)),
      [],
    );
  });
}

test('a path is told from a command, an address, an annotation and a name with a blank in it', () => {
  const text =
    'See `bot/no.ts`, `/connect`, `dist/x-<version>.tgz`, `https://a.dev/b`, `sallyport.dev/target` and `node a/b.ts`.';
  assert.deepEqual(pathsIn(text), ['bot/no.ts', 'a/b.ts']);
  assert.deepEqual(linksIn('[a](B.md#c), ![d](e/f.png), [g](https://h.dev)'), ['B.md', 'e/f.png']);
});

/** The words of code, inline or in a block, that are relative paths. */
function pathsIn(text: string): string[] {
  const code = [...text.matchAll(/```[^`]+```|`[^`]+`/g)].flatMap(([part]) =>
    part.replaceAll('`', ' ').split(/\s+/),
  );
  return code
    .filter((word) => /^\.?[\w-][\w.-]*\/[\w.*/-]*$/.test(word))
    .filter((word) => !/^(sallyport\.dev|github\.com)\//.test(word));
}

function linksIn(text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target = '']) => target);
  return links.filter((target) => !/^[a-z]+:/.test(target));
}

function exists(path: string): boolean {
  return path.includes('*')
    ? globSync(path, { cwd: root }).length > 0
    : existsSync(join(root, path));
}
