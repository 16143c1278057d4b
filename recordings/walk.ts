/** Walks `YYYY/MM/DD` below a recordings folder: nothing else in it is ours. A folder that cannot be read counts as empty. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

const LEVELS = [/^[0-9]{4}$/, /^[0-9]{2}$/, /^[0-9]{2}$/];

/** Yields paths below `folder` (`2026/11/20/call-1790.17.wav`), day by day, oldest first. */
export async function* filesIn(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const day of foldersAt(folder, '', 0, signal)) {
    const entries = await readdir(path.join(folder, day), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isFile()) yield `${day}/${entry.name}`;
  }
}

async function* foldersAt(folder: string, below: string, level: number, signal: AbortSignal): AsyncGenerator<string> {
  const shape = LEVELS[level];
  if (shape === undefined) { yield below; return; }
  signal.throwIfAborted();
  const entries = await readdir(path.join(folder, below), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && shape.test(entry.name)).map((entry) => entry.name).sort();
  for (const name of names) yield* foldersAt(folder, below === '' ? name : `${below}/${name}`, level + 1, signal);
}
