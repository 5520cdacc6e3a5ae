// `sallyportd revoke`: ends a grant from the operator's own command line, also when GitHub is down. It asks the running
// bot and never touches the database itself: a revocation that no relay hears of would only look like one.

import { askOperator, type AnswerTo } from '../operator.ts';
import { type Command, exitCodes, readWords, type Terminal, UsageError } from './command.ts';
import { dataHelp, dataOption, findDataFolder } from './data-folder.ts';
import { nobodyAnswers, notUnderstood } from './operator-words.ts';

export const revokeCommand: Command = {
  summary: 'end a grant and its live sessions now',
  help: `Usage: sallyportd revoke <grant> [reason] [--data FOLDER]

Ends the grant (g_…) and cuts its live sessions. The running bot does it, so it must be
running; each relay that confirms is named, and each that does not.

${dataHelp}

Exit codes: 0 done and confirmed by every relay, 1 refused, 2 done but a relay has not
confirmed, 64 not understood, 69 no running bot, 78 settings are wrong.`,
  async run(words, terminal) {
    const { positionals, values } = readWords({
      args: [...words],
      options: dataOption,
      allowPositionals: true,
    });
    const [grant, ...reason] = positionals;
    if (grant === undefined) throw new UsageError('Name the grant: sallyportd revoke g_…');
    const folder = findDataFolder(values.data, terminal);
    if (folder === undefined) return exitCodes.config;
    return revoke({ folder, grant, reason: reason.join(' ') }, terminal);
  },
};

interface Revocation {
  readonly folder: string;
  readonly grant: string;
  readonly reason: string;
}

async function revoke(revocation: Revocation, terminal: Terminal): Promise<number> {
  const { folder, grant, reason } = revocation;
  const reply = await askOperator(folder, { command: 'revoke', grant, reason });
  if (reply.kind === 'answered') return tell(grant, reply.answer, terminal);
  if (reply.kind === 'no-bot') {
    terminal.err(
      `${nobodyAnswers(folder, reply.address)}\n` +
        'Nothing was revoked. Start the bot and revoke again, or stop the relay, which ends its sessions.',
    );
    return exitCodes.noBot;
  }
  terminal.err(
    `${reply.detail}\nIt is not known whether the grant was revoked: look at its issue, or revoke it again.`,
  );
  return exitCodes.refused;
}

function tell(grant: string, answer: AnswerTo<'revoke'>, terminal: Terminal): number {
  if (answer.kind === 'revoked') return tellRevoked(grant, answer, terminal);
  const sentences = {
    'unknown-grant': `There is no grant ${JSON.stringify(grant)}. It is written on the card of its request, as g_…, and sallyportd grants lists those that are live.`,
    'already-ended': `That grant has ended already${answer.kind === 'already-ended' ? ` (${answer.state})` : ''}.`,
    'not-understood': notUnderstood,
    failed:
      'The bot could not do it. Its log says why; until then, stopping the relay cuts the sessions.',
  };
  terminal.err(sentences[answer.kind]);
  return exitCodes.refused;
}

/** The bound for a relay that does not answer: its lease (30 s) and its grace (300 s). */
const cutWithoutBotSeconds = 330;

function tellRevoked(
  grant: string,
  { confirmed, unconfirmed }: Extract<AnswerTo<'revoke'>, { kind: 'revoked' }>,
  terminal: Terminal,
): number {
  terminal.out(`Revoked ${grant}.`);
  for (const { relay, sessions, ms } of confirmed) {
    terminal.out(
      `  ${relay}: ${sessions} session${sessions === 1 ? '' : 's'} cut, confirmed after ${Math.round(ms)} ms`,
    );
  }
  for (const relay of unconfirmed) {
    terminal.err(
      `  ${relay}: not confirmed. It admits nobody new after 30 s without the bot and ends its sessions within ${cutWithoutBotSeconds} s.`,
    );
  }
  return unconfirmed.length === 0 ? exitCodes.done : exitCodes.unconfirmed;
}
