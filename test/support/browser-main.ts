// A browser somebody sits at, as a process: opens the one address it is given, answers the forms it
// meets as that person and writes the words of each page, as one line of JSON, to a file.
import { appendFile, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createBrowser } from './browser.ts';
import { answerForms } from './person.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ca: { type: 'string', default: '' },
    seen: { type: 'string', default: '' },
    login: { type: 'string', default: '' },
    password: { type: 'string' },
  },
});
const browser = createBrowser({ ca: await readFile(values.ca, 'utf8') });
const person = {
  login: values.login,
  ...(values.password === undefined ? {} : { password: values.password }),
};
const pages = await answerForms(browser, positionals[0] ?? '', person);
await appendFile(values.seen, pages.map(({ text }) => `${JSON.stringify(text)}\n`).join(''));
