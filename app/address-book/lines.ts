/** Physical lines of a text, with CRLF, LF or a lone CR between them. */
import { LIMITS } from './words.ts';

export interface PhysicalLine {
  /** From 1. */
  readonly line: number;
  readonly raw: string;
  /** It was longer than the cap; the rest of it is gone. */
  readonly cut: boolean;
}

/** No more than one line and one piece are in memory. */
export async function* physicalLines(text: AsyncIterable<string>): AsyncGenerator<PhysicalLine> {
  let [rest, line, cut] = ['', 0, false];
  for await (const piece of text) {
    const parts = (rest + piece).split(/\r\n|\n|\r(?!$)/u);
    rest = parts.pop() ?? '';
    for (const raw of parts) {
      yield { line: line += 1, raw: raw.slice(0, LIMITS.row), cut: cut || raw.length > LIMITS.row };
      cut = false;
    }
    cut ||= rest.length > LIMITS.row;
    rest = rest.slice(0, LIMITS.row);
  }
  if (rest !== '') yield { line: line + 1, raw: rest.replace(/\r$/u, ''), cut };
}
