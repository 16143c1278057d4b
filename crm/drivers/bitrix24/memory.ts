import type { Memory } from '../../driver.ts';

/**
 * What the driver remembers about a call, each written before the request that it protects:
 * - `CALL_ID`: the portal's name of the call.
 * - `begun`: a user whose card may be open without our knowing, and is shown once more when it is due: who clicked (the portal opened it itself), or for whom it
 *   was asked together with the registration, until the portal has said yes.
 * - `strange`: a CALL_ID that came with the call and that this portal does not know; the call is registered anew instead.
 * - `registering`: parameters of a register whose answer may be lost; repeated letter by letter, the portal gives the same CALL_ID.
 * - `responsible`: portal user who owns the contact.
 * - `shown`: users whose card may be open.
 * - `finishing`, `finished`: a finish may have arrived; it has.
 * - `skipped`: why this portal is not told about the call.
 * - `uploading`, `uploads`: the recording under way, and how often one was sent.
 * - `record`: the recording that the portal has.
 */
export type Key =
  | 'CALL_ID' | 'begun' | 'strange' | 'entity' | 'registering' | 'responsible' | 'shown' | 'finishing' | 'finished' | 'skipped'
  | 'uploading' | 'uploads' | 'record';

export interface CallNotes {
  /** `''` when nothing is remembered. */
  get(key: Key): string;
  set(key: Key, value: string): void;
  /** `null` when nothing, or nothing readable, is remembered. */
  read(key: Key): unknown;
  write(key: Key, value: unknown): void;
}

export function notesOf(memory: Memory): CallNotes {
  return {
    get: (key) => memory.get(key) ?? '',
    set: (key, value) => memory.set(key, value),
    read: (key) => parse(memory.get(key)),
    write: (key, value) => memory.set(key, JSON.stringify(value)),
  };
}

function parse(text: string | null): unknown {
  if (text === null || text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
