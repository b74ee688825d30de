// Where a probe may look: never at link-local and metadata addresses, multicast or nowhere; names are resolved once and the address is pinned (API-05).
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const forbidden = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.192', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Metadata services of clouds outside the link-local range.
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
] as const)
  forbidden.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
] as const)
  forbidden.addSubnet(net, bits, 'ipv6');

/** IPv4 inside IPv6 (mapped, translated, 6to4) as IPv4; the address itself otherwise. */
function plainAddress(address: string): string {
  const dotted = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (dotted) return dotted[1]!;
  const hex = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/i.exec(address);
  if (!hex) return address;
  const [a, b] = [Number.parseInt(hex[1]!, 16), Number.parseInt(hex[2]!, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}
/** Whether a probe may not look at an address. */
export function isForbidden(address: string): boolean {
  const a = plainAddress(address.replace(/%.*$/, ''));
  const family = isIP(a);
  return family === 0 || forbidden.check(a, family === 6 ? 'ipv6' : 'ipv4');
}

export class Forbidden extends Error {}
export interface Pinned {
  address: string;
  family: number;
}
/** Resolves a host to the address to use; throws `Forbidden` when any of its addresses may not be looked at, and the resolver's own errors. */
export async function pin(host: string): Promise<Pinned> {
  const name = host.replace(/^\[|\]$/g, '');
  const found = isIP(name) ? [{ address: name, family: isIP(name) }] : await lookup(name, { all: true });
  if (found.some((f) => isForbidden(f.address))) throw new Forbidden('不允许探测链路本地、元数据或组播地址');
  if (!found[0]) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
  return found[0];
}
