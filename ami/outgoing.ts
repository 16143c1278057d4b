import { AmiError } from './errors.ts';

/**
 * An action as we send it. An object stands for `Variable: name=value` lines. The library sorts the headers, so variables must not
 * depend on each other's order (shields M8).
 */
export interface Action {
  readonly Action: string;
  readonly [header: string]: string | number | Readonly<Record<string, string | number>>;
}

/** Bytes of one line without its CR LF: 1 022 pass, 1 023 give "line too long" and lose the action [22.10.1, 16.28]. */
export const MAX_LINE_BYTES = 1022;
/** More give an Error [manager.c: AST_MAX_MANHEADERS]. One is the ActionID that the link adds. */
export const MAX_HEADERS = 128;

const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const VARIABLE = /^_{0,2}[A-Za-z][A-Za-z0-9_]*(\([A-Za-z0-9_.:-]*\))?$/;
/** The characters that end a header, or a string in Asterisk. */
const BREAK = /[\r\n\0]/;
/** Asterisk splits `Variable` on commas and removes quotes and backslashes [manager.c: astman_get_variables]. */
const EATEN = /[,"\\]/;

/**
 * Refuses what would turn a value into another header, action or variable (shields M5, M6, M7). Returns the lines as Asterisk will
 * see them; throws AMI_ACTION with the header's name, never with its value, which may be a secret.
 */
export function checkAction(action: Action): readonly string[] {
  const lines = Object.entries(action).flatMap(([name, value]) => linesOf(name, value));
  if (lines.length >= MAX_HEADERS) throw refuse('the action', `has more than ${MAX_HEADERS - 1} headers`);
  const names = Object.keys(action).map((name) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(twice, 'is there twice');
  return lines;
}

function linesOf(name: string, value: unknown): string[] {
  if (!NAME.test(name) || name.toLowerCase() === 'actionid') throw refuse(JSON.stringify(name), 'is no header that may be sent');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).map(([variable, text]) => variableLine(name, variable, text));
  }
  const text = plain(name, value);
  if (name.toLowerCase() === 'variable' && EATEN.test(text)) throw refuse(name, 'has a comma, quote or backslash in its value');
  return [line(name, text)];
}

function variableLine(name: string, variable: string, value: unknown): string {
  if (!VARIABLE.test(variable)) throw refuse(name, `names no variable: ${JSON.stringify(variable)}`);
  const text = plain(variable, value);
  if (EATEN.test(text)) throw refuse(`variable ${variable}`, 'has a comma, quote or backslash in its value');
  return line(name, `${variable}=${text}`);
}

function plain(name: string, value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw refuse(name, 'is neither text nor a number');
  if (BREAK.test(value)) throw refuse(name, 'has a line break or NUL in its value');
  return value;
}

function line(name: string, value: string): string {
  const text = `${name}: ${value}`;
  if (Buffer.byteLength(text) > MAX_LINE_BYTES) throw refuse(name, `is longer than ${MAX_LINE_BYTES} bytes`);
  return text;
}

const refuse = (what: string, why: string): AmiError => new AmiError('AMI_ACTION', `action not sent: ${what} ${why}`);
