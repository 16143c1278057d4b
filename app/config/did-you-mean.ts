/** Optimal string alignment distance: how many letters were typed wrong, left out, added or swapped with their neighbour. */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) line.push(step(rows, line, one, other, row, column));
    rows.push(line);
  }
  return rows[one.length]?.[other.length] ?? 0;
}

function step(rows: readonly (readonly number[])[], line: readonly number[], one: string, other: string, row: number, column: number): number {
  const at = (r: number, c: number): number => (r === row ? line[c] : rows[r]?.[c]) ?? 0;
  const same = one[row - 1] === other[column - 1];
  const best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1));
  const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
  return swapped ? Math.min(best, at(row - 2, column - 2) + 1) : best;
}

/** The known word that was probably meant, or null. A third of the letters may be wrong; case, `-` and `_` do not count. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '').slice(0, 60);
  const wanted = plain(word);
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(wanted, plain(candidate)) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(Math.max(candidate.length, wanted.length) / 3)))
    .toSorted((one, other) => one.far - other.far);
  return ranked[0]?.candidate ?? null;
}
