// A sample of what `npm run test:crash` does, at a price that `npm test` can pay.
import { killAlong } from './crash.ts';
import { stories } from './crash-stories.ts';

killAlong(stories, { stride: 120 });
