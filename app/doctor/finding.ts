import type { CommandIo } from '../cli/command.ts';
import type { Config } from '../config/index.ts';

export type FindingState = 'ok' | 'warn' | 'fail';
/** One line of the doctor. `id` is stable, for programs: `ami:main`, `lame`. */
export interface Finding { readonly id: string; readonly state: FindingState; readonly what: string; readonly remedy: string }

export function ok(id: string, what: string): Finding { return { id, state: 'ok', what, remedy: '' }; }
export function warn(id: string, what: string, remedy: string): Finding { return { id, state: 'warn', what, remedy }; }
export function fail(id: string, what: string, remedy: string): Finding { return { id, state: 'fail', what, remedy }; }

/** What every examination gets. */
export interface Patient {
  readonly config: Config;
  /** The configuration file. */
  readonly file: string;
  readonly etc: string;
  readonly says: CommandIo['texts']['findings'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
