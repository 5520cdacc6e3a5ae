// `npm run test:crash`: the bot is killed at every point where it writes. Five files, so that two of them run at a time.
import { killAlong } from './crash.ts';
import { stories } from './crash-stories.ts';

killAlong(
  stories.filter((_, nth) => nth % 5 === 1),
  { stride: 1 },
);
