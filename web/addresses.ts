/** Addresses of askers: networks that are trusted, and one name for all addresses of one asker. */
import { BlockList, isIP, isIPv6 } from 'node:net';

export type InNetworks = (address: string) => boolean;

/** `networks`: addresses and networks (`10.0.0.0/8`), as the configuration checked them. */
export function inNetworks(networks: readonly string[]): InNetworks {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** `::ffff:10.0.0.1` is `10.0.0.1`; what is no address is `''` (a proxy may forward any text). */
export function plainAddress(said: string | undefined): string {
  const address = (said ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? '' : address;
}

/** An IPv6 asker owns a whole /64 and can change its address at will: limits count the network. */
export function asker(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = address.includes('::') ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0') : [];
  return [...left, ...middle, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
