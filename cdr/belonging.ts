/**
 * Which rows are one story. A window cuts through calls: half a call would be told as another call than it was. So the books are read some
 * hours around the window, and every story that has a part in the window is told whole.
 */

/** Rows of one story share a key (a linkedid, a channel, a bridge). Keeps the stories of which one row is wanted, in the rows' order. */
export function wholeStories<Row>(rows: readonly Row[], keysOf: (row: Row) => readonly string[], wanted: (row: Row) => boolean): readonly Row[] {
  const { roots, rootOf } = united(rows, keysOf);
  const kept = new Set(rows.flatMap((row, index) => (wanted(row) ? [rootOf(roots[index] ?? 0)] : [])));
  return rows.filter((_row, index) => kept.has(rootOf(roots[index] ?? 0)));
}

/** The rows of each story, each in the rows' order. */
export function stories<Row>(rows: readonly Row[], keysOf: (row: Row) => readonly string[]): readonly (readonly Row[])[] {
  const { roots, rootOf } = united(rows, keysOf);
  return [...Map.groupBy(rows.map((row, index) => ({ row, root: rootOf(roots[index] ?? 0) })), ({ root }) => root).values()].map((story) => story.map(({ row }) => row));
}

/** Union-find over row numbers; a row begins as its own root. */
function united<Row>(rows: readonly Row[], keysOf: (row: Row) => readonly string[]): { readonly roots: readonly number[]; readonly rootOf: (row: number) => number } {
  const parent = rows.map((_row, index) => index);
  const rootOf = (row: number): number => {
    let root = row;
    for (let above = parent[root] ?? root; above !== root; above = parent[root] ?? root) {
      parent[root] = parent[above] ?? above;
      root = above;
    }
    return root;
  };
  const owner = new Map<string, number>();
  rows.forEach((row, index) => keysOf(row).forEach((key) => {
    const other = owner.get(key);
    if (other === undefined) owner.set(key, index);
    else parent[rootOf(index)] = rootOf(other);
  }));
  return { roots: parent, rootOf };
}
