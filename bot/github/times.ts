// Times as the issue shows them: UTC, to the second where seconds matter. GitHub shows one text to everybody, so a
// reader's own time zone cannot be used.

import { plain, type Rendered } from '../templates.ts';

/** `2026-11-24 14:05 UTC`, with seconds when they are not zero. `iso` is ISO 8601. */
export function formatTime(iso: string): Rendered {
  const text = new Date(iso).toISOString();
  const seconds = text.slice(17, 19) === '00' ? '' : text.slice(16, 19);
  return plain(`${text.slice(0, 10)} ${text.slice(11, 16)}${seconds} UTC`);
}

/** The end of what began at `from`: without the day where it is the same, so that both fit into one row of a table. */
export function formatEnd(from: string, to: string): Rendered {
  const end = formatTime(to).rendered;
  const day = new Date(from).toISOString().slice(0, 10);
  return plain(end.startsWith(day) ? end.slice(day.length + 1) : end);
}

/** `512 B`, `1.4 KB`, `20 MB`: decimal, as people count bytes. */
export function formatBytes(bytes: number): Rendered {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** step;
  return plain(
    `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`,
  );
}
