// Reads the command line. Promises that what it accepts is exact (one spelling for a host, one for a grant), and
// that every refusal says what to write instead. It touches neither the network nor the disk.

import { parseArgs } from 'node:util';
import { grantIdPattern } from '../grant.ts';

/** Where programs on this machine connect: a port on 127.0.0.1 (any free one when left out) or a Unix socket. */
export type LocalPlace =
  | { readonly kind: 'port'; readonly port?: number }
  | { readonly kind: 'socket'; readonly path: string };

export interface ConnectOrder {
  readonly kind: 'connect';
  /** The bot's HTTPS origin, such as `https://sallyport.acme.dev`. */
  readonly origin: string;
  readonly grant: string;
  readonly place: LocalPlace;
  /** The command after --exec and its arguments, run without a shell. */
  readonly command?: readonly [string, ...string[]];
  readonly json: boolean;
}

export type Order =
  | ConnectOrder
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'invalid'; readonly message: string; readonly next: string };

/** `argv` without the program's own name. */
export function readArguments(argv: readonly string[]): Order {
  const { ours, command } = splitAtExec(argv);
  const parsed = parse(ours);
  if (parsed.kind === 'invalid') return parsed;
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };

  const [verb, line, ...rest] = positionals;
  if (verb === undefined) return { kind: 'help' };
  if (verb !== 'connect') {
    return refuse(
      `"${verb}" is not a command of sallyport.`,
      'Write: sallyport connect <host>/<grant>',
    );
  }
  if (line === undefined) {
    return refuse(
      'connect needs a host and a grant.',
      'Copy the line from the card on the issue: sallyport connect <host>/<grant>',
    );
  }
  if (rest.length > 0) {
    return refuse(
      `"${rest[0]}" is one argument too many.`,
      'To run a command write it after --exec: sallyport connect <host>/<grant> --exec psql -c "select 1"',
    );
  }
  const destination = readDestination(line);
  if (destination.kind === 'invalid') return destination;
  const place = readPlace(values.port, values.socket);
  if (place.kind === 'invalid') return place;
  if (command?.length === 0) {
    return refuse('--exec needs a command.', 'Write the command after it, such as: --exec psql');
  }
  if (command !== undefined && values.json === true) {
    return refuse(
      '--json and --exec both want standard output.',
      "Leave one of them out; with --exec, standard output is the command's.",
    );
  }
  return {
    kind: 'connect',
    origin: destination.origin,
    grant: destination.grant,
    place,
    json: values.json === true,
    ...(command === undefined ? {} : { command: command as [string, ...string[]] }),
  };
}

/** Everything after --exec belongs to the command, its options included, so it is taken off before parsing. */
function splitAtExec(argv: readonly string[]): { ours: string[]; command?: string[] } {
  const at = argv.indexOf('--exec');
  return at === -1 ? { ours: [...argv] } : { ours: argv.slice(0, at), command: argv.slice(at + 1) };
}

type Parsed = {
  kind: 'parsed';
  values: { port?: string; socket?: string; json?: boolean; help?: boolean; version?: boolean };
  positionals: string[];
};

function parse(args: string[]): Parsed | Extract<Order, { kind: 'invalid' }> {
  const options = {
    port: { type: 'string' },
    socket: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { kind: 'parsed', values: { ...values }, positionals };
  } catch (error) {
    // Node's sentence names the option; the first one is enough, the rest is advice about its own syntax.
    const sentence = error instanceof Error ? error.message : String(error);
    return refuse(
      `${sentence.split(/\.(?:\s|$)/)[0] ?? sentence}.`,
      'sallyport --help lists what there is.',
    );
  }
}

type Destination = { kind: 'destination'; origin: string; grant: string };

/**
 * `host[:port]/g_…`. The host must read back from a URL exactly as written: that leaves one spelling for each
 * (no capitals, no `0x7f.1`, no user names, no default port), so what the person reads is what is dialled.
 */
function readDestination(text: string): Destination | Extract<Order, { kind: 'invalid' }> {
  const shape = 'It looks like: sallyport.acme.dev/g_ followed by 26 letters and digits.';
  if (text.includes('://')) {
    return refuse('The host is written without https:// before it.', shape);
  }
  const slash = text.indexOf('/');
  if (slash <= 0) return refuse(`"${text}" is not a host and a grant.`, shape);
  const host = text.slice(0, slash);
  const grant = text.slice(slash + 1);
  const origin = readHost(host);
  if (origin === undefined) {
    return refuse(
      `"${host}" is not a host name as it must be written.`,
      'A host is lower-case letters, digits, dots and hyphens, and a port when it is not 443.',
    );
  }
  if (!grantIdPattern.test(grant)) {
    return refuse(`"${grant}" is not the name of a grant.`, `${shape} Copy the whole line.`);
  }
  return { kind: 'destination', origin, grant };
}

function readHost(host: string): string | undefined {
  if (!/^[a-z0-9.\-[\]:]{1,260}$/.test(host)) return undefined;
  let url: URL;
  try {
    url = new URL(`https://${host}`);
  } catch {
    return undefined;
  }
  return url.host === host && !host.endsWith('.') ? url.origin : undefined;
}

function readPlace(
  port: string | undefined,
  socket: string | undefined,
): LocalPlace | Extract<Order, { kind: 'invalid' }> {
  if (port !== undefined && socket !== undefined) {
    return refuse('--port and --socket exclude each other.', 'Choose one of them.');
  }
  if (socket !== undefined) {
    return socket === ''
      ? refuse('--socket needs a path.', 'Write one in a folder only you can enter.')
      : { kind: 'socket', path: socket };
  }
  if (port === undefined) return { kind: 'port' };
  // Ports below 1024 belong to the machine's services; a tunnel there would be mistaken for one of them.
  const number = /^[1-9]\d{3,4}$/.test(port) ? Number(port) : 0;
  return number >= 1024 && number <= 65_535
    ? { kind: 'port', port: number }
    : refuse(
        `"${port}" is not a port for --port.`,
        'Choose one from 1024 to 65535, or leave it out to be given a free one.',
      );
}

function refuse(message: string, next: string): Extract<Order, { kind: 'invalid' }> {
  return { kind: 'invalid', message, next };
}
