// The kinds of value that settings are made of, each with what is said where something else stands. What `${NAME}`
// fills in is text, so a number may be text; a setting that was left blank, `true` and a list are no numbers.

import { z } from 'zod';

/** A mapping of these settings and no others. Blank is empty: of an optional part, every line may have been taken out. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape);
  const more = names.length > maxNamed ? ' and others' : '';
  const error = `Expected a mapping of ${names.slice(0, maxNamed).join(', ')}${more}.`;
  return z.preprocess((value) => (value === null ? {} : value), z.strictObject(shape, { error }));
}

/** The names of settings in one sentence; with more nobody reads it. */
const maxNamed = 6;

export function words(what: string) {
  return z.string({ error: `Expected ${what}.` }).min(1, { error: `Expected ${what}.` });
}

/** Give its default with `prefault`: with `default` the reference would not know of it. */
export function wholeNumber(
  least: number,
  most: number,
  what = `a whole number from ${least} to ${most}`,
) {
  const error = `Expected ${what}.`;
  return z.preprocess(numberOf, z.int({ error }).min(least, { error }).max(most, { error }));
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
}

/** A port to listen on; 0 takes a free one. */
export const port = wholeNumber(0, 65_535, 'a port from 0 to 65535');

/** An https address without a path, as an origin is written. */
export function httpsOrigin(example: string) {
  const error = `Expected an https address without a path, such as ${example}.`;
  return z
    .string({ error })
    .refine(isHttpsOrigin, { error })
    .transform((text) => new URL(text).origin);
}

function isHttpsOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return protocol === 'https:' && `${pathname}${search}${hash}${username}` === '/';
}
