/**
 * The two sides of the race, with three doors each: the core's events, parsed headers, bytes. `Law` is what CallMe does of it; `Counter` is what a
 * naive connector does: it knows by uniqueid which channels live and how often each was heard, and understands nothing.
 */
import { createTranslator } from '../../ami/translate.ts';
import { type Headers, RawParser } from '../../ami/wire.ts';
import { type Calls, noCalls } from '../../core/calls.ts';
import type { Event } from '../../core/events.ts';
import type { Fact } from '../../core/facts.ts';
import { step } from '../../core/step.ts';
import { instant } from '../../core/words.ts';
import { PBX, PROFILE } from '../../test/captures/story.ts';

export interface Side {
  events(events: readonly Event[]): void;
  headers(items: readonly Headers[]): void;
  bytes(packets: readonly Buffer[]): void;
}

const START = Date.UTC(2026, 10, 20, 9);

export class Law implements Side {
  readonly #translator = createTranslator(PBX, PROFILE);
  readonly #parser = new RawParser();
  readonly #decoder = new TextDecoder();
  #calls: Calls = noCalls(PBX);
  #heard = 0;
  #facts = 0;
  #last: Fact | null = null;

  get open(): number { return this.#calls.open.size; }
  get calls(): Calls { return this.#calls; }
  get facts(): number { return this.#facts; }
  get last(): Fact | null { return this.#last; }

  events(events: readonly Event[]): void {
    for (const event of events) this.#step(event);
  }

  headers(items: readonly Headers[]): void {
    for (const item of items) this.events(this.translated(item));
  }

  bytes(packets: readonly Buffer[]): void {
    for (const packet of packets) this.headers(this.#parser.push(this.#decoder.decode(packet, { stream: true })));
  }

  /** A dump has no times: each item is told a millisecond after the one before. */
  translated(item: Headers): readonly Event[] {
    this.#heard += 1;
    return this.#translator.events(item, instant(START + this.#heard));
  }

  #step(event: Event): void {
    const [next, effects] = step(this.#calls, event);
    this.#calls = next;
    for (const effect of effects) if (effect.kind === 'tell') { this.#facts += 1; this.#last = effect.fact; }
  }
}

export class Counter implements Side {
  readonly #legs = new Map<string, number>();
  readonly #decoder = new TextDecoder();
  #rest = '';

  get open(): number { return this.#legs.size; }

  events(events: readonly Event[]): void {
    for (const event of events) if ('leg' in event) this.#count(event.leg, event.kind === 'leg-closed');
  }

  headers(items: readonly Headers[]): void {
    for (const item of items) this.#count(item.text('Uniqueid'), item.event === 'Hangup');
  }

  bytes(packets: readonly Buffer[]): void {
    for (const packet of packets) {
      const items = (this.#rest + this.#decoder.decode(packet, { stream: true })).split('\r\n\r\n');
      this.#rest = items.pop() ?? '';
      for (const item of items) this.#item(item);
    }
  }

  #item(item: string): void {
    const headers = new Map(item.split('\r\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    this.#count(headers.get('Uniqueid') ?? '', headers.get('Event') === 'Hangup');
  }

  #count(leg: string, closed: boolean): void {
    if (closed) this.#legs.delete(leg);
    else this.#legs.set(leg, (this.#legs.get(leg) ?? 0) + 1);
  }
}
