// Small pieces of text for people: spans, moments, sizes, and the line to paste for each protocol. Pure. What it
// returns is safe to print and, for the pasted line, safe in a POSIX shell.

import { basename, dirname } from 'node:path';
import type { LocalAddress } from './listener.ts';

/** `2 h 5 min`; below ten minutes the seconds as well; never less than nothing. */
export function describeDuration(spanMs: number): string {
  const whole = Math.max(0, Math.floor(spanMs / 1000));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = whole % 60;
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  if (minutes >= 10 || (minutes > 0 && seconds === 0)) return `${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds} s` : `${seconds} s`;
}

/** `16:40 (1 h 59 min left)` on this machine's clock, with the date when it is another day. */
export function describeMoment(iso: string, now: Date): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return 'an unknown time';
  const time = `${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
  const day = `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  const isToday = moment.toDateString() === now.toDateString();
  const left = describeDuration(moment.getTime() - now.getTime());
  return `${isToday ? time : `${day} ${time}`} (${left} left)`;
}

/** `812 B`, `3.4 MB`: decimal, so that the terminal and the card on the issue name one size alike. */
export function describeBytes(bytes: number): string {
  const units = ['KB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} B`;
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** What to paste to use the address, or nothing where there is no one way. `protocol` only chooses among these. */
export function lineToPaste(protocol: string, address: LocalAddress): string | undefined {
  return address.kind === 'port'
    ? lineForPort(protocol, address.host, address.port)
    : lineForSocket(protocol, address.path);
}

function lineForPort(protocol: string, host: string, port: number): string | undefined {
  switch (protocol) {
    case 'postgres':
      return `psql "host=${host} port=${port}"`;
    case 'mysql':
      return `mysql -h ${host} -P ${port}`;
    case 'redis':
      return `redis-cli -h ${host} -p ${port}`;
    case 'ssh':
      return `ssh -p ${port} ${host}`;
    case 'http':
      return `http://${host}:${port}`;
    default:
      return undefined;
  }
}

function lineForSocket(protocol: string, path: string): string | undefined {
  const number = /^\.s\.PGSQL\.(\d{1,5})$/.exec(basename(path))?.[1];
  switch (protocol) {
    case 'postgres':
      return number === undefined ? undefined : `psql -h ${quoted(dirname(path))} -p ${number}`;
    case 'mysql':
      return `mysql -S ${quoted(path)}`;
    case 'redis':
      return `redis-cli -s ${quoted(path)}`;
    case 'http':
      return `curl --unix-socket ${quoted(path)} http://localhost/`;
    default:
      return undefined;
  }
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
