// A sample of what `npm run test:crash` does, at a price that `npm test` can pay: every other story, at a point or two.
import { killAlong } from './crash.ts';
import { stories } from './crash-stories.ts';

killAlong(
  stories.filter((_, nth) => nth % 2 === 0),
  { stride: 120 },
);
