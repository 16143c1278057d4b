/**
 * Deletes what the plan allows. The manifest says so first (`purged`, with reason and time) and keeps the places of the files until they are gone:
 * a crash in between leaves a row that the next run finishes, never a row that claims a file which is not there.
 */
import { rm, stat } from 'node:fs/promises';
import type { Clock, Log, RecordingRow, RecordingStore } from '../core/ports.ts';
import type { PbxId } from '../core/words.ts';
import { sentence } from './errors.ts';
import { allRows, isVerified } from './manifest.ts';
import { wavIn } from './paths.ts';
import { purgeWav } from './purge.ts';
import type { Going } from './retention.ts';
import type { Storage } from './storage/storage.ts';

export interface PurgeTools {
  readonly store: RecordingStore;
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}
/** `gone`: the files are gone; `later`: the manifest says purged and a file could not be removed yet; `kept`: it must not go any more. */
export type Purged = 'gone' | 'later' | 'kept';

export async function purgeRecording(going: Going, tools: PurgeTools): Promise<Purged> {
  tools.signal.throwIfAborted();
  const { store, clock } = tools;
  const row = store.get(going.row.id);
  // Since the plan was made: an operator may hold it, a repair may have begun.
  if (row === null || !isVerified(row) || (going.rule !== 'local' && row.hold !== '')) return 'kept';
  if (going.rule === 'local') return dropLocal(row, tools);
  const wav = wavOf(row, tools);
  if (wav !== null && row.mp3 !== null) await purgeWav({ row, wav, encoded: null, rows: store }, tools.log);
  store.patch(row.id, { state: 'purged', reason: going.why, purgedAt: clock.now(), upload: null }, clock.now());
  return finish(store.get(row.id) ?? row, tools);
}

const wavOf = (row: RecordingRow, { folders }: PurgeTools): string | null => wavIn(folders.get(row.pbx) ?? '/', row.file);

/** The MP3 here goes once the bucket was asked again, and its WAV is gone: the MP3 is what lets a WAV go. */
async function dropLocal(row: RecordingRow, tools: PurgeTools): Promise<Purged> {
  const { store, clock, storage, signal, log } = tools;
  const wav = wavOf(row, tools);
  if (row.mp3 === null || row.stored === null || (wav !== null && await exists(wav))) return 'kept';
  const copy = await storage.look(row.stored, signal);
  if (copy?.bytes !== row.bytes || (copy.sha256 !== '' && copy.sha256 !== row.sha256)) {
    log.error({ recording: row.id }, 'the bucket does not have what the manifest says: the MP3 here stays, see "callme spool check"');
    return 'kept';
  }
  // The manifest first: a file that nobody names costs space, a name without a file looks like a loss.
  store.patch(row.id, { mp3: null }, clock.now());
  return await removeFile(row.mp3, tools) ? 'gone' : 'later';
}

/** Goes on with rows that are purged and whose files are still there. Resolves to how many were finished. */
export async function finishPurges(tools: PurgeTools): Promise<number> {
  let finished = 0;
  for (const row of allRows(tools.store)) {
    if (row.state !== 'purged' || (row.mp3 === null && row.stored === null)) continue;
    tools.signal.throwIfAborted();
    if (await finish(row, tools) === 'gone') finished += 1;
  }
  return finished;
}

async function finish(row: RecordingRow, tools: PurgeTools): Promise<Purged> {
  const { store, storage, clock, signal, log } = tools;
  const local = row.mp3 === null || await removeFile(row.mp3, tools);
  const away = row.stored === null || await storage.remove(row.stored, signal).then(() => storage.kind !== 'local', (error: unknown) => {
    log.warn({ recording: row.id, reason: sentence(error) }, 'the copy in the bucket could not be removed yet');
    return false;
  });
  store.patch(row.id, { ...(local ? { mp3: null } : {}), ...(away ? { stored: null } : {}) }, clock.now());
  return local && away ? 'gone' : 'later';
}

function removeFile(file: string, { log }: PurgeTools): Promise<boolean> {
  return rm(file, { force: true }).then(() => true, (error: unknown) => {
    log.warn({ file, reason: sentence(error) }, 'an MP3 could not be removed yet');
    return false;
  });
}

const exists = (file: string): Promise<boolean> => stat(file).then(() => true, () => false);
