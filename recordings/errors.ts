/**
 * What can fail while a recording is worked off. `code` is stable: logs, the row's reason and the tests rely on it.
 * Whose fault it is decides what happens next (see `job.ts`): the world's (no lame, no space, no folder) waits for ever, the
 * recording's own counts as an attempt.
 */
export type RecordingErrorCode =
  | 'LAME_MISSING' | 'LAME_BROKEN' | 'LAME_EXIT' | 'LAME_SIGNAL' | 'LAME_DEADLINE' | 'LAME_START'
  | 'MP3_REFUSED' | 'SIDE_REFUSED' | 'WAV_CHANGED' | 'DISK_FULL' | 'FOLDER_MISSING' | 'NOT_UPLOADED' | 'STOPPED'
  /** The bucket: no answer; an answer that forbids; it holds other bytes than it was given; it has no such thing. */
  | 'STORAGE_DOWN' | 'STORAGE_REFUSED' | 'STORAGE_LIES' | 'STORAGE_NONE';

export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;
  constructor(code: RecordingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Refusals of the system that say nothing about the recording: an operator or time heals them. */
const WORLDLY: ReadonlySet<string> = new Set([
  'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOTCONN', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN',
  'LAME_MISSING', 'LAME_BROKEN', 'LAME_START', 'DISK_FULL', 'FOLDER_MISSING',
  'STORAGE_DOWN', 'STORAGE_REFUSED',
]);

/** The stable code of an error, `''` where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** True where the world refuses (disk full, no rights, no lame) and the recording is not to blame. */
export const isWorldly = (error: unknown): boolean => WORLDLY.has(codeOf(error));

/** One line for the row's `reason`. */
export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/** True for what the operating system refused (it names the system call), false for a bug of ours or a store that failed. */
export const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;
