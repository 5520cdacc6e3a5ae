// The plain values that a descriptor is made of, read strictly. Each reader throws a DescriptorFault with the path to
// what is wrong.

import { DescriptorFault } from './fault.ts';

export function record(value: unknown, path: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DescriptorFault(path, 'Expected a mapping.');
  }
  return value as Record<string, unknown>;
}

export function text(value: unknown, path: readonly string[]): string {
  if (typeof value !== 'string' || value === '') throw new DescriptorFault(path, 'Expected text.');
  return value;
}

export function optionalText(value: unknown, path: readonly string[]): string | undefined {
  return value === undefined || value === null ? undefined : text(value, path);
}

/** The version of an entity that access depends on. */
export function checkVersion(document: Readonly<Record<string, unknown>>): void {
  const version = text(document['apiVersion'], ['apiVersion']);
  if (/^backstage\.io\/v1(alpha|beta)1$/.test(version)) return;
  throw new DescriptorFault(['apiVersion'], 'Expected backstage.io/v1alpha1 or v1beta1.');
}
