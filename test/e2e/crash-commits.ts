// The bot is killed right after a commit to its database: what is on disk is all that is left. The points are shared
// out between two files, because they take the longest of all tests and run side by side.
import { currentBot, killAtEachPoint, type Arm } from './crash.ts';

/** Kills after every second commit, beginning with this one. Resolves with the number of kills. */
export function killAtCommits(first: 1 | 2): Promise<number> {
  return killAtEachPoint('after commit', arm, { first, step: 2 });
}

const arm: Arm = (point) => {
  currentBot().write(`kill after ${point}\n`);
  return async () => {
    const bot = currentBot();
    const calledOff = `kill never ${point}`;
    bot.write(`${calledOff}\n`);
    const heard = bot.line((text) => (text === calledOff ? text : undefined));
    // It may have died before it read that.
    await Promise.race([heard.catch(() => undefined), bot.exited]);
  };
};
