// GraphQL's global ids: a kind and a number, opaque to everybody else.
// GitHub's own look like `IC_kwDOABCD…`; these keep the prefix and the opacity, not the encoding.

const prefixes = {
  User: 'U',
  Organization: 'O',
  Bot: 'BOT',
  Repository: 'R',
  Issue: 'I',
  IssueComment: 'IC',
  Label: 'LA',
  Reaction: 'REA',
  Team: 'T',
  App: 'A',
  Installation: 'MDIzOk',
  Commit: 'C',
  Ref: 'REF',
  Blob: 'B',
  PullRequest: 'PR',
  CheckRun: 'CR',
  CheckSuite: 'CS',
  UserContentEdit: 'UCE',
} as const;

export type NodeKind = keyof typeof prefixes;

export function nodeId(kind: NodeKind, id: number | string): string {
  return `${prefixes[kind]}_kw${Buffer.from(String(id)).toString('base64url')}`;
}

/** Undefined when the text is no id of this kind of thing; whether the thing exists is not asked. */
export function readNodeId(text: string): { kind: NodeKind; id: number } | undefined {
  const match = /^([A-Za-z]+)_kw([\w-]+)$/.exec(text);
  const prefix = match?.[1];
  const id = Number(Buffer.from(match?.[2] ?? '', 'base64url').toString());
  const kind = (Object.keys(prefixes) as NodeKind[]).find((one) => prefixes[one] === prefix);
  return kind && Number.isSafeInteger(id) ? { kind, id } : undefined;
}
