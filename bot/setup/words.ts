// The words of the setup's pages, from templates/setup.yml: one text for each permission and event of app.yml and for
// each thing that can go wrong. One that is missing stops the setup's start, and a test says so before.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { AppDescription } from './manifest.ts';
import { unfitReasons } from './verdict.ts';

/**
 * What can go wrong: the status of the answer that says so, and what its link offers. `again` asks the same once more;
 * `anew` leads to the first page, and to where the App that is of no use is deleted; `back` to the first page alone.
 */
export const problems = {
  'not-yours': { status: 403, offers: 'nothing' },
  used: { status: 410, offers: 'nothing' },
  'wrong-state': { status: 403, offers: 'anew' },
  'bad-owner': { status: 400, offers: 'back' },
  busy: { status: 409, offers: 'again' },
  unreachable: { status: 502, offers: 'again' },
  'code-refused': { status: 400, offers: 'anew' },
  refused: { status: 502, offers: 'anew' },
  'not-understood': { status: 502, offers: 'anew' },
  unfit: { status: 502, offers: 'anew' },
  'not-kept': { status: 500, offers: 'again' },
  exists: { status: 409, offers: 'nothing' },
} as const;
export type Problem = keyof typeof problems;

const text = z.string().min(1);
const wordsSchema = z.strictObject({
  permissions: z.record(text, z.strictObject({ title: text, reason: text })),
  access: z.strictObject({ read: text, write: text }),
  events: z.record(text, text),
  /** What a repository is read for. */
  repositories: z.strictObject({ policy: text, catalog: text, both: text }),
  problems: z.record(
    z.enum(Object.keys(problems) as [Problem, ...Problem[]]),
    z.strictObject({ title: text, cause: text, next: text }),
  ),
  unfit: z.record(z.enum(unfitReasons), text),
});
export type Words = z.output<typeof wordsSchema>;

export function readWords(path: string, app: AppDescription): Words {
  const words = wordsSchema.parse(parse(readFileSync(path, 'utf8')));
  const mute = [
    ...Object.keys(app.default_permissions).filter((name) => !(name in words.permissions)),
    ...app.default_events.filter((name) => !(name in words.events)),
  ];
  if (mute.length > 0) throw new Error(`${path} has no words for ${mute.join(', ')}`);
  return words;
}
