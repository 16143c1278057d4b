import { BlockList, isIPv6 } from 'node:net';

/** Who may connect: IP addresses, and networks as `10.0.0.0/8`. AGI itself asks nobody for a password. */
export class Peers {
  /** Looked up with every session: a plain address must cost nothing. */
  readonly #addresses = new Set<string>();
  readonly #networks = new BlockList();
  readonly #hasNetworks: boolean;

  /** Throws on what is no address: the config checks it first. */
  constructor(allow: readonly string[]) {
    for (const entry of allow) this.#add(entry);
    this.#hasNetworks = allow.some((entry) => entry.includes('/'));
  }

  has(peer: string): boolean {
    const address = plain(peer);
    return this.#addresses.has(address) || (this.#hasNetworks && address !== '' && this.#networks.check(address, family(address)));
  }

  #add(entry: string): void {
    const [address = '', prefix] = plain(entry).split('/');
    if (prefix === undefined) this.#addresses.add(address);
    else this.#networks.addSubnet(address, Number(prefix), family(address));
  }
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** `::ffff:127.0.0.1` is how a listener on `::` sees 127.0.0.1. */
const plain = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address);
