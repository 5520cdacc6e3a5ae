// The audit log, as far as it stands in this version: numbered records in canonical JSON with the leaf hash of
// RFC 6962, appended in the transaction of the decision they record. A decision whose record cannot be written is
// not taken. The tree over the leaves, its checkpoints and their witnesses come with a later version; a record and
// its leaf will not change for them.

import { createHash } from 'node:crypto';
import { completeRecord, recordText, type RecordDraft } from '../access/record.ts';
import { addRecord, nextRecordSeq } from '../store/records.ts';
import type { Queries } from '../store/store.ts';

/**
 * Appends a record; call it inside the transaction of what it records. Throws SecretInRecord before anything is
 * written.
 */
export async function appendRecord(queries: Queries, draft: RecordDraft): Promise<void> {
  const seq = await nextRecordSeq(queries);
  const body = recordText(completeRecord(seq, draft));
  await addRecord(queries, { seq, body, leaf: leafHash(body) });
}

/** RFC 6962 §2.1: a leaf is hashed behind a zero byte, so that it can never be taken for an inner node. */
function leafHash(body: string): string {
  return createHash('sha256').update(Buffer.of(0)).update(body, 'utf8').digest('base64url');
}
