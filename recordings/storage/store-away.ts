import { save, type Trip } from '../trip.ts';
import type { StoreAway } from './storage.ts';

/**
 * The step between verification and hand-over: the MP3 into the storage, and its place there into the manifest. A storage that is down is the
 * world's fault: the row waits, its MP3 and its WAV stay, and the upload goes on where it was.
 */
export async function storeAway(trip: Trip, mp3: Pick<StoreAway, 'path' | 'bytes' | 'sha256'>): Promise<void> {
  const { desk, row } = trip;
  if (desk.storage === undefined || desk.storage.kind === 'local') return;
  const stored = await desk.storage.put({ row, ...mp3, remember: (upload) => { if (upload !== trip.row.upload) save(trip, { upload }); } }, desk.signal);
  if (stored !== trip.row.stored) save(trip, { stored });
}
