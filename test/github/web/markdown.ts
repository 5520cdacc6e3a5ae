// Markdown as GitHub shows it: tables, task lists, code, mentions, and the handful of HTML tags that
// comments use. Everything else of HTML is shown as text, so nobody's comment can act in the page.
import MarkdownIt, {
  type StateBlock,
  type StateCore,
  type StateInline,
  type Token,
} from 'markdown-it';
import { raw } from 'hono/html';
import type { Html } from './html.ts';

/**
 * Tags that pass, without attributes (`open` excepted), so that there is nothing to smuggle in. Those of
 * HTML's formatting elements (b, i, s, code …) are not among them: left open, they would reach past the
 * comment (HTML standard, "reconstruct the active formatting elements"), and Markdown has its own signs.
 */
const allowedTag = /<\/?(?:details|summary|kbd|sub|sup|br|ins|del)(?: open)? ?\/?>/gi;
const hiddenComment = /<!--[^]*?-->/g;

export interface MarkdownContext {
  /** Whether this login exists, so that only real people become links. */
  isAccount(login: string): boolean;
  isTeam(organization: string, slug: string): boolean;
}

/** HTML that is safe to place in a page. */
export function createMarkdown(context: MarkdownContext): (text: string) => Html {
  const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
  markdown.block.ruler.before('paragraph', 'allowed_html', allowedBlock, {
    alt: ['paragraph', 'reference', 'blockquote'],
  });
  markdown.inline.ruler.before('html_inline', 'allowed_html', allowedInline);
  markdown.core.ruler.push('task_lists', markTasks);
  markdown.core.ruler.push('mentions', (state) => {
    for (const token of state.tokens) linkMentions(state, token, context);
  });
  const { rules } = markdown.renderer;
  rules['table_open'] = () => '<div class="table"><table>';
  rules['table_close'] = () => '</table></div>';
  rules['link_open'] = (tokens, index, options, _environment, self) => {
    tokens[index]?.attrSet('rel', 'nofollow noopener');
    return self.renderToken(tokens, index, options);
  };
  return (text) => raw(markdown.render(text.replaceAll('\r\n', '\n')));
}

/** A line that begins with an allowed tag or a comment: an HTML block up to the next blank line. */
function allowedBlock(state: StateBlock, startLine: number, endLine: number, silent: boolean) {
  const first = lineOf(state, startLine);
  const isBlock = /^<(?:\/?(?:details|summary)\b|!--)/i.test(first);
  if (!isBlock) return false;
  if (silent) return true;
  const isComment = first.startsWith('<!--');
  let line = startLine;
  const lines: string[] = [];
  for (; line < endLine; line += 1) {
    const text = lineOf(state, line);
    if (!isComment && text.trim() === '') break;
    lines.push(text);
    if (isComment && text.includes('-->')) {
      line += 1;
      break;
    }
  }
  state.line = line;
  state.push('html_block', '', 0).content = `${sanitized(lines.join('\n'))}\n`;
  return true;
}

function allowedInline(state: StateInline, silent: boolean): boolean {
  const rest = state.src.slice(state.pos);
  const match = /^<[^>]*>/.exec(rest)?.[0] ?? '';
  const text = rest.startsWith('<!--') ? (/^<!--[^]*?-->/.exec(rest)?.[0] ?? '') : match;
  const isAllowed =
    text !== '' && text.replaceAll(allowedTag, '').replaceAll(hiddenComment, '') === '';
  if (!isAllowed) return false;
  if (!silent) state.push('html_inline', '', 0).content = sanitized(text);
  state.pos += text.length;
  return true;
}

/** Comments away, allowed tags as they stand, all the rest escaped. */
function sanitized(text: string): string {
  const visible = text.replaceAll(hiddenComment, '');
  let result = '';
  let last = 0;
  for (const match of visible.matchAll(allowedTag)) {
    result += escaped(visible.slice(last, match.index)) + match[0].toLowerCase();
    last = match.index + match[0].length;
  }
  return result + escaped(visible.slice(last));
}

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (character) => names[character] ?? character);
}

function lineOf(state: StateBlock, line: number): string {
  const begin = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  return state.src.slice(begin, state.eMarks[line]);
}

function markTasks(state: StateCore): void {
  const { tokens } = state;
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'inline' || tokens[index - 2]?.type !== 'list_item_open') continue;
    const text = token.children?.[0];
    const match = /^\[([ xX])\] /.exec(text?.content ?? '');
    if (!text || !match) continue;
    text.content = text.content.slice(match[0].length);
    const box = new state.Token('html_inline', '', 0);
    const checked = match[1] === ' ' ? '' : ' checked';
    box.content = `<input type="checkbox" disabled${checked}> `;
    token.children?.unshift(box);
    tokens[index - 2]?.attrJoin('class', 'task');
  }
}

function linkMentions(state: StateCore, block: Token, context: MarkdownContext): void {
  let depth = 0;
  if (!block.children) return;
  block.children = block.children.flatMap((token) => {
    if (token.type === 'link_open') depth += 1;
    if (token.type === 'link_close') depth -= 1;
    return token.type === 'text' && depth === 0
      ? mentionsIn(state, token.content, context)
      : [token];
  });
}

function mentionsIn(state: StateCore, words: string, context: MarkdownContext): Token[] {
  const found: Token[] = [];
  let last = 0;
  const push = (type: string, content: string): void => {
    if (content !== '') found.push(Object.assign(new state.Token(type, '', 0), { content }));
  };
  for (const match of words.matchAll(/(?<![\w/])@([a-z\d-]+)(?:\/([\w-]+))?/gi)) {
    const [text, login = '', team] = match;
    const isReal = team === undefined ? context.isAccount(login) : context.isTeam(login, team);
    if (!isReal) continue;
    push('text', words.slice(last, match.index));
    const [href, kind] =
      team === undefined ? [`/${login}`, 'user'] : [`/orgs/${login}/teams/${team}`, 'team'];
    push('html_inline', `<a class="${kind}-mention" href="${href}">${text}</a>`);
    last = match.index + text.length;
  }
  push('text', words.slice(last));
  return found;
}
