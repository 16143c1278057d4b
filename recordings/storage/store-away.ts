import type { Clock, RecordingRow, RecordingStore } from '../../core/ports.ts';
import { save, type Trip } from '../trip.ts';
import type { Storage, StoreAway } from './storage.ts';

/** A verified MP3 into the storage. Resolves to its place there. Rejects as `Storage.put` does. */
export type CopyAway = (row: RecordingRow, mp3: Pick<StoreAway, 'path' | 'bytes' | 'sha256'>) => Promise<string | null>;
export interface CopyParts { readonly storage: Storage | undefined; readonly store: Pick<RecordingStore, 'patch'>; readonly clock: Clock; readonly signal: AbortSignal }

/** Null where there is no second place. An upload in parts is written down at once, each time that it changes. */
export function copierTo({ storage, store, clock, signal }: CopyParts): CopyAway | null {
  if (storage === undefined || storage.kind === 'local') return null;
  return async (row, mp3) => {
    let known = row.upload;
    const remember = (upload: string | null): void => {
      if (upload === known) return;
      store.patch(row.id, { upload }, clock.now());
      known = upload;
    };
    return await storage.put({ row, ...mp3, remember }, signal);
  };
}

/**
 * The step between verification and hand-over: the MP3 into the storage, and its place there into the manifest. A storage that is down is the
 * world's fault: the row waits, its MP3 and its WAV stay, and the upload goes on where it was. An upload takes its time: what is known is written down before it.
 */
export async function storeAway(trip: Trip, mp3: Pick<StoreAway, 'path' | 'bytes' | 'sha256'>): Promise<void> {
  const { copyAway } = trip.desk;
  if (copyAway === null) return;
  await save(trip, {});
  const stored = await copyAway(trip.row, mp3);
  trip.row = { ...trip.row, upload: null };
  if (stored !== trip.row.stored) await save(trip, { stored });
}
