// The digest by which an approval is bound to an entity: whatever is written about it, and who wrote it.

import { digest, NotCanonical } from '../access/canonical.ts';
import { DescriptorFault } from './fault.ts';

/**
 * The digest of everything that was written about an entity, and of the origin that wrote it. `etag` and `uid` are
 * left out: whoever writes a descriptor may set them to anything, so they prove nothing.
 */
export function entityHash(entity: unknown, repository: string): string {
  const { metadata, ...rest } = entity as { metadata: Record<string, unknown> };
  const { etag: _etag, uid: _uid, ...kept } = metadata;
  try {
    return digest({ repository, entity: { ...rest, metadata: kept } });
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    throw new DescriptorFault([], `Expected plain JSON values: ${error.message}.`);
  }
}
