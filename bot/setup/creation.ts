// From GitHub's code to credentials on the disk: exchanged once, judged, kept. One at a time. What GitHub gave out and
// the disk did not take stays in memory until it does, because GitHub gives it out only once.

import type { AppOwner, Conversion, CreatedApp } from '../github/registration.ts';
import type { AppCredentials } from './credentials.ts';
import type { UnfitReason } from './verdict.ts';
import type { Problem } from './words.ts';

export type Outcome =
  | { readonly kind: 'created'; readonly app: CreatedApp }
  | { readonly kind: 'unfit'; readonly reasons: readonly UnfitReason[] }
  | {
      readonly kind: 'failed';
      readonly problem: Exclude<Problem, 'unfit'>;
      readonly detail?: string;
    };

export interface CreationParts {
  convert(code: string): Promise<Conversion>;
  judge(app: CreatedApp, owner: AppOwner): readonly UnfitReason[];
  /** False where credentials are kept already. */
  keep(credentials: AppCredentials): Promise<boolean>;
  /** Told of every surprise. */
  report(error: unknown): void;
}

export interface Creation {
  finish(code: string, owner: AppOwner): Promise<Outcome>;
  /** Resolves when nothing is under way, with the App whose keys are in memory alone, if there is one. */
  settled(): Promise<CreatedApp | undefined>;
}

export function openCreation(parts: CreationParts): Creation {
  let underWay: Promise<Outcome> | undefined;
  let unkept: CreatedApp | undefined;

  async function run(code: string, owner: AppOwner): Promise<Outcome> {
    if (unkept !== undefined) return keep(unkept);
    const conversion = await parts.convert(code);
    if (conversion.kind !== 'created') return failed(conversion);
    const { app } = conversion;
    const reasons = parts.judge(app, owner);
    return reasons.length > 0 ? { kind: 'unfit', reasons } : keep(app);
  }

  async function keep(app: CreatedApp): Promise<Outcome> {
    const { id: appId, privateKey, webhookSecret } = app;
    try {
      const isKept = await parts.keep({ appId, privateKey, webhookSecret: webhookSecret ?? '' });
      unkept = undefined;
      return isKept ? { kind: 'created', app } : { kind: 'failed', problem: 'exists' };
    } catch (error) {
      unkept = app;
      parts.report(error);
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      return { kind: 'failed', problem: 'not-kept', detail: code };
    }
  }

  return {
    async finish(code, owner) {
      if (underWay !== undefined) return { kind: 'failed', problem: 'busy' };
      underWay = run(code, owner).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    async settled() {
      await underWay?.catch(() => undefined);
      return unkept;
    },
  };
}

function failed(conversion: Exclude<Conversion, { kind: 'created' }>): Outcome {
  if (conversion.kind === 'refused') {
    return { kind: 'failed', problem: 'refused', detail: `${conversion.status}` };
  }
  if (conversion.kind === 'unreachable') {
    return { kind: 'failed', problem: 'unreachable', detail: conversion.detail };
  }
  return { kind: 'failed', problem: conversion.kind };
}
