// Something the operator has to mend before a start makes sense: settings, keys, the data folder, the policy. Whoever
// finds it says in whole sentences what is wrong, where, and what to do; main.ts lists them and stops.

export class StartFault extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options);
    this.name = 'StartFault';
    this.faults = faults;
  }
}
