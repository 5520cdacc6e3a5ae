import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPair, isSeq, parseDocument, visit } from 'yaml';
import { errors } from '../.ci/write-errors.ts';
import { metricsPage } from '../.ci/write-metrics.ts';
import { reference } from '../.ci/write-reference.ts';
import { schemas } from '../.ci/write-schemas.ts';

const templates = join(import.meta.dirname, '..', 'templates');
const page = join(templates, 'reference.md');

test('the reference of settings is what the schemas say: run `node .ci/write-reference.ts`', () => {
  assert.equal(readFileSync(page, 'utf8'), reference());
});

test('the reference of errors is what the lists say: run `node .ci/write-errors.ts`', () => {
  assert.equal(readFileSync(join(templates, 'errors.md'), 'utf8'), errors());
});

test('the reference of metrics is what the tables say: run `node .ci/write-metrics.ts`', () => {
  assert.equal(readFileSync(join(templates, 'metrics.md'), 'utf8'), metricsPage());
});

for (const [name, text] of Object.entries(schemas)) {
  test(`${name} is what the program reads by: run \`node .ci/write-schemas.ts\``, () => {
    assert.equal(readFileSync(join(templates, name), 'utf8'), text);
  });
}

test('every setting of the reference has a meaning', () => {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const mute = rows.filter((row) => / \|\s*\|$/.test(row));
  assert.deepEqual(mute, []);
});

test('the type of a setting is all that may be written there, and a default is written as in the file', () => {
  const text = readFileSync(page, 'utf8');
  for (const row of [
    '`namespaces.<name>.hours` | text or list of text | none |',
    '`namespaces.<name>.approvers` | list of (`owner` or text) | required |',
    '`namespaces.<name>.pending` | text | `8h` |',
    '`cases` | list of mapping | required |',
    '`cases[].approved-by` | list of text | `[]` |',
    '`cases[].new` | `true` or `false` | `false` |',
    '`cases[].expect` | `open`, `granted` or `refused` | required |',
    '`cases[].missing` | whole number or list of (`owner`, text or list of (`owner` or text)) | none |',
  ]) {
    assert.ok(text.includes(`| ${row}`), row);
  }
});

test('the bounds of a setting are those that are refused beyond', () => {
  const text = readFileSync(page, 'utf8');
  for (const row of [
    'roles.<name>.approvals` | whole number or list of (`owner` or text) | required | 1 to 10; 1 or more entries |',
    'roles.<name>.max` | text | required | up to 365d |',
    'pending` | text | `8h` | up to 365d |',
    'grace` | `0` or text | `5m` | up to 15m |',
    'idle` | text | `30m` | up to 1d |',
    'identity.oidc.max-age` | text | none | 1m to 30d |',
    'identity.oidc.acr` | list of text | none | 1 to 8 entries |',
    'limits.sessions` | whole number | `2` | 1 to 100 |',
  ]) {
    assert.ok(text.includes(`| \`namespaces.<name>.${row}`), row);
  }
});

test('what stands in an optional part is required in that part alone', () => {
  const text = readFileSync(page, 'utf8');
  assert.match(text, /`listen\.tls\.key` \| text \| required in `tls` \|/);
  assert.match(text, /`relays\[\]\.key` \| text \| required \|/);
});

for (const file of ['bot.yml', 'relay.yml']) {
  test(`the ${file} that operators start from asks for nothing that may be left out`, () => {
    const section = readFileSync(page, 'utf8').split(`## ${file}`)[1] ?? '';
    const asked: string[] = [];
    visit(parseDocument(readFileSync(join(templates, file), 'utf8')), {
      Scalar(_key, { value }, around) {
        if (!String(value).includes('${')) return;
        const steps = around.map((node) =>
          isPair(node) ? String(node.key) : isSeq(node) ? '[]' : '',
        );
        asked.push(
          steps
            .filter((step) => step !== '')
            .join('.')
            .replaceAll('.[]', '[]'),
        );
      },
    });
    assert.ok(asked.length > 5);
    for (const setting of asked)
      assert.ok(section.includes(`\`${setting}\` | text | required`), setting);
  });
}
