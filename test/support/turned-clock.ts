// The clock of a whole process, for what looks after minutes: it goes on as it always does, and a test turns it on. Whoever
// waits until a moment that has passed by then is woken at once, as after a night's sleep of the machine.

import { mock } from 'node:test';

/** How often what waits is looked at. */
const beatMs = 5;

export interface TurnedClock extends Disposable {
  turn(ms: number): void;
}

/** Has to be started before whatever waits by it. */
export function startTurnedClock(): TurnedClock {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  let beatAt = performance.now();
  const beat = setInterval(() => {
    const passedMs = Math.floor(performance.now() - beatAt);
    beatAt += passedMs;
    mock.timers.tick(passedMs);
  }, beatMs);
  return {
    turn: (ms) => mock.timers.tick(ms),
    [Symbol.dispose]() {
      clearInterval(beat);
      mock.timers.reset();
    },
  };
}
