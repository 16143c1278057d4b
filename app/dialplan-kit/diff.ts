/** A unified diff, as `diff -u` writes it and `patch` reads it. Own code, because no dependency is worth forty lines. */

interface Edit { readonly mark: ' ' | '-' | '+'; readonly line: string }
const CONTEXT = 3;
/** Above this the middle is shown as replaced as a whole: correct, only longer. */
const MAX_CELLS = 4_000_000;

export function unifiedDiff(name: string, before: Buffer | null, after: Buffer | null): string {
  const edits = editsOf(linesOf(before), linesOf(after));
  if (edits.every(({ mark }) => mark === ' ')) return '';
  const head = `--- ${before === null ? '/dev/null' : `a/${name}`}\n+++ ${after === null ? '/dev/null' : `b/${name}`}\n`;
  return head + hunksOf(edits).map((hunk) => showHunk(edits, hunk)).join('');
}

function linesOf(content: Buffer | null): readonly string[] {
  if (content === null || content.length === 0) return [];
  const text = content.toString('utf8');
  return (text.includes('\uFFFD') ? content.toString('latin1') : text).split(/(?<=\n)/);
}

function editsOf(before: readonly string[], after: readonly string[]): readonly Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ mark: ' ', line }));
  return [...same(before.slice(0, head)), ...middle(before.slice(head, before.length - tail),
    after.slice(head, after.length - tail)), ...same(before.slice(before.length - tail))];
}

/** Longest common subsequence by the textbook's table. */
function middle(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const rows = before.length + 1;
  const columns = after.length + 1;
  const table = rows * columns > MAX_CELLS ? null : lengths(before, after, columns);
  const edits: Edit[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const one = before[row];
    const other = after[column];
    if (table !== null && one !== undefined && one === other) { edits.push({ mark: ' ', line: one }); row += 1; column += 1; continue; }
    const down = table?.[(row + 1) * columns + column] ?? 0;
    const right = table?.[row * columns + column + 1] ?? 0;
    if (one !== undefined && (other === undefined || down >= right)) { edits.push({ mark: '-', line: one }); row += 1; }
    else if (other !== undefined) { edits.push({ mark: '+', line: other }); column += 1; }
  }
  return edits;
}

function lengths(before: readonly string[], after: readonly string[], columns: number): Uint32Array {
  const table = new Uint32Array((before.length + 1) * columns);
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const at = row * columns + column;
      table[at] = before[row] === after[column] ? (table[at + columns + 1] ?? 0) + 1 : Math.max(table[at + columns] ?? 0, table[at + 1] ?? 0);
    }
  }
  return table;
}

interface Hunk { readonly from: number; readonly to: number }

/** Stretches of edits with their context; stretches that touch are one. */
function hunksOf(edits: readonly Edit[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { mark }] of edits.entries()) {
    if (mark === ' ') continue;
    const from = Math.max(0, index - CONTEXT);
    const to = Math.min(edits.length, index + CONTEXT + 1);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to };
    else hunks.push({ from, to });
  }
  return hunks;
}

function showHunk(edits: readonly Edit[], { from, to }: Hunk): string {
  const count = (start: number, end: number, mark: '-' | '+'): number => edits.slice(start, end).filter((edit) => edit.mark === ' '
    || edit.mark === mark).length;
  const range = (mark: '-' | '+'): string => {
    const size = count(from, to, mark);
    const first = count(0, from, mark) + (size === 0 ? 0 : 1);
    return size === 1 ? `${mark}${first}` : `${mark}${first},${size}`;
  };
  const body = edits.slice(from, to).map(({ mark, line }) => `${mark}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`);
  return `@@ ${range('-')} ${range('+')} @@\n${body.join('')}`;
}
