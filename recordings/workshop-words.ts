/** What the house and the workshop's thread say to each other. A question is answered once; rows come to an end once. */
import type { RecordingPatch, RecordingRow } from '../core/ports.ts';
import type { RecordingId } from '../core/words.ts';
import type { Ready, RecordingSettings } from './desk.ts';
import { RecordingError, type RecordingErrorCode } from './errors.ts';
import type { Leftover } from './sweep.ts';

/** With what the thread begins. */
export interface WorkshopSetup {
  readonly folders: ReadonlyMap<string, string>;
  readonly settings: RecordingSettings;
  /** How far the house's clock is ahead of the machine's, milliseconds. */
  readonly aheadMs: number;
  readonly asksWhoIsGone: boolean;
  readonly makesRoom: boolean;
  readonly copiesAway: boolean;
}

export type ToWorkshop =
  /** `gone`: whether the recorder of this row was gone for certain, asked before anybody looks at the file. */
  | { readonly kind: 'row'; readonly row: RecordingRow; readonly gone: boolean }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'look'; readonly look: number; readonly folder: string; readonly now: number }
  | { readonly kind: 'more'; readonly look: number; readonly enough: boolean }
  | { readonly kind: 'rest' } | { readonly kind: 'stop' };

export type FromWorkshop =
  | { readonly kind: 'ask'; readonly ask: number; readonly question: Question }
  | { readonly kind: 'done'; readonly id: RecordingId; readonly error: Failure | null }
  | { readonly kind: 'found'; readonly look: number; readonly found: readonly Leftover[] | null; readonly error: Failure | null }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly fields: Readonly<Record<string, unknown>>; readonly message: string };

export type Question =
  | { readonly what: 'patch'; readonly id: RecordingId; readonly change: RecordingPatch }
  /** The row is as the house gave it, and `ahead`. */
  | { readonly what: 'ready'; readonly id: RecordingId; readonly ready: Ready; readonly ahead: RecordingPatch }
  | { readonly what: 'get'; readonly id: RecordingId }
  | { readonly what: 'copy'; readonly row: RecordingRow; readonly path: string; readonly bytes: number; readonly sha256: string }
  | { readonly what: 'room'; readonly folder: string };

/**
 * Says the words of one turn in one message: each message wakes the other thread, and what is asked for together is committed together.
 */
export function createMouth<Word>(send: (words: readonly Word[]) => void): (word: Word) => void {
  let words: Word[] = [];
  const flush = (): void => {
    const said = words;
    words = [];
    send(said);
  };
  return (word) => {
    if (words.length === 0) setImmediate(flush);
    words.push(word);
  };
}

export interface Answer { readonly ask: number; readonly value: unknown; readonly error: Failure | null }

/** An error as it can be handed over: what is decided by it (errors.ts) is still there. */
export interface Failure { readonly name: string; readonly message: string; readonly code: string; readonly syscall: string }

export function failureOf(error: unknown): Failure {
  const given = error instanceof Error ? error : new Error(String(error));
  const word = (field: string): string => { const value: unknown = Reflect.get(given, field); return typeof value === 'string' ? value : ''; };
  return { name: given.name, message: given.message, code: word('code'), syscall: word('syscall') };
}

export function errorOf({ name, message, code, syscall }: Failure): Error {
  if (name === 'RecordingError') return new RecordingError(code as RecordingErrorCode, message);
  return Object.assign(new Error(message), { name }, code === '' ? {} : { code }, syscall === '' ? {} : { syscall });
}
