// Why a database cannot be opened: one sentence for whoever operates the bot, with what to do next.

import { StartFault } from '../start-fault.ts';

export class StoreError extends StartFault {
  readonly code: 'unusable' | 'a-backup' | 'newer-database' | 'copy-failed' | 'migration-failed';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super([message], options);
    this.code = code;
  }
}
