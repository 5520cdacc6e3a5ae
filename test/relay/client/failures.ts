// What a test expects to be thrown: a Failure by its code, which says what the person can do next.

import assert from 'node:assert/strict';
import { Failure, type Exit } from '../../../relay/client/failure.ts';

/** For assert.rejects and assert.throws; `exit` where it is part of the claim. */
export function failure(code: string, exit?: Exit): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    assert.notEqual(thrown.next, '');
    if (exit !== undefined) assert.equal(thrown.exit, exit);
    return true;
  };
}
