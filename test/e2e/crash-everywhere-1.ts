// `npm run test:crash`: the bot is killed at every point where it writes. Five files, of which two run at a time: one file
// has a limit of fifty minutes, and the first story alone takes half of that.
import { killAlong } from './crash.ts';
import { stories } from './crash-stories.ts';

killAlong(
  stories.filter((_, nth) => nth % 5 === 0),
  { stride: 1 },
);
