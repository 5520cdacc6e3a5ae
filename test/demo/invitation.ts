// What the demo says when the story is over and the newcomer's turn begins; fits into 80 columns.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cast } from './cast.ts';
import { accessRepository } from './seed.ts';
import type { Stage } from './stage.ts';

/** How to be any of the people, step by step. */
export function invitation({ github, postgres, logs }: Stage): string {
  const { reader, database } = postgres;
  const people = cast.map(({ login, part }) => `${login.padEnd(5)} ${part}`);
  return `
Now you. Everything stays up until you press Ctrl-C.

  Page    ${github.url}
          Its certificate is by the demo’s own authority: let your browser go on.
  People  ${people.join('\n          ')}
          Every box on the page lets you choose who writes.
  Logs    ${logs}

  1  As dana, open a blank issue in ${accessRepository} and comment: /connect payments-db 1h
  2  As omar, comment: /approve
  3  Paste the line from the card into a second terminal, and sign in as dana
     on the page that it opens or prints.
  4  In a third terminal, first this, then the line for psql that the client prints:

  export PGUSER=${reader.user} PGPASSWORD=${reader.password} PGDATABASE=${database}

     ${isInstalled('psql') ? 'There:' : 'psql is missing here; Debian has it in postgresql-client. There:'} select * from payments;
  5  As omar, comment: /revoke. The connection dies, and the card shows what it was.
`;
}

function isInstalled(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
