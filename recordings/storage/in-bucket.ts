/** The storage that copies MP3s into a bucket. While the bucket is down, one try in half a minute is made and the other recordings wait without it. */
import type { Clock, Log } from '../../core/ports.ts';
import { RecordingError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import { openBucket, type S3Settings } from './s3.ts';
import type { Storage } from './storage.ts';
import { keyOf, upload } from './upload.ts';

export interface BucketTools { readonly clock: Clock; readonly log: Log }
export interface BucketSettings extends S3Settings {
  readonly keepLocalDays: number;
  /** Bytes of one part; a test makes it small. */
  readonly partBytes?: number | undefined;
}

const REST_MS = 30_000;
/** An upload that nobody went on with for two days is nobody's: ours rest an hour at most. */
const STALE_MS = 2 * 86_400_000;

export function s3Storage(settings: BucketSettings, tools: BucketTools): Storage {
  const bucket = openBucket(settings);
  return { ...storageIn(bucket, settings, tools), close: () => { bucket.close(); } };
}

/** The same over any bucket. */
export function storageIn(bucket: Bucket, settings: Pick<BucketSettings, 'prefix' | 'keepLocalDays' | 'partBytes'>, { clock, log }: BucketTools): Storage {
  let restsUntil = -Infinity;
  const place = (key: string): string => `s3://${bucket.name}/${key}`;
  const keyIn = (stored: string): string => {
    if (!stored.startsWith(place(''))) throw new RecordingError('STORAGE_REFUSED', `${stored} is in another bucket than storage.bucket names`);
    return stored.slice(place('').length);
  };
  return {
    kind: 's3', keepLocalDays: settings.keepLocalDays,
    async put(file, signal) {
      if (clock.now() < restsUntil) throw new RecordingError('STORAGE_DOWN', 'the bucket did not answer a moment ago');
      const key = keyOf(settings.prefix, file.row);
      try {
        await upload(bucket, key, file, signal, settings.partBytes);
        return place(key);
      } catch (error) {
        if (error instanceof RecordingError && error.code === 'STORAGE_DOWN') restsUntil = clock.now() + REST_MS;
        throw error;
      }
    },
    look: async (stored, signal) => bucket.look(keyIn(stored), signal),
    read: async (stored, range, signal) => bucket.read(keyIn(stored), range, signal),
    remove: async (stored, signal) => { await bucket.remove(keyIn(stored), signal); },
    async tidy(signal) {
      const stale = (await bucket.unfinished(signal)).filter(({ key, begunAt }) => key.startsWith(settings.prefix) && clock.now() - begunAt > STALE_MS);
      for (const { key, uploadId } of stale) await bucket.abandon(key, uploadId, signal);
      if (stale.length > 0) log.info({ uploads: stale.length }, 'uploads that nobody went on with were ended');
      return stale.length;
    },
    close: () => undefined,
  };
}
