/**
 * From `.part` to the final name, in groups: sync of the contents, renames, one sync of each folder. One after the other every recording would cost
 * two commits of the disk's own journal; in groups the recordings of a rush share them. Who comes alone waits a moment and costs as much as before.
 */
import path from 'node:path';
import type { DiskWrites } from './disk-writes.ts';
import { syncFolder } from './files.ts';
import { ownTurn } from './turn.ts';

/** Makes a finished `.part` durable under its final name. Rejects with the system's error; then it may still be a `.part`. */
export type Publish = (part: string, final: string) => Promise<void>;

interface Waiting { readonly part: string; readonly final: string; readonly resolve: () => void; readonly reject: (error: unknown) => void }
interface GroupShape {
  /** How long the first of a group waits for others, milliseconds; 0 = not at all. */
  readonly gatherMs: number;
  /** So many are enough. */
  readonly most: number;
}

export function createPublisher(disk: DiskWrites, { gatherMs, most }: GroupShape): Publish {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const group = waiting;
    waiting = [];
    void publishAll(group, disk);
  };
  return (part, final) => new Promise((resolve, reject) => {
    waiting.push({ part, final, resolve: () => { resolve(); }, reject });
    if (gatherMs === 0 || waiting.length >= most) flush();
    else timer ??= setTimeout(flush, gatherMs);
  });
}

/** Never rejects: each of the group gets its own end. */
async function publishAll(group: readonly Waiting[], disk: DiskWrites): Promise<void> {
  const named = await Promise.all(group.map((each) => rename(each, disk)));
  const folders = Map.groupBy(named.filter((each) => each !== null), ({ final }) => path.dirname(final));
  await Promise.all([...folders].map(async ([folder, some]) => {
    const error = await syncFolder(folder, disk).then(() => null, (reason: unknown) => ({ reason }));
    for (const { resolve, reject } of some) if (error === null) resolve(); else reject(error.reason);
  }));
}

/** Null when it failed: it was told so. */
async function rename(each: Waiting, disk: DiskWrites): Promise<Waiting | null> {
  const { part, final, reject } = each;
  try {
    await ownTurn();
    await disk.sync(part, 'r+');
    await disk.rename(part, final);
    return each;
  } catch (error) {
    reject(error);
    return null;
  }
}
