// Where a bot is killed: right after a commit to its database, when what is on disk is all that is left; and while it
// writes to GitHub, before the write has happened, and after it has and before the bot is told.

import type { RestartedBot } from './restarted-bot.ts';

export interface Points {
  readonly name: string;
  /**
   * Prepares the kill at the point of this number, from 1, and gives what calls it off. That resolves once no kill of this
   * point can come any more, with how many points the bot has passed; they are not known of one that was killed.
   */
  arm(bot: RestartedBot, point: number): () => Promise<number>;
}

/** The number of a point that no bot comes to: the points are counted, and nobody is killed. */
export const never = Number.MAX_SAFE_INTEGER;

export const allPoints: readonly Points[] = [
  { name: 'after commit', arm: armCommit },
  ...(['before', 'after'] as const).map((phase) => ({
    name: `${phase} write`,
    arm: (bot: RestartedBot, point: number) => armWrite(bot, phase, point),
  })),
];

let orders = 0;

function armCommit({ current }: RestartedBot, point: number): () => Promise<number> {
  current().write(`kill after ${point}\n`);
  return async () => {
    const bot = current();
    orders += 1;
    const calledOff = `kill never ${orders}`;
    bot.write(`${calledOff}\n`);
    const heard = bot.line((text) => {
      const [order, passed] = text.split(': ');
      return order === calledOff ? Number(passed) : undefined;
    });
    // It may have died before it read that.
    return Promise.race([heard.catch(() => 0), bot.exited.then(() => 0)]);
  };
}

function armWrite(
  { stage, current }: RestartedBot,
  phase: 'before' | 'after',
  point: number,
): () => Promise<number> {
  let seen = 0;
  let killing: Promise<unknown> | undefined;
  const disarm = stage.github.on('write', async (write) => {
    if (write.phase !== phase || write.actor !== 'sallyport[bot]') return;
    seen += 1;
    if (seen === point) await (killing = current().kill());
  });
  return async () => {
    disarm();
    // The last write of a story is seen by its teller before the bot has died of it.
    await killing;
    return seen;
  };
}
