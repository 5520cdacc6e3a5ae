// `npm run test:crash`: the bot is killed at every point where it writes. Two files, for two cores.
import { killAlong } from './crash.ts';
import { stories } from './crash-stories.ts';

killAlong(
  stories.filter((_, nth) => nth % 2 === 1),
  { stride: 1 },
);
