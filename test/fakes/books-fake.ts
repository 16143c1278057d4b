/** Books of a PBX that wrote down everything it said, and the ways in which a source of them fails. */
import type { Event, LiveLeg } from '../../core/events.ts';
import type { Books, Past, Window } from '../../core/ports.ts';
import { instant, type LegId } from '../../core/words.ts';

export interface FakeBooks extends Books {
  readonly asked: Window[];
  /** What the PBX has written so far; a batch may come later. */
  events: readonly Event[];
  unreadable: Past['unreadable'];
  /** What the next readings do instead of answering. */
  fail: ((signal: AbortSignal) => Promise<Past>) | null;
  closed: number;
}

/** CEL has no word for these. */
const UNWRITTEN: ReadonlySet<Event['kind']> = new Set<Event['kind']>([
  'recording-started', 'recording-ended', 'held', 'unheld', 'variable-set', 'resynced', 'link-lost', 'link-alive', 'pbx-stopped', 'routed',
]);
export const written = (events: readonly Event[]): readonly Event[] => events.filter(({ kind }) => !UNWRITTEN.has(kind));

/** As the real ones: each call that was alive in the window is told whole. `fromWindow`: a source that forgets what was before. */
export function fakeBooks(events: readonly Event[], { kind = 'cel', fromWindow = false }: { readonly kind?: Past['kind']; readonly fromWindow?: boolean } = {}): FakeBooks {
  const books: FakeBooks = {
    asked: [], events: written(events), unreadable: [], fail: null, closed: 0,
    read: (window, signal) => {
      books.asked.push(window);
      if (books.fail !== null) return books.fail(signal);
      const told = books.events.filter(({ at }) => at < window.to && (!fromWindow || at >= window.from));
      return Promise.resolve({ kind, rows: told.length, events: told, unreadable: books.unreadable });
    },
    close: () => { books.closed += 1; return Promise.resolve(); },
  };
  return books;
}

/** Says nothing, and does not obey its signal. */
export const silent = (): Promise<Past> => new Promise(() => undefined);

/** Who lives after these events, as the PBX would answer CoreShowChannels. */
export function aliveAfter(events: readonly Event[]): readonly LiveLeg[] {
  const living = new Map<LegId, LiveLeg>();
  const change = (leg: LegId, more: Partial<LiveLeg>): void => {
    const known = living.get(leg);
    if (known !== undefined) living.set(leg, { ...known, ...more });
  };
  for (const event of events) {
    if (!('leg' in event)) continue;
    if (event.kind === 'leg-opened') living.set(event.leg, { ...event, bridge: '', bridgeKind: 'basic', up: false, seconds: 0 });
    change(event.leg, { linked: event.linked });
    if (event.kind === 'party-known') change(event.leg, { party: event.party });
    if (event.kind === 'leg-up') change(event.leg, { up: true });
    if (event.kind === 'bridge-entered') change(event.leg, { bridge: event.bridge, bridgeKind: event.bridgeKind, up: true });
    if (event.kind === 'bridge-left') change(event.leg, { bridge: '' });
    if (event.kind === 'leg-closed') living.delete(event.leg);
  }
  return [...living.values()];
}

/** A raw capture has no times: here each event is so many milliseconds after the one before. */
export const paced = (events: readonly Event[], milliseconds: number): readonly Event[] =>
  events.map((event, index) => ({ ...event, at: instant(Date.UTC(2026, 10, 20, 9) + index * milliseconds) }));
