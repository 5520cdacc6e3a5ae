// Writes templates/errors.md: every code that somebody can meet, with its words, from the lists that the programs use.
// Run it after a change of one; a test fails until it was run.

import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { mistakes, refusals } from '../bot/access/reasons.ts';
import { claimErrors } from '../relay/claim.ts';
import { tunnelRefusals } from '../relay/refusals.ts';

const path = new URL('../templates/errors.md', import.meta.url);

/** The page as the lists of today make it. */
export function errors(): string {
  const parts = [
    '<!-- Written by .ci/write-errors.ts from the lists in the code; changes belong there. -->',
    '# Reference of errors',
    'What the bot, the relay and the client answer when the answer is no. A record of the log names the code; `…` stands for what differs from case to case.',
    said(
      'On the issue: refused',
      'The command was understood, and was not carried out. A refusal is on record under its code.',
      Object.keys(refusals),
      'refusals.yml',
    ),
    said(
      'On the issue: not understood',
      'The comment was meant as a command and could not be read as one. The answer has the corrected line.',
      Object.keys(mistakes),
      'mistakes.yml',
    ),
    answered(
      'At the sign-in',
      'The bot, when a grant is claimed or a token renewed.',
      Object.entries(claimErrors).map(([code, { status, cause, next }]) => [
        code,
        status,
        cause,
        next,
      ]),
    ),
    answered(
      'At the relay',
      'The relay, when it does not open a tunnel.',
      Object.entries(tunnelRefusals).map(([code, { status, message, next }]) => [
        code,
        status,
        message,
        next,
      ]),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function said(title: string, about: string, codes: readonly string[], file: string): string {
  const texts = parse(
    readFileSync(new URL(`../templates/${file}`, import.meta.url), 'utf8'),
  ) as Readonly<Record<string, string>>;
  const rows = codes.map((code) => [
    `\`${code}\``,
    (texts[code] ?? '').replaceAll(/\{\{\w+\}\}/g, '…'),
  ]);
  return [`## ${title}`, about, table(['Code', 'Words'], rows)].join('\n\n');
}

type Answer = readonly [code: string, status: number, cause: string, next: string];

function answered(title: string, about: string, answers: readonly Answer[]): string {
  const rows = answers.map(([code, status, cause, next]) => [
    `\`${code}\``,
    `${status}`,
    cause,
    next,
  ]);
  return [
    `## ${title}`,
    about,
    table(['Code', 'Status', 'What is wrong', 'What to do'], rows),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(path, errors());
