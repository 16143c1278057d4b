/** What the scripts read out of a request, and how they tell the dialplan: shared by route, record and callerid. */
import { digits } from '../../core/phone.ts';
import type { Linkedid } from '../../core/words.ts';
import { AgiError } from '../errors.ts';
import type { AgiSession } from '../session.ts';
import type { AgiRequest } from '../wire.ts';
import type { Conversation } from './script.ts';

/** Presentation bits of `agi_callingpres` [include/asterisk/callerid.h]: AST_PRES_RESTRICTION, AST_PRES_RESTRICTED. */
const RESTRICTION = 0x60;
const RESTRICTED = 0x20;
/** Longest name that a phone shows; far below every limit of Asterisk and SIP. */
const MAX_NAME = 80;

/**
 * The caller's number, digits and a leading `+` alone, or `''` when there is nobody to look up: Asterisk writes `unknown` for a
 * missing number, trunks write words, and a number that came with "restricted" (a trusted P-Asserted-Identity) is not ours to unveil.
 */
export function callerOf(request: AgiRequest): string {
  const text = request.get('agi_callerid') ?? '';
  const presentation = Number(request.get('agi_callingpres') ?? 0);
  const number = digits(text);
  if ((presentation & RESTRICTION) === RESTRICTED || number === '') return '';
  return text.startsWith('+') ? `+${number}` : number;
}

/** The called line: the script's first argument, else DNID, else the extension. `''` when Asterisk knows none. */
export function lineOf(request: AgiRequest): string {
  const candidates = [request.get('agi_arg_1'), request.get('agi_dnid'), request.get('agi_extension')];
  return plain(candidates.find((text) => text !== undefined && text !== '' && text !== 'unknown') ?? '', MAX_NAME);
}

/** Asks for the linkedid (the request block has none); where Asterisk refuses, the channel's uniqueid, which usually is the same. */
export async function linkedidOf(session: AgiSession, request: AgiRequest): Promise<Linkedid> {
  const uniqueid = request.get('agi_uniqueid') ?? '';
  try {
    const { value } = await session.command('GET VARIABLE', ['CHANNEL(linkedid)']);
    return plain(value === null || value === '' ? uniqueid : value, MAX_NAME * 2) as Linkedid;
  } catch (error) {
    if (error instanceof AgiError && error.code === 'AGI_REFUSED') return plain(uniqueid, MAX_NAME * 2) as Linkedid;
    throw error;
  }
}

/**
 * Sets channel variables, in order. A name with `__` is inherited by every channel that this one creates; without it the dialplan's own
 * inherited variable of that name would be replaced by one that stays behind at the first Dial [main/pbx_variables.c]. One that Asterisk refuses does not keep the others from being set; when the session is over, the
 * rest is moot and the error goes up.
 */
export async function tell({ session, log }: Conversation, variables: readonly (readonly [name: string, value: string])[]): Promise<void> {
  const answers = variables.map(([name, value]) => session.command('SET VARIABLE', [name, value]));
  for (const [place, answer] of answers.entries()) {
    try {
      await answer;
    } catch (error) {
      if (!(error instanceof AgiError) || (error.code !== 'AGI_REFUSED' && error.code !== 'AGI_UNSAFE')) throw error;
      log.warn({ variable: variables[place]?.[0], why: error.message }, 'a channel variable was refused');
    }
  }
}

/**
 * Text from a CRM made fit for CALLERID(name): no control, format or separator characters, no `${` or `$[` that a careless EVAL() would
 * run, at most 80 characters; letters of every script stay.
 */
export function displayName(text: string): string {
  return plain(text.replace(/\$+(?=[{[])/g, ''), MAX_NAME);
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const PRINTABLE_ASCII = /^[\x21-\x7e]*$/;

function plain(text: string, most: number): string {
  if (text.length <= most && PRINTABLE_ASCII.test(text)) return text;
  const clean = text.slice(0, most * 8).replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  return clean.length <= most ? clean : Array.from(clean).slice(0, most).join('').trimEnd();
}
