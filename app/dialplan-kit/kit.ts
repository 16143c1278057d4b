/** The kit as this PBX needs it: the shipped files with this PBX's recordings folder and FastAGI address as defaults. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORD_ALL, type RecordingPolicy } from '../../core/recording-policy.ts';
import { KitError } from './errors.ts';
import { policyFile } from './policy.ts';

export const MAIN = 'callme.conf';
export const FREEPBX = 'callme-freepbx.conf';
export const POLICY = 'callme-policy.conf';

/** What is recorded, and how: `recording` of the configuration. */
export interface RecorderSettings {
  readonly policy: RecordingPolicy;
  /** A sound file, as Playback() names it; null = nothing is said. */
  readonly announce: string | null;
  /** Seconds from beep to beep; null = none. */
  readonly beep: number | null;
  readonly stereo: boolean;
}
export const PLAIN_RECORDER: RecorderSettings = { policy: RECORD_ALL, announce: null, beep: null, stereo: false };

export interface KitSettings {
  readonly recordings: string | null;
  /** `HOST:PORT`. */
  readonly agi: string | null;
  readonly freepbx: boolean;
  /** Not given = record everything, silently, mixed. */
  readonly recorder?: RecorderSettings;
}

export interface KitFile { readonly name: string; readonly content: Buffer }

/** In a dialplan these would end an argument, call a function or begin a comment. */
const PLAIN_PATH = /^\/[A-Za-z0-9_.+@\-/]*$/;
const PLAIN_SOUND = /^\/?(?!.*\.\.)(?:[A-Za-z0-9_.-]+\/)*[A-Za-z0-9_-]+$/;
const PLAIN_ADDRESS = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/;

/**
 * In the order in which they must be written: what includes comes after what is included. `always`: a policy stands there already, so a new
 * one replaces it even where it says nothing any more.
 */
export function kitFiles(source: string, settings: KitSettings, always: boolean): readonly KitFile[] {
  const { policy } = settings.recorder ?? PLAIN_RECORDER;
  const parts: KitFile[] = [];
  if (always || policy.rules.length > 0 || !policy.default) parts.push({ name: POLICY, content: Buffer.from(policyFile(policy)) });
  if (settings.freepbx) parts.push({ name: FREEPBX, content: readFileSync(join(source, FREEPBX)) });
  const main = settle(readFileSync(join(source, MAIN), 'utf8'), settings);
  return [...parts, { name: MAIN, content: Buffer.from(parts.map(({ name }) => `#include ${name}\n`).join('') + main) }];
}

function settle(text: string, { recordings, agi, recorder = PLAIN_RECORDER }: KitSettings): string {
  if (recordings !== null && (!PLAIN_PATH.test(recordings) || recordings.includes('/../'))) throw bad('the recordings folder',
    recordings, 'an absolute path of letters, digits and _ . + @ - /');
  if (agi !== null && !PLAIN_ADDRESS.test(agi)) throw bad('the FastAGI address', agi, 'HOST:PORT');
  const values: readonly (readonly [variable: string, value: string | null])[] = [
    ['CallMeDIR', recordings === null ? null : recordings.replace(/(?<=.)\/+$/, '')], ['CallMeAGI', agi], ...recorderValues(recorder),
  ];
  return values.reduce((done, [variable, value]) => (value === null ? done : replaceDefault(done, variable, value)), text);
}

function recorderValues({ announce, beep, stereo }: RecorderSettings): readonly (readonly [variable: string, value: string | null])[] {
  if (announce !== null && !PLAIN_SOUND.test(announce)) throw bad('the announcement', announce,
    'a sound file without its ending, of letters, digits and _ - /');
  return [['CallMeSOUND', announce], ['CallMeBEEP', beep === null ? null : String(Math.trunc(beep))], ['CallMeSTEREO', stereo ? 'yes' : null]];
}

/** The kit sets each default once, as plain text, before it looks at the global of the same meaning. */
function replaceDefault(text: string, variable: string, value: string): string {
  const line = new RegExp(`(Set\\(${variable}=)([^$)]*)(\\))`);
  if (!line.test(text)) throw new Error(`the shipped ${MAIN} has no default for ${variable}`);
  return text.replace(line, (_whole, before: string, _old: string, after: string) => `${before}${value}${after}`);
}

function bad(what: string, value: string, expected: string): KitError {
  return new KitError('KIT_BAD_SETTING', `${what} ${JSON.stringify(value.slice(0, 120))} cannot stand in a dialplan`, `use ${expected}`);
}
