/**
 * Paths that come from a PBX are text from outside: a linkedid can be any string that an Originate named. Nothing but the kit's own
 * shape, `YYYY/MM/DD/<name>.wav`, ever becomes a path here; so neither `..`, nor an absolute path, nor an option, nor a NUL can.
 */
import path from 'node:path';

/** `call-1790.17.wav`, `call-1790.17+1790.23.wav`: what the kit's FILTER lets through (asterisk-facts 0), plus its own `+`. */
const SHAPE = /^[0-9]{4}\/(?:0[1-9]|1[0-2])\/(?:0[1-9]|[12][0-9]|3[01])\/[0-9A-Za-z_][0-9A-Za-z._+-]{0,199}\.wav$/;

/** `file` itself when it is a path below a recordings folder that we accept, else null. */
export const safeRelative = (file: string): string | null => (SHAPE.test(file) ? file : null);

/**
 * The tail `YYYY/MM/DD/<name>.wav` of the path that the PBX said. The part before it is the PBX's view of the folder (another mount,
 * a container) and means nothing here. Null when the tail has another shape.
 */
export function relativeTail(said: string): string | null {
  return safeRelative(said.split('/').slice(-4).join('/'));
}

/** Joins a folder of ours with a file below it; null when the file is not of the accepted shape. */
export function wavIn(folder: string, file: string): string | null {
  const safe = safeRelative(file);
  return safe === null ? null : path.join(folder, safe);
}

/** `…/call-1790.17.wav` → `…/call-1790.17.mp3`. */
export const mp3Of = (wav: string): string => `${wav.slice(0, -'.wav'.length)}.mp3`;

/** Where lame writes until the MP3 is verified. */
export const partOf = (mp3: string): string => `${mp3}.part`;

/** The linkedid (as the kit filtered it) that names a file, `''` when the name is not the kit's. */
export function linkedidIn(file: string): string {
  const name = /\/call-([^/+]+)(?:\+[^/]*)?\.wav$/.exec(file);
  return name?.[1] ?? '';
}

/** Where the MP3 of a file lies: beside the WAV, or below `fallback/<pbx>` where the recordings folder is read-only for us. */
export interface Mp3Places { readonly beside: string; readonly fallback: string }

export function mp3Places(wav: string, fallbackFolder: string, pbx: string, file: string): Mp3Places {
  return { beside: mp3Of(wav), fallback: mp3Of(path.join(fallbackOf(fallbackFolder, pbx), file)) };
}

/** A folder for each PBX: two of them may name their files alike. */
export const fallbackOf = (fallbackFolder: string, pbx: string): string => path.join(fallbackFolder, pbx.replaceAll(/[^0-9A-Za-z_-]/g, '_'));

/**
 * The two sides of a recording, which the kit writes beside the mixed `call-<id>.wav` when it records in stereo: `call-<id>-in.wav` is what
 * the recorded channel (the client) says, `call-<id>-out.wav` what it hears.
 */
export type SideName = 'in' | 'out';
export const SIDES = ['in', 'out'] as const satisfies readonly SideName[];

/** `…/call-1790.17.wav` → `…/call-1790.17-in.wav`. Takes absolute paths and paths below a folder. */
export const sideOf = (wav: string, side: SideName): string => `${wav.slice(0, -'.wav'.length)}-${side}.wav`;

/** `…/call-1790.17-in.wav` → the mixed file and the other side; null when the name is no side's. Only the name: a linkedid may end so too. */
export function mixedOf(file: string): { readonly mixed: string; readonly other: string } | null {
  const [, stem, side] = /^(.+)-(in|out)\.wav$/.exec(file) ?? [];
  if (stem === undefined) return null;
  const mixed = `${stem}.wav`;
  return { mixed, other: sideOf(mixed, side === 'in' ? 'out' : 'in') };
}
