// The commands and how each is written: what a command says once it was understood, the line that shows its form, and
// the corrected line for one that was not. The words after the verb are read in arguments.ts.

import { durationArgument } from './duration.ts';

/** What `/connect` and `/break-glass` ask for. */
export interface Asked {
  readonly resource: string;
  readonly durationMs?: number;
  readonly role?: string;
  readonly reason: string;
}

export type Command =
  | ({ readonly verb: 'connect' } & Asked)
  | { readonly verb: 'approve'; readonly request?: string; readonly durationMs?: number }
  | { readonly verb: 'deny'; readonly request?: string; readonly reason: string }
  | { readonly verb: 'cancel'; readonly request?: string }
  | {
      readonly verb: 'extend';
      readonly grant?: string;
      readonly durationMs: number;
      readonly reason: string;
    }
  | { readonly verb: 'revoke'; readonly grant?: string; readonly reason: string }
  | ({ readonly verb: 'break-glass' } & Asked)
  /** `remark` is empty for a bare `ok`. */
  | { readonly verb: 'review'; readonly request?: string; readonly remark: string }
  | { readonly verb: 'why'; readonly resource: string; readonly role?: string }
  | { readonly verb: 'resources' }
  | { readonly verb: 'status' }
  | { readonly verb: 'help' };

export type Verb = Command['verb'];

/** The commands of this version, each with the line that shows how it is written. */
export const usage: Readonly<Record<Verb, string>> = {
  connect: '/connect <resource> [<duration>] [as <role>]',
  approve: '/approve [<request>] [<shorter duration>]',
  deny: '/deny [<request>] [reason]',
  cancel: '/cancel [<request>]',
  extend: '/extend [<grant>] <duration>',
  revoke: '/revoke [<grant>] [reason]',
  'break-glass': '/break-glass <resource> [<duration>] [as <role>]',
  review: '/review [<request>] [ok or a remark]',
  why: '/why <resource> [as <role>]',
  resources: '/resources',
  status: '/status',
  help: '/help',
};

/** A reason is shown whole on the card and is part of the digest, so it is refused rather than cut. */
export const maxReasonChars = 2_000;

/** The command as one corrected line; reasons below it are not part of a line. */
export function formatCommand(command: Command): string {
  const words: (string | undefined)[] = [`/${command.verb}`];
  if ('resource' in command) words.push(command.resource);
  if ('request' in command) words.push(command.request);
  if ('grant' in command) words.push(command.grant);
  if ('durationMs' in command) words.push(durationArgument(command.durationMs));
  if ('role' in command) words.push('as', command.role);
  return words.filter((each) => each !== undefined).join(' ');
}

/** A line that works, for a verb of which nothing else was understood. */
export function example(verb: Verb): string {
  if (verb === 'connect' || verb === 'break-glass') return `/${verb} payments-db 2h`;
  if (verb === 'why') return '/why payments-db';
  return verb === 'extend' ? '/extend 1h' : `/${verb}`;
}
