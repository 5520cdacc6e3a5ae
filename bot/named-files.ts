// Reads the files that bot.yml names, and those that stand for them in the data folder: secrets, certificates, pairs.
// Whatever is wrong with one is noted under the setting that named it, so that all of it is told at once.

import { resolve } from 'node:path';
import { certificateFault, pairFault, readSettingFile } from '../relay/setting-files.ts';

/** What is wrong with a text, as a sentence; undefined when nothing is. */
export type Judge = (text: string) => string | undefined;

/** Reads the files that settings name and notes what is wrong with each, so that all of it is told at once. */
export function openFiles(folder: string, faults: string[]) {
  const note = (setting: string, fault: string) => void faults.push(`${setting}: ${fault}`);

  function read(setting: string, path: string, isSecret: boolean): string | undefined {
    const reading = readSettingFile(resolve(folder, path), { isSecret });
    if (reading.kind === 'read') return reading.text;
    note(setting, reading.message);
    return undefined;
  }

  function judged(setting: string, text: string | undefined, judge: Judge): string {
    const fault = text === undefined ? undefined : judge(text);
    if (fault !== undefined) note(setting, fault);
    return text ?? '';
  }

  return {
    /** Without the newline at its end, which editors add. */
    secret: (setting: string, path: string, judge: Judge) =>
      judged(setting, read(setting, path, true)?.trim(), judge),
    certificate: (setting: string, path: string) =>
      judged(setting, read(setting, path, false), certificateFault),
    pair(setting: string, paths: { readonly cert: string; readonly key: string }) {
      const cert = read(`${setting}.cert`, paths.cert, false);
      const key = read(`${setting}.key`, paths.key, true);
      const isWhole = cert !== undefined && key !== undefined;
      const fault = isWhole ? pairFault(cert, key) : undefined;
      if (fault !== undefined) note(setting, fault);
      return { cert: cert ?? '', key: key ?? '' };
    },
  };
}

export type Files = ReturnType<typeof openFiles>;
