import type { CommandIo } from './command.ts';

/** One JSON document. Non-JSON values (secrets, regular expressions) show themselves as they may be seen. */
export function printJson(io: Pick<CommandIo, 'stdout'>, value: unknown): void {
  io.stdout(`${JSON.stringify(value, (_key, inner: unknown) => (inner instanceof RegExp ? inner.source : inner), 2)}\n`);
}

/** One object a line, for streams. */
export function printJsonLine(io: Pick<CommandIo, 'stdout'>, value: unknown): void { io.stdout(`${JSON.stringify(value)}\n`); }

export function printLine(io: Pick<CommandIo, 'stdout'>, text = ''): void { io.stdout(`${text}\n`); }

/** Columns as wide as their widest cell. Text from outside (names, reasons) must not move the cursor of a terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_title, column) => Math.max(...clean.map((row) => widthOf(row[column] ?? ''))));
  const padded = (cell: string, column: number): string => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell));
  const line = (row: readonly string[]): string => row.map(padded).join('  ').trimEnd();
  return `${clean.map(line).join('\n')}\n`;
}

/** Control characters out (a caller's name may hold escape sequences), and no cell wider than a hand. */
export function printable(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  const letters = Array.from(plain);
  return letters.length > MAX_CELL ? `${letters.slice(0, MAX_CELL - 1).join('')}…` : plain;
}

const MAX_CELL = 120;

/** In code points: good enough for names and numbers in a terminal. */
function widthOf(text: string): number { return Array.from(text).length; }

/** Local time of the machine, as a person on the PBX reads it: `2026-11-20 14:03:07`. */
export function showTime(at: number | null): string {
  if (at === null) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = new Date(at);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
