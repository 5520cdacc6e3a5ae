// The text of --help: written here once, the exit statuses taken from their table.

import { exits } from './failure.ts';

export function helpText(): string {
  const statuses = Object.values(exits)
    .map(({ status, meaning }) => `  ${String(status).padStart(3)}  ${meaning}`)
    .join('\n');
  return `sallyport: a local port to a private service, for as long as you were granted it

  sallyport connect <host>/<grant> [--port N | --socket PATH] [--json]
  sallyport connect <host>/<grant> [--port N | --socket PATH] --exec COMMAND [ARGUMENTS]
  sallyport --version | --help

Copy the line from the card on your issue. You sign in with your browser; programs on this
machine then reach the service at the address that is shown, until the grant ends.

  --port N       listen on 127.0.0.1:N, from 1024 to 65535 (any free port when left out)
  --socket PATH  listen on a Unix socket instead, in a folder only you can enter
  --exec …       run a command with the address in its environment (SALLYPORT_HOST and
                 SALLYPORT_PORT; PGHOST, PGPORT; MYSQL_HOST, MYSQL_TCP_PORT; REDIS_HOST,
                 REDIS_PORT), without a shell, and exit with its status
  --json         write what happens to standard output, one JSON object a line

People are spoken to on standard error; standard output is for programs.

Environment
  SALLYPORT_CONFIG_DIR  folder of hosts.json, the hosts you trust
  SALLYPORT_CA          file with the certificate of a private authority (PEM)
  BROWSER               program that opens the sign-in page, called with its URL
  NO_COLOR              no bold text

Exit status
${statuses}
With --exec, the command's own status; 128 + n when signal n ended it.
`;
}
