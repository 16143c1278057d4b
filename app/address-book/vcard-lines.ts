/**
 * Content lines of vCards (RFC 6350 3.2, RFC 2426, vCard 2.1), unfolded and taken apart. A line of its own file because versions fold differently: 3.0 and
 * 4.0 by a blank at the beginning, 2.1 in quoted-printable by `=` at the end. What is too long (a photograph) is cut: nothing that we read is.
 */
import { physicalLines } from './lines.ts';
import { LIMITS } from './words.ts';

export interface Line {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Upper case, without the group before it (`item1.TEL`). */
  readonly name: string;
  /** Names in upper case; what stands alone (`TEL;CELL:`) counts as TYPE. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
  /** As it stands: escapes and encodings are the reader's. */
  readonly value: string;
}

export async function* vcardLines(text: AsyncIterable<string>): AsyncGenerator<Line> {
  for await (const { line, raw } of unfolded(physicalLines(text))) {
    const parsed = taken(line, raw);
    if (parsed !== null) yield parsed;
  }
}

interface Raw { readonly line: number; readonly raw: string }

async function* unfolded(lines: AsyncIterable<Raw>): AsyncGenerator<Raw> {
  let open: Raw | null = null;
  for await (const next of lines) {
    const goesOn: string | null = open === null ? null : continuation(open.raw, next.raw);
    if (open !== null && goesOn !== null) { open = { line: open.line, raw: goesOn }; continue; }
    if (open !== null) yield open;
    open = next;
  }
  if (open !== null) yield open;
}

/** Both lines as one, null = the second one begins anew. */
function continuation(before: string, next: string): string | null {
  if (/^[ \t]/u.test(next)) return before.length < LIMITS.row ? before + next.slice(1) : before;
  const softBreak = before.endsWith('=') && /^[^:]*ENCODING=QUOTED-PRINTABLE|^[^:]*;QUOTED-PRINTABLE/iu.test(before);
  return softBreak ? before.slice(0, -1) + next : null;
}

/** `item1.TEL;TYPE="voice,work";PREF=1:+7 …`: a colon inside quotes separates nothing. */
function taken(line: number, raw: string): Line | null {
  const [, head, value] = /^((?:[^":]|"[^"]*")*):(.*)$/su.exec(raw) ?? [];
  if (head === undefined || value === undefined) return null;
  const [name = '', ...parameters] = head.match(/(?:[^";]|"[^"]*")+/gu) ?? [];
  return { line, name: (name.split('.').at(-1) ?? '').trim().toUpperCase(), parameters: parametersOf(parameters), value };
}

function parametersOf(parts: readonly string[]): Line['parameters'] {
  const found = new Map<string, readonly string[]>();
  for (const part of parts) {
    const at = part.indexOf('=');
    const word = part.slice(at + 1).replaceAll('"', '');
    const alone = /^(?:quoted-printable|base64)$/iu.test(word) ? 'ENCODING' : 'TYPE';
    const name = at === -1 ? alone : part.slice(0, at).trim().toUpperCase();
    found.set(name, [...found.get(name) ?? [], ...word.split(',').map((each) => each.trim().toLowerCase())]);
  }
  return found;
}
