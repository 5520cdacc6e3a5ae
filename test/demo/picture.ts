// The picture in the README: the thread of a granted request while a session is open, taken from the
// local GitHub's page. The line on the card begins as the product prints it unless it is told otherwise.
import { readFile, stat } from 'node:fs/promises';
import { launchChromium } from '../support/chromium.ts';
import { approve, openSession, requestAccess, type Asked } from './actions.ts';
import { dana } from './cast.ts';
import { accessRepository, home } from './seed.ts';
import { openStage, type Stage } from './stage.ts';
import { findCard, sessionsIn } from './thread.ts';

const width = 1280;
const margin = 24;
const gap = 8; // less than there is between two comments
const maxBytes = 300_000; // it is loaded by everybody who opens the README

/** Plays a request up to an open session, and writes the picture of its thread as a PNG. */
export async function takePicture(file: string): Promise<void> {
  await using browser = await launchChromium();
  const { version } = JSON.parse(await readFile(`${home}package.json`, 'utf8')) as Versioned;
  const asPrinted = `npx sallyport@${version} connect`;
  await using stage = await openStage({ connectCommand: asPrinted });
  const asked = await ask(stage);
  const line = await approve(stage.github, asked, '/approve');
  const runs = line.replace(asPrinted, stage.connectCommand); // no registry has the client yet
  await using session = await openSession(stage, runs, 'picture');
  await session.database.select('select 1');
  await stage.github.until(asked.issue, (thread) => {
    const card = findCard(thread, asked.request);
    const told = thread.comments.some(({ body }) => body.includes('The line to paste is on'));
    return told && card && sessionsIn(card).length > 0 ? card : undefined;
  });

  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: 'light' });
  await page.goto(`${stage.github.url}/${accessRepository}/issues/${asked.issue}`);
  const [top, bottom] = [
    await page.locator('.headline').boundingBox(),
    await page.locator('#thread .box').last().boundingBox(),
  ];
  if (!top || !bottom) throw new Error('The page shows no thread');
  const y = top.y - margin;
  const height = bottom.y + bottom.height + gap - y;
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y, width, height } });
  const { size } = await stat(file);
  if (size > maxBytes) throw new Error(`The picture has ${size} bytes, more than ${maxBytes}`);
}

interface Versioned {
  readonly version: string;
}

async function ask({ github }: Stage): Promise<Asked> {
  const { number } = await github.openIssue(dana.login, {
    title: 'The ledger is off by one cent',
    body: 'Since yesterday. I have to compare the last payments.',
  });
  return requestAccess(
    github,
    number,
    '/connect payments-db 2h\n\nTo compare the payments of yesterday with the ledger',
  );
}
