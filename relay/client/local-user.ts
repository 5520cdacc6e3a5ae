// Who is at the other end of a connection on this machine (Linux). Any user can reach a port on 127.0.0.1, so the
// listener asks the kernel's own table which user opened it. Promises "somebody else" whenever the table does not
// prove otherwise.

import { readFile } from 'node:fs/promises';

/** The two ends of an accepted connection as its own socket sees them. */
export interface Ends {
  readonly localPort: number;
  readonly remotePort: number;
}

/** The user who holds the far end of a connection between two ports of 127.0.0.1; undefined when nobody is proven. */
export async function userOfPeer(ends: Ends): Promise<number | undefined> {
  // A program may reach 127.0.0.1 through an IPv6 socket; the kernel then lists its end in the other table.
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  for (const table of tables) {
    const user = userInTable(table, ends);
    if (user !== undefined) return user;
  }
  return undefined;
}

const loopback4 = '0100007F';
const loopback6 = '0000000000000000FFFF00000100007F';

/**
 * Looks the far end up in the text of /proc/net/tcp or tcp6 (proc_net_tcp(5): sl, local, remote, st, queues, timer,
 * retransmits, uid, timeout, inode). A row with inode 0 has no process any more and shows uid 0 whoever had it:
 * believing it would let anybody who sends and hangs up at once pass for root.
 */
export function userInTable(table: string, ends: Ends): number | undefined {
  const far = hexPort(ends.remotePort);
  const near = hexPort(ends.localPort);
  const pairs = [loopback4, loopback6].map((host) => ` ${host}:${far} ${host}:${near} `);
  const row = table.split('\n').find((line) => pairs.some((pair) => line.includes(pair)));
  if (row === undefined) return undefined;
  const fields = row.trim().split(/\s+/);
  const [user, inode] = [fields[7], fields[9]];
  if (user === undefined || inode === undefined || inode === '0') return undefined;
  return /^\d+$/.test(user) ? Number(user) : undefined;
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
