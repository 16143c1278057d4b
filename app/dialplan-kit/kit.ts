/** The kit as this PBX needs it: the shipped files with this PBX's recordings folder and FastAGI address as defaults. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from './errors.ts';

export const MAIN = 'callme.conf';
export const FREEPBX = 'callme-freepbx.conf';

export interface KitSettings {
  readonly recordings: string | null;
  /** `HOST:PORT`. */
  readonly agi: string | null;
  readonly freepbx: boolean;
}

export interface KitFile { readonly name: string; readonly content: Buffer }

/** In a dialplan these would end an argument, call a function or begin a comment. */
const PLAIN_PATH = /^\/[A-Za-z0-9_.+@\-/]*$/;
const PLAIN_ADDRESS = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/;

export function kitFiles(source: string, settings: KitSettings): readonly KitFile[] {
  const main = settle(readFileSync(join(source, MAIN), 'utf8'), settings);
  const freepbx = settings.freepbx ? [{ name: FREEPBX, content: readFileSync(join(source, FREEPBX)) }] : [];
  return [...freepbx, { name: MAIN, content: Buffer.from(settings.freepbx ? `#include ${FREEPBX}\n${main}` : main) }];
}

function settle(text: string, { recordings, agi }: KitSettings): string {
  if (recordings !== null && (!PLAIN_PATH.test(recordings) || recordings.includes('/../'))) throw bad('the recordings folder',
    recordings, 'an absolute path of letters, digits and _ . + @ - /');
  if (agi !== null && !PLAIN_ADDRESS.test(agi)) throw bad('the FastAGI address', agi, 'HOST:PORT');
  const withFolder = recordings === null ? text : replaceDefault(text, 'CallMeDIR', recordings.replace(/(?<=.)\/+$/, ''));
  return agi === null ? withFolder : replaceDefault(withFolder, 'CallMeAGI', agi);
}

/** The kit sets each default once, as plain text, before it looks at the global of the same meaning. */
function replaceDefault(text: string, variable: string, value: string): string {
  const line = new RegExp(`(Set\\(${variable}=)([^$)]+)(\\))`);
  if (!line.test(text)) throw new Error(`the shipped ${MAIN} has no default for ${variable}`);
  return text.replace(line, (_whole, before: string, _old: string, after: string) => `${before}${value}${after}`);
}

function bad(what: string, value: string, expected: string): KitError {
  return new KitError('KIT_BAD_SETTING', `${what} ${JSON.stringify(value.slice(0, 120))} cannot stand in a dialplan`, `use ${expected}`);
}
