/**
 * Uniqueids and linkedids: facts are named by them, so they stay as they are, also inside other values (`call-1790.17.wav`). Those of
 * Asterisk are known by their shape; an Originate may name its channel as it likes (`ChannelId`), so such ones are remembered.
 */
import { UNIQUEID } from './mask-text.ts';
import type { Headers } from './wire.ts';

/** `Uniqueid`, `DestUniqueId`, `LinkedID`, `RecLinkedidNow`, `SwapUniqueid`, `BridgeUniqueid`, `ChannelId` … in lower case. */
export const isIdName = (name: string): boolean => /(?:unique|linked|bridge)id(?:now)?$|^(?:other)?channelid$/.test(name);

const REMEMBERED = 1_000;
/** Shorter ones would protect ordinary words. */
const SHORTEST_ID = 6;
const STANDARD = new RegExp(`^${UNIQUEID.source}$`);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ten to twelve digits that are no epoch. */
const NUMBER = /(?<![\d.])(?!1\d{9}(?!\d))\d{10,12}(?!\d)/;

export class KnownIds {
  readonly #named = new Set<string>();
  #numbers = false;

  /** An id holds what may be a telephone number: it stays, and whoever makes the capture ought to know. */
  get holdNumbers(): boolean { return this.#numbers; }

  learn(headers: Headers, isTrusted: (name: string) => boolean): void {
    for (const [name, value] of headers) if (isIdName(name) && isTrusted(name)) this.#add(value);
  }

  /** The text with everything but the ids in it replaced. */
  between(text: string, replace: (part: string) => string): string {
    const [longest] = [...this.#named].filter((id) => text.includes(id)).sort((one, other) => other.length - one.length);
    if (longest !== undefined) return text.split(longest).map((part) => this.between(part, replace)).join(longest);
    return text.split(new RegExp(`(${UNIQUEID.source})`)).map((part, index) => (index % 2 === 1 || part === '' ? part : replace(part))).join('');
  }

  #add(id: string): void {
    if (STANDARD.test(id) || UUID.test(id)) return;
    this.#numbers ||= NUMBER.test(id);
    // A bare number as an id stays where it is the id, and nowhere else: elsewhere it is somebody's telephone.
    if (/^\+?\d+$/.test(id) || id.length < SHORTEST_ID) return;
    if (this.#named.size >= REMEMBERED) this.#named.delete(this.#named.values().next().value ?? '');
    this.#named.delete(id);
    this.#named.add(id);
  }
}
