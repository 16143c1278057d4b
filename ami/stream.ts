import type { Instant } from '../core/words.ts';
import { AmiError } from './errors.ts';
import type { Headers } from './wire.ts';

/** Called synchronously and in order. A callback that throws ends the link: the next resync repairs what was missed. */
export interface PbxListener {
  onHeaders(headers: Headers, receivedAt: Instant): void;
  /** Who lives, as CoreShowChannel items, before any event of this link. Not called when Asterisk refuses to tell. */
  onResync(alive: readonly Headers[], at: Instant): void;
}

/** Some minutes of a busy PBX, and some hundred megabytes at the very worst. */
export const BUFFER_CAP = 100_000;

/**
 * One link's events on their way to the listener: kept while the list of channels is under way, told after it, then straight through.
 * An event may so tell again what the list has said already (a channel that opened in between); it never tells it too early.
 */
export class Stream {
  readonly #listener: PbxListener;
  readonly #cap: number;
  #kept: (readonly [Headers, Instant])[] | null = [];

  constructor(listener: PbxListener, cap = BUFFER_CAP) {
    this.#listener = listener;
    this.#cap = cap;
  }

  /** The listener has heard of this link. */
  get told(): boolean {
    return this.#kept === null;
  }

  /** Throws AMI_OVERFLOW when too much came before the list. */
  event(headers: Headers, at: Instant): void {
    if (this.#kept === null) this.#listener.onHeaders(headers, at);
    else if (this.#kept.push([headers, at]) > this.#cap) throw overflow(this.#cap);
  }

  /** `alive` null: Asterisk does not tell who lives. An empty list in its stead would end every call. */
  open(alive: readonly Headers[] | null, at: Instant): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    if (alive !== null) this.#listener.onResync(alive, at);
    for (const [headers, receivedAt] of kept) this.#listener.onHeaders(headers, receivedAt);
  }
}

const overflow = (cap: number): AmiError => new AmiError('AMI_OVERFLOW', `more than ${cap} events before the list of channels came`);
