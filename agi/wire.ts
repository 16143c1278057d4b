/**
 * FastAGI as it stands on the wire: pure functions between text and meaning. ding-dong's own parser cuts values at colons, takes
 * every unfinished line for a hangup and never escapes (shields.md D6–D12, D17–D18): it sees none of this.
 * Source of the forms: res/res_agi.c of Asterisk 16 to 22; asterisk-facts section 6.
 */
import { AgiError } from './errors.ts';

/** The request block: `agi_callerid`, `agi_arg_1`, … in the order sent. A key that Asterisk did not send reads as `undefined`. */
export type AgiRequest = ReadonlyMap<string, string>;
export interface AgiReply {
  readonly code: number;
  /** What stands after `result=`; `''` where a reply has none (520). */
  readonly result: string;
  /** What stands in parentheses: null = none, `''` = an empty value. */
  readonly value: string | null;
  /** `endpos=1234`, `results=1 score0=…` behind the value. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The whole reply as sent; for 520 the usage. */
  readonly text: string;
}

/**
 * Asterisk 16 reads commands into 2048 bytes (AGI_BUF_LEN), 20.16/21.11/22.6 into 8192. A longer line is run cut, its tail becomes the
 * next command, and every later reply is off by one.
 */
export const MAX_COMMAND_BYTES = 2000;

/** One `agi_key: value` per line; the first colon parts them, because values have colons (`agi://…`). Lines without one are skipped. */
export function parseRequest(block: string): AgiRequest {
  const request = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) request.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return request;
}

/**
 * Does this line leave its reply unfinished? `520-` opens a usage that `520 ` closes; `200 result=1 (` opens a value that goes on over
 * line breaks until a line ends in `)`. Known weakness: a value whose inner line ends in `)` closes early; keep values single-line.
 */
export function opensMore(line: string): boolean {
  if (/^\d{3}-/.test(line)) return true;
  const value = /^\d{3} result=\S* \(/.test(line);
  return value && !line.endsWith(')') && !/\) \w+=/.test(line);
}

/** Is `line` the last of a reply that began with `first`? */
export function closesReply(first: string, line: string): boolean {
  return first[3] === '-' ? line.startsWith(`${first.slice(0, 3)} `) : line.endsWith(')');
}

const REPLY = /^(\d{3})(?:[ -]|$)(?:result=(\S*))?/;
const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** Reads one whole reply (its lines joined by `\n`). Null when it is no AGI reply at all. */
export function parseReply(text: string): AgiReply | null {
  const head = REPLY.exec(text);
  if (head === null) return null;
  const [start, code = '', result] = head;
  if (result === undefined) return { code: Number(code), result: '', value: null, attributes: NONE, text };
  const { value, rest } = splitValue(text.slice(start.length).trimStart());
  return { code: Number(code), result, value, attributes: rest === '' ? NONE : parseAttributes(rest), text };
}

/** `(value) attributes`. A value may hold parentheses: where nothing follows, the last one closes it. */
function splitValue(tail: string): { value: string | null; rest: string } {
  if (!tail.startsWith('(')) return { value: null, rest: tail };
  const close = tail.endsWith(')') ? tail.length - 1 : tail.search(/\) \w+=/);
  if (close < 0) return { value: tail.slice(1), rest: '' };
  return { value: tail.slice(1, close), rest: tail.slice(close + 1) };
}

function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, key = '', quoted, bare = ''] of text.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g)) attributes[key] = quoted ?? bare;
  return attributes;
}

// What may not stand inside a line: the line break that would start another command (D17), and NUL, at which C stops reading.
const BREAKS_LINE = /[\r\n\0]/;
/** A verb is one or two bare words: `SET VARIABLE`, `GET VARIABLE`, `VERBOSE`. */
const VERB = /^[A-Za-z]+(?: [A-Za-z]+){0,2}$/;

/** One argument as Asterisk's parse_args undoes it: quoted, with `\` and `"` escaped. Throws AGI_UNSAFE for CR, LF, NUL. */
export function quote(argument: string): string {
  if (BREAKS_LINE.test(argument)) throw new AgiError('AGI_UNSAFE', 'an AGI argument may not hold a line break or NUL');
  return `"${/[\\"]/.test(argument) ? argument.replace(/[\\"]/g, '\\$&') : argument}"`;
}

/** `CALLERID(name)`, `ROUTE_TARGET`: the name of a variable goes bare, as every AGI library writes it. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*(?:\([a-z]+\))?$/;

/**
 * The whole command line, without its line break: the name of a variable bare, everything else quoted. Options of an application
 * are ONE argument, joined with commas (D19). Throws AGI_UNSAFE for what Asterisk would read as something else.
 */
export function commandLine(verb: string, args: readonly string[]): string {
  if (!VERB.test(verb)) throw new AgiError('AGI_UNSAFE', 'an AGI verb is made of bare words');
  let line = verb;
  for (const [place, argument] of args.entries()) {
    const bare = place === 0 && verb.endsWith('VARIABLE') && VARIABLE.test(argument);
    line += ` ${bare ? argument : quote(argument)}`;
  }
  checkLength(line);
  return line;
}

/** The last guard before the socket: exactly one line that every Asterisk reads whole. Throws AGI_UNSAFE. */
export function checkLine(line: string): void {
  if (BREAKS_LINE.test(line)) throw new AgiError('AGI_UNSAFE', 'one AGI command is one line');
  checkLength(line);
}

/** Counted in bytes, but only where it could matter: a UTF-16 unit takes three at most. */
function checkLength(line: string): void {
  if (line.length * 3 >= MAX_COMMAND_BYTES && bytes(line) >= MAX_COMMAND_BYTES) {
    throw new AgiError('AGI_UNSAFE', `an AGI command must stay below ${String(MAX_COMMAND_BYTES)} bytes`);
  }
}

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;
