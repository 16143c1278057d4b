/** The values whose meaning another header tells: variables by their name, arguments by their application, CEL's JSON by its keys. */
import type { KnownIds } from './mask-ids.ts';
import type { TextMask } from './mask-text.ts';
import { isNobody, type WordMask } from './mask-words.ts';

export interface MaskTools { readonly ids: KnownIds; readonly text: TextMask; readonly words: WordMask }
type Mask = (value: string, tools: MaskTools) => string;

/** Nothing of it stays but the ids in it. */
export const opaque: Mask = (value, { ids, words }) => (isNobody(value) ? value : ids.between(value, (part) => words.text(part)));
/** Numbers and addresses go, words and ids stay. */
export const file: Mask = (value, { ids, text }) => ids.between(value, (part) => text.scrub(part));
const channel: Mask = (value, { text }) => text.channel(value);
const own: Mask = (value, { ids, text }) => ids.between(value, (part) => text.scrubOwn(part));
const same: Mask = (value) => value;
const onlyIf = (shape: RegExp): Mask => (value, tools) => (shape.test(value) ? value : opaque(value, tools));

/** `NOT_INUSE`, `Fully Booted`, `486`; what an AGI or a dialplan answers may be anything. */
export const state: Mask = onlyIf(/^(?!.*\d{5})[A-Za-z0-9_ ()-]{0,32}$/);

/** Of CallMe, and the few of Asterisk that say how a call went; the rest are somebody's own, and nobody knows what is in them. */
const VARIABLES: readonly (readonly [RegExp, Mask])[] = [
  [/^CallMe(?:LINKEDID|LID|MIXID)$/, same],
  [/^CallMe(?:FILE|FULLFNAME|SAVE|PATH|DIR|AGI)$/, file],
  [/^CallMeRECCH$/, channel],
  [/^(?:CallMe\w*|IS_CALLME_ORIGINATE)$/, own],
  [/^MIXMONITOR_FILENAME$/, file],
  [/^(?:BRIDGEPEER|BLINDTRANSFER|ATTENDEDTRANSFER|DIALEDPEERNAME|DIALEDPEERNUMBER)$/, channel],
  [/^(?:DIALSTATUS|QUEUESTATUS|VMSTATUS|HANGUPCAUSE|ABANDONED|(?:ANSWERED|DIALED|RING|PROGRESS)TIME(?:_MS)?)$/, onlyIf(/^(?:[A-Z]{1,20}|\d{1,9})$/)],
];

/** VarSet keeps the underscores of an inherited variable's name (asterisk-facts 3). */
export function variable(name: string, value: string, tools: MaskTools): string {
  const bare = name.replace(/^_+/, '');
  return (VARIABLES.find(([names]) => names.test(bare))?.[1] ?? opaque)(value, tools);
}

const FUNCTION = /^(_*\w+)\((.*)\)$/s;
const PLAIN_FUNCTIONS = /^_*(?:CALLERID|CONNECTEDLINE|REDIRECTING|CHANNEL|LOCAL|CDR|AUDIOHOOK_INHERIT)$/;

/** `FOO`, `CALLERID(name)`; a function's argument may be a key into somebody's data (`DB(cidname/79161234567)`). */
export function variableName(name: string, tools: MaskTools): string {
  const [, called, argument = ''] = FUNCTION.exec(name) ?? [];
  if (called !== undefined) return PLAIN_FUNCTIONS.test(called) && /^[\w-]{0,24}$/.test(argument) ? name : `${called}(${opaque(argument, tools)})`;
  return /^\w{1,80}$/.test(name) ? tools.text.scrub(name) : opaque(name, tools);
}

/** `name=value`; without `=` a name alone. */
export function assignment(text: string, tools: MaskTools): string {
  const at = text.indexOf('=');
  if (at < 0) return variableName(text, tools);
  return `${variableName(text.slice(0, at), tools)}=${variable(text.slice(0, at), text.slice(at + 1), tools)}`;
}

/** Their arguments say where a call goes; those of all others (NoOp, Verbose, AGI, UserEvent …) may say anything. */
const FLOW: ReadonlySet<string> = new Set([
  'dial', 'appdial', 'appdial2', 'queue', 'appqueue', 'goto', 'gotoif', 'gotoiftime', 'gosub', 'gosubif', 'return', 'hangup', 'answer', 'wait', 'waitexten',
  'playback', 'background', 'musiconhold', 'mixmonitor', 'stopmixmonitor', 'voicemail', 'voicemailmain', 'park', 'parkedcall', 'pickup', 'bridge', 'busy',
  'congestion', 'ringing', 'progress', 'confbridge', 'page',
]);

export function data(application: string, text: string, tools: MaskTools): string {
  if (/^M?Set$/i.test(application)) return assignment(text, tools);
  if (!FLOW.has(application.toLowerCase())) return opaque(text, tools);
  // What a subroutine is called with may be a name; a Dial's brackets hold options.
  const bracketed = /^Gosub/i.test(application) ? text.replace(/\((.+)\)/s, (_all, inner: string) => `(${opaque(inner, tools)})`) : text;
  return file(bracketed, tools);
}

const EXTRA: readonly (readonly [RegExp, Mask])[] = [
  [/^(?:bridge\d?_id|bridge_technology|\w*uniqueid|dialstatus|hangupcause|cause|reason|features)$/, same],
  [/(?:channel|name|source|local_two|peer)$/, channel],
  [/(?:extension|context|lot|dial_string)$/, file],
];

/** CEL's `Extra`: a flat JSON object; what is no such thing, or a key nobody knows, is replaced. */
export function extra(text: string, tools: MaskTools): string {
  const values = flat(text);
  if (values === null) return opaque(text, tools);
  return JSON.stringify(Object.fromEntries(values.map(([key, value]): [string, unknown] =>
    [/^[a-z][a-z0-9_]{0,39}$/.test(key) && !/\d{5}/.test(key) ? key : tools.words.text(key), extraValue(key, value, tools)])));
}

function extraValue(key: string, value: unknown, tools: MaskTools): unknown {
  if (typeof value === 'boolean' || value === null || (typeof value === 'number' && Math.abs(value) < 10_000)) return value;
  const mask = EXTRA.find(([keys]) => keys.test(key))?.[1] ?? opaque;
  return mask(typeof value === 'string' ? value : JSON.stringify(value), tools);
}

function flat(text: string): readonly (readonly [string, unknown])[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
  } catch {
    return null;
  }
}
