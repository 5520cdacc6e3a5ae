// The part of GraphQL that a bot's documents use, by hand, since no package is at hand here: one
// operation, arguments, variables, aliases, inline fragments. Anything else (fragments by name,
// directives, subscriptions, several operations) is refused, never guessed at.

export interface Field {
  readonly kind: 'field';
  readonly alias: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly selection: readonly Selection[];
}

export interface InlineFragment {
  readonly kind: 'fragment';
  readonly onType: string;
  readonly selection: readonly Selection[];
}

export type Selection = Field | InlineFragment;

export interface Operation {
  readonly kind: 'query' | 'mutation';
  readonly selection: readonly Selection[];
}

export class GraphqlSyntaxError extends Error {
  readonly code = 'graphql-syntax';
}

/** Reads the document with the variables already put in. Throws a `GraphqlSyntaxError`. */
export function parseOperation(
  document: string,
  variables: Readonly<Record<string, unknown>>,
): Operation {
  const tokens = tokensOf(document);
  const kind = tokens.peek() === '{' ? 'query' : tokens.next();
  if (kind !== 'query' && kind !== 'mutation') throw unexpected(kind);
  if (isName(tokens.peek())) tokens.next();
  if (tokens.peek() === '(') skipVariableDefinitions(tokens);
  const selection = readSelection(tokens, variables, 0);
  if (tokens.peek() !== undefined) throw unexpected(tokens.peek());
  return { kind, selection };
}

interface Tokens {
  peek(): string | undefined;
  next(): string;
}

/** Deeper documents are refused, so that reading one cannot exhaust the stack. */
const maxDepth = 20;

function readSelection(
  tokens: Tokens,
  variables: Readonly<Record<string, unknown>>,
  depth: number,
): Selection[] {
  if (depth > maxDepth) throw new GraphqlSyntaxError('The document is nested too deeply');
  const found: Selection[] = [];
  expect(tokens, '{');
  while (tokens.peek() !== '}') {
    if (tokens.peek() === '...') {
      tokens.next();
      expect(tokens, 'on');
      const onType = readName(tokens);
      const selection = readSelection(tokens, variables, depth + 1);
      found.push({ kind: 'fragment', onType, selection });
      continue;
    }
    found.push(readField(tokens, variables, depth));
  }
  tokens.next();
  if (found.length === 0) throw unexpected('}');
  return found;
}

function readField(
  tokens: Tokens,
  variables: Readonly<Record<string, unknown>>,
  depth: number,
): Field {
  const alias = readName(tokens);
  let name = alias;
  if (tokens.peek() === ':') {
    tokens.next();
    name = readName(tokens);
  }
  const args = tokens.peek() === '(' ? readPairs(tokens, variables, ['(', ')']) : {};
  const hasSelection = tokens.peek() === '{';
  const selection = hasSelection ? readSelection(tokens, variables, depth + 1) : [];
  return { kind: 'field', alias, name, args, selection };
}

function readPairs(
  tokens: Tokens,
  variables: Readonly<Record<string, unknown>>,
  [open, close]: readonly [string, string],
): Record<string, unknown> {
  const pairs: Record<string, unknown> = Object.create(null);
  expect(tokens, open);
  while (tokens.peek() !== close) {
    const name = readName(tokens);
    expect(tokens, ':');
    pairs[name] = readValue(tokens, variables);
  }
  tokens.next();
  return pairs;
}

function readValue(tokens: Tokens, variables: Readonly<Record<string, unknown>>): unknown {
  const token = tokens.peek();
  if (token === '{') return readPairs(tokens, variables, ['{', '}']);
  if (token === '[') {
    const items: unknown[] = [];
    tokens.next();
    while (tokens.peek() !== ']') items.push(readValue(tokens, variables));
    tokens.next();
    return items;
  }
  const text = tokens.next();
  if (text === '$') return variables[readName(tokens)];
  if (text.startsWith('"') || /^-?\d/.test(text)) return JSON.parse(text) as unknown;
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (isName(text)) return text;
  throw unexpected(text);
}

/** Types of variables are not checked: the values are, where they are used. */
function skipVariableDefinitions(tokens: Tokens): void {
  while (tokens.next() !== ')');
}

function tokensOf(document: string): Tokens {
  const pattern =
    /[\s,\uFEFF]+|#[^\n]*|(\.\.\.|[{}()[\]:!$=@|&]|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*")/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < document.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(document);
    if (!match) throw unexpected(document[at]);
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  let index = 0;
  return {
    peek: () => tokens[index],
    next() {
      const token = tokens[index];
      if (token === undefined) throw unexpected(undefined);
      index += 1;
      return token;
    },
  };
}

function expect(tokens: Tokens, wanted: string): void {
  const token = tokens.next();
  if (token !== wanted) throw unexpected(token);
}

function readName(tokens: Tokens): string {
  const token = tokens.next();
  if (!isName(token)) throw unexpected(token);
  return token;
}

function isName(token: string | undefined): token is string {
  return token !== undefined && /^[A-Za-z_]\w*$/.test(token);
}

function unexpected(token: string | undefined): GraphqlSyntaxError {
  const what = token === undefined ? 'end of document' : JSON.stringify(token);
  return new GraphqlSyntaxError(`Parse error: unexpected ${what}`);
}
