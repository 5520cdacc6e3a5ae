// What is wrong with a descriptor. Thrown while one is read and caught where the reading began, so that the
// readers stay straight; outside this folder it is a value with a file and a line.

export class DescriptorFault extends Error {
  readonly code = 'descriptor-fault';
  /** Leads to what is wrong: `['metadata', 'annotations', 'sallyport.dev/target']`. */
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string) {
    super(message);
    this.name = 'DescriptorFault';
    this.path = path;
  }
}

export function annotationPath(key: string): readonly string[] {
  return ['metadata', 'annotations', key];
}
