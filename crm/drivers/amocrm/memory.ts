import { z } from 'zod';
import type { Memory } from '../../driver.ts';

/**
 * What the driver remembers about a call, each written before the request that it protects:
 * - `asking`: what was asked last and may have been applied though no answer came; `''` = nothing is open.
 * - `told`: where the call stands.
 * - `link`: the call was told with a link to its recording.
 * - `skipped`: why amoCRM is not told about the call.
 * - `shown`: users who were shown a card.
 * - `upload`: the upload under way, in the words of the files service.
 * - `file`: the uploaded file; `attaching`: it may hang at its card already.
 * - `recorded`: the recording that the card has.
 */
export type Key = 'asking' | 'told' | 'link' | 'skipped' | 'shown' | 'upload' | 'file' | 'attaching' | 'recorded';
export type Asked = 'call' | 'note' | 'unsorted';

export interface CallNotes {
  /** `''` when nothing is remembered. */
  get(key: Key): string;
  set(key: Key, value: string): void;
  /** Null when nothing, or nothing readable, is remembered. */
  read<Value>(key: Key, form: z.ZodType<Value>): Value | null;
  write(key: Key, value: unknown): void;
}

export function notesOf(memory: Memory): CallNotes {
  return {
    get: (key) => memory.get(key) ?? '',
    set: (key, value) => memory.set(key, value),
    read: (key, form) => {
      const found = form.safeParse(parse(memory.get(key)));
      return found.success ? found.data : null;
    },
    write: (key, value) => memory.set(key, JSON.stringify(value)),
  };
}

function parse(text: string | null): unknown {
  try {
    return text === null || text === '' ? null : JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The kinds of cards that a call can stand at; also their names in addresses. */
export const PLACES = ['contacts', 'companies', 'leads', 'customers'] as const;
export type PlaceKind = (typeof PLACES)[number];
export const place = z.object({ kind: z.enum(PLACES), id: z.number().int().positive() });
export type Place = z.infer<typeof place>;
