// Fills the texts under templates/. One escape for each output: in Markdown a person's text becomes a code span, in
// HTML it is escaped, on a terminal it is one visible line. Nothing is shown unescaped unless it was rendered by a
// template, or by one of the few makers below, each of which refuses what it cannot show safely. No logic: a template
// only names its blanks.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLogin } from './access/login.ts';

/** Text that is safe as it stands, because a template or a maker below made it. */
export interface Rendered {
  readonly rendered: string;
}
export type Values = Readonly<Record<string, string | Rendered>>;

export interface Templates {
  /**
   * Fills `templates/<name>.md`. Plain strings become code spans. Throws when a blank has no value, or a value no
   * blank.
   */
  markdown(name: string, values: Values): Rendered;
  /** Fills `templates/<name>.html`. Plain strings are escaped for text and quoted attributes. Throws likewise. */
  html(name: string, values: Values): Rendered;
}

export function openTemplates(folder: string): Templates {
  const texts = new Map<string, string>();
  function text(file: string): string {
    const known = texts.get(file) ?? readFileSync(join(folder, file), 'utf8').trimEnd();
    texts.set(file, known);
    return known;
  }
  return {
    markdown: (name, values) => fill(name, text(`${name}.md`), values),
    html: (name, values) => fill(name, text(`${name}.html`), values, escapeHtml),
  };
}

/** Fills the blanks of a Markdown text, or of another output when its escape is given. Throws as the templates do. */
export function fill(
  name: string,
  text: string,
  values: Values,
  escape = (value: string): string => codeSpan(value).rendered,
): Rendered {
  const used = new Set<string>();
  const rendered = text.replaceAll(/\{\{([a-zA-Z]+)\}\}/g, (_blank, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`templates/${name}: there is no value for {{${key}}}`);
    used.add(key);
    return typeof value === 'string' ? escape(value) : value.rendered;
  });
  const unused = Object.keys(values).find((key) => !used.has(key));
  if (unused) throw new Error(`templates/${name}: there is no blank for the value ${unused}`);
  return { rendered };
}

/** The longest text of a person that is shown; the whole of it stays in the audit log. */
const maxShownChars = 2_000;

/**
 * A person's text for Markdown. Inside a code span GitHub makes no mention, link, image or heading of it, so the only
 * way out is a run of backticks as long as the fence: the fence is made longer than any.
 */
export function codeSpan(text: string): Rendered {
  const cut = shortened(visible(text.normalize('NFC')).replaceAll('|', '\u00A6').trim());
  if (cut === '') return { rendered: '` `' };
  const longest = Math.max(0, ...[...cut.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = cut.startsWith('`') || cut.endsWith('`') ? ' ' : '';
  return { rendered: `${fence}${pad}${cut}${pad}${fence}` };
}

/** A person's text for a terminal or a log: it can neither drive it, nor turn text around, nor begin a line of its own. */
export function terminalText(text: string): Rendered {
  return { rendered: shortened(visible(text.normalize('NFC')).trim()) };
}

function shortened(text: string): string {
  if (text.length <= maxShownChars) return text;
  return `${text.slice(0, maxShownChars - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A GitHub mention, which notifies. Throws for what cannot be a login; those of managed users have an underscore. */
export function mention(login: string): Rendered {
  if (!isLogin(login.replace(/\[bot\]$/, ''))) throw new Error('not a GitHub login');
  return { rendered: `@${login}` };
}

/** A GitHub team by `org/team`: a mention of it notifies its members. */
export function teamMention(team: string): Rendered {
  if (!/^[A-Za-z0-9-]+\/[\w-]+$/.test(team)) throw new Error('not a GitHub team');
  return { rendered: `@${team}` };
}

/** Our own words: letters, digits and quiet punctuation, nothing Markdown or GitHub gives a meaning to. */
export function plain(text: string): Rendered {
  if (!/^[A-Za-z0-9 .,:;()'·–-]*$/.test(text))
    throw new Error(`not plain text: ${JSON.stringify(text)}`);
  return { rendered: text };
}

/** An https address for the target of a Markdown link, or for an attribute. */
export function address(url: string): Rendered {
  if (!/^https:\/\/[A-Za-z0-9._~:/?#@!$&*+,;=%-]+$/.test(url))
    throw new Error(`not an address: ${JSON.stringify(url)}`);
  return { rendered: url };
}

/** A whole block for pasting. The text must be a single line without backticks. */
export function codeBlock(line: string): Rendered {
  if (/[`\p{C}\p{Zl}\p{Zp}]/u.test(line))
    throw new Error('a line to paste must be one printable line');
  return { rendered: `\`\`\`sh\n${line}\n\`\`\`` };
}

export function joined(parts: readonly Rendered[], separator: string): Rendered {
  return { rendered: parts.map((part) => part.rendered).join(separator) };
}

// Control, format, private and unassigned characters can turn text around, hide it, or drive a terminal.
function visible(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu, '\uFFFD');
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
