// Which addresses this relay may dial, and for whom. A target is `host:port`; each namespace of relay.yml lists hosts,
// CIDRs and ports. Pure: names are resolved in dial.ts, and every answer comes back here before anything is dialled.
// Whatever a grant says, what is not on the list is not dialled, and some addresses are not dialled although they are.

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

export interface Target {
  /** A host name in small letters, or an address in its one usual spelling, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** One line of `allow:`. */
export type AllowRule =
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  | { readonly kind: 'range'; readonly range: BlockList; readonly port: number };

export interface NamespaceRules {
  readonly allow: readonly AllowRule[];
  /** Target as written in a grant → the address to dial as it stands, also a loopback one. */
  readonly dial: ReadonlyMap<string, Target>;
}

export type TargetVerdict =
  /** Dial exactly this: an operator wrote it out. */
  | { readonly kind: 'literal'; readonly target: Target }
  /** Resolve, then let {@link judgeAddresses} look at every answer. */
  | { readonly kind: 'resolve'; readonly target: Target; readonly allow: readonly AllowRule[] }
  | { readonly kind: 'not-allowed' };

/** Looks a grant's target up on the namespace's list. */
export function judgeTarget(rules: NamespaceRules, text: string): TargetVerdict {
  const target = readTarget(text);
  if (target === undefined) return { kind: 'not-allowed' };
  const literal = rules.dial.get(writeTarget(target));
  if (literal !== undefined) return { kind: 'literal', target: literal };
  const allow = rules.allow.filter(
    (rule) => rule.port === target.port && (rule.kind === 'range' || rule.host === target.host),
  );
  // A name that is not listed may still resolve into a listed range; an address is in one or it is not.
  const isPossible = isIP(target.host) === 0 || isCovered(target.host, target.host, allow);
  return allow.length > 0 && isPossible
    ? { kind: 'resolve', target, allow }
    : { kind: 'not-allowed' };
}

export type AddressVerdict =
  | { readonly kind: 'dial'; readonly addresses: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly address: string;
      readonly why: 'forbidden' | 'not-allowed';
    };

/**
 * Looks at every address that a name resolved to. One bad answer refuses them all: an honest name has none, and whoever
 * controls the name would otherwise only have to ask again.
 */
export function judgeAddresses(
  { target, allow }: { readonly target: Target; readonly allow: readonly AllowRule[] },
  addresses: readonly string[],
  isOurs: (address: string) => boolean,
): AddressVerdict {
  for (const address of addresses) {
    if (isForbidden(address) || isOurs(usualSpelling(address))) {
      return { kind: 'refused', address, why: 'forbidden' };
    }
    if (!isCovered(target.host, address, allow)) {
      return { kind: 'refused', address, why: 'not-allowed' };
    }
  }
  return { kind: 'dial', addresses };
}

// RFC 5952: the relay knows its own addresses and the bot's by their usual spelling, and there are many others. What is
// no IPv6 address stays as it is.
function usualSpelling(address: string): string {
  return isPlainIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/**
 * `host:port`, or undefined. However a grant and relay.yml spell the same host, they read the same: small letters, and
 * the usual spelling of an IPv6 address. An IPv4 address has only one: `127.1` and `0x7f.1` are names to some
 * resolvers.
 */
export function readTarget(text: string): Target | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):([1-9][0-9]{0,4})$/.exec(text);
  if (!found) return undefined;
  const [, bracketed, plain = ''] = found;
  const port = Number(found[3]);
  const host = bracketed === undefined ? plain.toLowerCase() : usualSpelling(bracketed);
  const isHost = bracketed === undefined ? isIPv4(host) || isHostName(host) : isPlainIPv6(host);
  return isHost && port <= 65_535 ? { host, port } : undefined;
}

export function writeTarget({ host, port }: Target): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A line of `allow:`: a target, or `10.20.0.0/16:5432`, or `[fd00::/8]:5432`. */
export function readAllowRule(text: string): AllowRule | undefined {
  const target = readTarget(text);
  if (target !== undefined) return { kind: 'host', ...target };
  const found = /^(?:\[([^\]]+)\/([0-9]{1,3})\]|([0-9.]+)\/([0-9]{1,2})):([1-9][0-9]{0,4})$/.exec(
    text,
  );
  if (!found) return undefined;
  const [, v6, v6Bits, v4 = '', v4Bits] = found;
  const port = Number(found[5]);
  const range =
    v6 === undefined ? rangeOf(v4, Number(v4Bits), 32) : rangeOf(v6, Number(v6Bits), 128);
  return range && port <= 65_535 ? { kind: 'range', range, port } : undefined;
}

/** Addresses that are never dialled unless relay.yml writes them out under `dial:`. */
export function isForbidden(address: string): boolean {
  if (isIPv4(address)) return forbidden.check(address, 'ipv4');
  if (!isPlainIPv6(address)) return true;
  // An IPv4 address in IPv6 clothes; the block list would judge it by the IPv4 rules, but no honest name has one.
  const canonical = new URL(`http://[${address}]`).hostname;
  return canonical.startsWith('[::ffff:') || forbidden.check(address, 'ipv6');
}

const forbidden = listOf([
  ['0.0.0.0', 8], // "this host": Linux dials itself
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, and most clouds' metadata service
  ['100.100.100.200', 32], // Alibaba's metadata service
  ['168.63.129.16', 32], // Azure's
  ['192.0.0.192', 32], // Oracle's
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
  ['::', 96], // unspecified, loopback, and IPv4 in its oldest clothes
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local, withdrawn
  ['ff00::', 8], // multicast
  ['2002::', 16], // 6to4: leads to any IPv4 address
  ['2001::', 32], // Teredo: the same
  ['64:ff9b::', 96], // NAT64: the same
  ['64:ff9b:1::', 48], // NAT64, local use
  ['fd00:ec2::254', 128], // Amazon's metadata service
  ['fd20:ce::254', 128], // Google's
  ['fd00:c1::a9fe:a9fe', 128], // Oracle's
  ['fd00:42::42', 128], // Scaleway's
]);

function isCovered(host: string, address: string, allow: readonly AllowRule[]): boolean {
  return allow.some((rule) =>
    rule.kind === 'host'
      ? rule.host === host
      : rule.range.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  );
}

function listOf(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, bits] of ranges) {
    list.addSubnet(network, bits, isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}

function rangeOf(network: string, bits: number, most: 32 | 128): BlockList | undefined {
  const isAddress = most === 32 ? isIPv4(network) : isPlainIPv6(network);
  // /0 is not a range but the lack of one.
  return isAddress && bits >= 1 && bits <= most ? listOf([[network, bits]]) : undefined;
}

function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

// RFC 1123 §2.1, and the last label has to have a letter first: no spelling of a number is a name.
function isHostName(text: string): boolean {
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
  const labels = text.split('.');
  return (
    text.length <= 253 &&
    labels.every((part) => label.test(part)) &&
    /^[a-z]/.test(labels.at(-1) ?? '')
  );
}
