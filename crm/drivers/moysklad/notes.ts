import type { Memory } from '../../driver.ts';

/**
 * What the driver remembers about a call, each written before the request that it protects:
 * - `call`: `maybe`, a POST may have arrived; `yes`, MoySklad has the call.
 * - `sequence`: the number of the last event; it only grows (crm-contracts 4.2).
 * - `cards`: extensions on whose screens a card may be open.
 * - `linking`, `linked`: recordings whose link may have arrived; has. PUT appends: what may have arrived is looked for first.
 * - `ended`: the end was told.
 * - `skipped`: why MoySklad is not told about the call.
 */
export type Key = 'call' | 'sequence' | 'ended' | 'skipped' | Several;
type Several = 'cards' | 'linking' | 'linked';

export interface CallNotes {
  /** `''` when nothing is remembered. */
  get(key: Exclude<Key, Several>): string;
  set(key: Exclude<Key, Several>, value: string): void;
  isEmpty(key: Several): boolean;
  has(key: Several, member: string): boolean;
  add(key: Several, member: string): void;
  remove(key: Several, member: string): void;
  clear(key: Several): void;
  /** 1, 2, 3 … */
  next(): number;
}

/** As JSON: the id of a recording may hold any letter. */
export function notesOf(memory: Memory): CallNotes {
  const members = (key: Key): readonly string[] => lines(memory.get(key));
  const keep = (key: Key, all: readonly string[]): void => memory.set(key, JSON.stringify(all));
  return {
    get: (key) => memory.get(key) ?? '',
    set: (key, value) => memory.set(key, value),
    isEmpty: (key) => members(key).length === 0,
    has: (key, member) => members(key).includes(member),
    add: (key, member) => { if (!members(key).includes(member)) keep(key, [...members(key), member]); },
    remove: (key, member) => { if (members(key).includes(member)) keep(key, members(key).filter((one) => one !== member)); },
    clear: (key) => keep(key, []),
    next: () => {
      const sequence = Number(memory.get('sequence') ?? '0') + 1;
      memory.set('sequence', String(sequence));
      return sequence;
    },
  };
}

function lines(text: string | null): readonly string[] {
  const all = JSON.parse(text ?? '[]') as unknown;
  return Array.isArray(all) ? all.filter((one): one is string => typeof one === 'string') : [];
}
