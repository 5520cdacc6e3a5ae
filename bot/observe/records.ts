// What was committed, as a line of the log and in figures. The audit log is the record; these lines are how somebody
// finds their way through a night by one id: each names the request, the grant and the session it is about, and no
// person, no resource and nobody's words.

import type { Logger } from 'pino';
import type { RecordAction, RecordDraft } from '../access/record.ts';
import type { Committed } from '../ledger/ledger.ts';
import type { BotMetrics } from './metrics.ts';
import { learn } from './trail.ts';

export interface Telling {
  readonly log: Logger;
  readonly metrics: BotMetrics;
}

/** Makes what the ledger calls after each commit. */
export function tellCommitted({ log, metrics }: Telling): (committed: Committed) => void {
  return ({ records, settled }) => {
    for (const record of records) {
      const { action, outcome, reason } = record;
      const ids = idsOf(record);
      log.info({ action, outcome, ...(reason && { reason }), ...ids }, 'on record');
      metrics.add('sallyport_bot_records_total', { action, outcome });
      if (reason && !tellElsewhere.has(action))
        metrics.add('sallyport_bot_refusals_total', { reason });
      learn({
        ...(ids.request !== undefined && { request: ids.request }),
        ...(ids.grant !== undefined && { grant: ids.grant }),
      });
    }
    for (const { verb = 'other', comment, outcome, end } of settled) {
      log.info({ comment, verb, outcome }, 'a command was settled');
      metrics.add('sallyport_bot_commands_total', { verb, outcome: end });
    }
  };
}

/** Their reasons are those of sign-ins, of relays and of sessions. */
const tellElsewhere: ReadonlySet<RecordAction> = new Set([
  'grant.claim',
  'approval.confirm',
  'relay.refuse',
  'session.end',
] as const);

interface Ids {
  readonly request?: string;
  readonly grant?: string;
  readonly session?: string;
  readonly relay?: string;
}

function idsOf({ request, grant, data, actor }: RecordDraft): Ids {
  const session = data?.['session'];
  return {
    ...(request && { request }),
    ...(grant && { grant }),
    ...(typeof session === 'string' && { session }),
    ...(actor.kind === 'relay' && { relay: actor.name }),
  };
}
