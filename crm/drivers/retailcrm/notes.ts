import type { Memory } from '../../driver.ts';

/**
 * What the driver remembers about a call:
 * - `cards`: extensions on whose screens a card may be open.
 * - `talked`: somebody talks with the client: who is released now missed nothing.
 * - `told`: the account has the call: `link` with a link to its sound, `plain` without.
 * - `skipped`: why this account is not told about the call.
 */
export type Key = 'cards' | 'talked' | 'told' | 'skipped';

export interface CallNotes {
  /** `''` when nothing is remembered. */
  get(key: Key): string;
  set(key: Key, value: string): void;
  readonly cards: ReadonlySet<string>;
  opened(extension: string): void;
  closed(extension: string): void;
}

export function notesOf(memory: Memory): CallNotes {
  const cards = (): Set<string> => new Set((memory.get('cards') ?? '').split(' ').filter((extension) => extension !== ''));
  const keep = (extensions: Set<string>): void => memory.set('cards', [...extensions].join(' '));
  return {
    get: (key) => memory.get(key) ?? '',
    set: (key, value) => memory.set(key, value),
    get cards() { return cards(); },
    opened: (extension) => keep(cards().add(extension)),
    closed: (extension) => { const open = cards(); if (open.delete(extension)) keep(open); },
  };
}
