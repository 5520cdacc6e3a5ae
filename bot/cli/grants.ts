// `sallyportd grants`: what is live now, as the running bot has it, also when GitHub is down: to end one of them by
// `sallyportd revoke`, its name has to be known.

import { askOperator, type LiveGrant } from '../operator.ts';
import { terminalText } from '../templates.ts';
import { type Command, exitCodes, readWords, type Terminal } from './command.ts';
import { dataHelp, dataOption, findDataFolder } from './data-folder.ts';
import { nobodyAnswers, notUnderstood } from './operator-words.ts';

export const grantsCommand: Command = {
  summary: 'list the grants that are live',
  help: `Usage: sallyportd grants [--data FOLDER]

Lists every grant that is live, the one that ends first on top: its name (g_…), whose it
is, of what, in which role, until when, its open sessions as far as the relays have said,
and its issue. "claim by" stands at one that nobody has claimed yet. End one of them with
sallyportd revoke. The running bot is asked, so it must be running.

${dataHelp}

Exit codes: 0 listed, 1 the bot could not, 64 not understood, 69 no running bot, 78 settings
are wrong.`,
  async run(words, terminal) {
    const { values } = readWords({ args: [...words], options: dataOption });
    const folder = findDataFolder(values.data, terminal);
    return folder === undefined ? exitCodes.config : list(folder, terminal);
  },
};

async function list(folder: string, terminal: Terminal): Promise<number> {
  const reply = await askOperator(folder, { command: 'grants' });
  if (reply.kind === 'no-bot') {
    terminal.err(nobodyAnswers(folder, reply.address));
    return exitCodes.noBot;
  }
  if (reply.kind === 'broken') {
    terminal.err(reply.detail);
    return exitCodes.refused;
  }
  const { answer } = reply;
  if (answer.kind !== 'grants') {
    const sentences = {
      'not-understood': notUnderstood,
      failed: 'The bot could not do it. Its log says why.',
    };
    terminal.err(sentences[answer.kind]);
    return exitCodes.refused;
  }
  for (const line of linesOf(answer.grants)) terminal.out(line);
  if (answer.more > 0) terminal.out(`and ${answer.more} more that end later`);
  return exitCodes.done;
}

function linesOf(grants: readonly LiveGrant[]): readonly string[] {
  if (grants.length === 0) return ['No grant is live.'];
  const head = ['GRANT', 'OF', 'RESOURCE', 'ROLE', 'ENDS', 'SESSIONS', 'ISSUE'];
  const rows = grants.map(({ until, isClaimed, sessions, issue, ...grant }) => [
    ...[grant.id, grant.grantee, grant.resource, grant.role].map(shown),
    `${isClaimed ? '' : 'claim by '}${until.slice(0, 16)}Z`,
    String(sessions),
    shown(issue),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function shown(text: string): string {
  return terminalText(text).rendered;
}
