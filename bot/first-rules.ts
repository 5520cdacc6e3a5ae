// The policy and the catalog at a start, and what keeps the bot from starting.

import type { Logger } from 'pino';
import { PolicyUnusable } from './github/policy-file.ts';
import { NotInstalled } from './github/repositories.ts';
import type { RuleBook } from './github/rules.ts';
import { StartFault } from './start-fault.ts';
import { liveRevocations } from './store/grants.ts';
import { openThreads } from './store/requests.ts';
import type { Store } from './store/store.ts';

/**
 * A policy that is faulty, where no good one is known, stops the start, unless something is open that somebody may have
 * to end, or was revoked and relays may not know: nothing is given then until it is mended. A GitHub or a Backstage that
 * cannot be reached does not stop it: relays must go on hearing from the bot, and revoking must work; requests wait until
 * the rules can be read. Some Backstages find the bot's key only once it serves. Nor does an App that is not installed
 * yet: it is installed after it was created, and that is after the start.
 */
export async function readFirstRules(
  rules: Pick<RuleBook, 'current'>,
  { store, log, now }: { store: Store; log: Logger; now(): Date },
): Promise<void> {
  try {
    await rules.current();
  } catch (error) {
    if (error instanceof PolicyUnusable && (await isNeeded(store, now()))) {
      log.error({ faults: error.faults }, 'nothing is given until the policy is mended');
      return;
    }
    if (error instanceof NotInstalled) {
      log.error({ faults: error.faults }, 'nothing is decided until the App is installed');
      return;
    }
    if (error instanceof StartFault) throw error;
    // GitHub answers, and does not know us: no waiting will mend that.
    if ((error as { status?: number }).status === 401) throw new StartFault([strangerToGitHub]);
    log.error({ err: error }, 'nothing is decided until policy and catalog can be read');
  }
}

async function isNeeded({ queries }: Store, now: Date): Promise<boolean> {
  if ((await openThreads(queries)).length > 0) return true;
  return (await liveRevocations(queries, now.toISOString())).length > 0;
}

const strangerToGitHub =
  "GitHub does not accept the App's key (401). Check github.app-id and github.private-key-file against the App's settings page, and this machine's clock.";
