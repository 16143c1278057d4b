/** A spool as `callme serve` has it: the real worker over a real store in a file, the facts and deliveries of the app, a bucket where one is given. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { onRecordingReady } from '../../../app/spooling.ts';
import type { Fact } from '../../../core/facts.ts';
import type { Delivery, Log, RecordingRow, Store } from '../../../core/ports.ts';
import { callKey, DEFAULT_TENANT, factId, instant, type AccountId, type Linkedid, type RecordingId } from '../../../core/words.ts';
import { createRetention } from '../../../recordings/retention-service.ts';
import type { Bucket } from '../../../recordings/storage/bucket.ts';
import { storageIn } from '../../../recordings/storage/in-bucket.ts';
import { openBucket } from '../../../recordings/storage/s3.ts';
import { localStorage, type Storage } from '../../../recordings/storage/storage.ts';
import { createRecordingWorker } from '../../../recordings/worker.ts';
import { openStore } from '../../../store/open.ts';
import { FILE, MAIN } from '../../fakes/spool.ts';
import { boundary } from './mortal.ts';

export interface WorkOptions {
  readonly folder: string;
  readonly channels?: 'mono' | 'stereo';
  readonly lame?: string;
  readonly maxFailures?: number;
  readonly keepWavDays?: number;
  readonly bucket?: { readonly endpoint: string; readonly partBytes: number };
  /** Milliseconds that the clock is ahead: what rests is due then. */
  readonly later?: number;
  /** `settled`: works until the recording is where it should be. `warned`: until it complains (a disk is full). `purged`: lets retention work instead. */
  readonly until: 'settled' | 'warned' | 'purged';
  /** Days after which retention lets the MP3 here go because the bucket has it; not given = after a day all of it goes. */
  readonly keepLocalDays?: number;
  /** An operator's `spool retry` before the start. */
  readonly retry?: boolean;
}

export const LINKEDID = '1790.17' as Linkedid;
const CALL = callKey(MAIN, LINKEDID);
export const ID = `${MAIN}/${FILE}` as RecordingId;
const ACCOUNT = 'b24' as AccountId;
const DEADLINE_MS = 30_000;

export const recordingsIn = (folder: string): string => path.join(folder, 'continuous');
const open = (folder: string): Store => openStore({ url: 'sqlite:callme.db', dataDir: path.join(folder, 'data'), tenant: DEFAULT_TENANT });

/** The call is over, and its file is announced. */
export function seed(folder: string, bytesClaimed: number, change: Partial<RecordingRow> = {}): void {
  const store = open(folder);
  const at = instant(Date.now() - 60_000);
  const ended: Fact = {
    kind: 'call-ended', id: factId(CALL, 'ended'), pbx: MAIN, call: CALL, linkedid: LINKEDID, at, certain: true, source: 'live', because: { event: 'leg-closed', leg: null, word: '' },
    direction: 'inbound', client: { number: '79161234567', name: '' }, line: '500', startedAt: at, callId: '', caller: null, outcome: 'answered', owner: null, answeredAt: at,
    talkSeconds: 3, ringSeconds: 1, handOvers: [], talked: [], rang: [], dialStatus: '', rule: '', hangupCause: 16,
  };
  const row = { id: ID, pbx: MAIN, call: CALL, file: FILE, bytesClaimed, certain: true, pauses: [], talked: [] };
  store.journal.commit({ at, pbx: MAIN, keep: [], forget: [], facts: [ended], deliveries: [], recordings: [row], notes: [] });
  if (Object.keys(change).length > 0) store.recordings.patch(ID, change, at);
  store.close();
}

export interface Kept { readonly row: RecordingRow; readonly ready: readonly Fact[]; readonly deliveries: readonly Delivery[] }
/** What the store says of the recording. */
export function keptIn(folder: string): Kept {
  const store = open(folder);
  try {
    const row = store.recordings.get(ID);
    if (row === null) throw new Error('the row is gone');
    return { row, ready: store.journal.facts(CALL).filter(({ kind }) => kind === 'recording-ready'), deliveries: store.deliveries.list({ call: CALL, limit: 100 }) };
  } finally {
    store.close();
  }
}

/** Every word to the bucket is a boundary, too. */
function mortalBucket(endpoint: string): Bucket {
  const bucket = openBucket({ endpoint, region: 'us-east-1', bucket: 'calls', prefix: '', accessKeyId: 'id', secretAccessKey: 'secret', pathStyle: true });
  return {
    ...bucket,
    put: boundary('bucket put', (...words: Parameters<Bucket['put']>) => bucket.put(...words)),
    begin: boundary('bucket begin', (...words: Parameters<Bucket['begin']>) => bucket.begin(...words)),
    send: boundary('bucket send', (...words: Parameters<Bucket['send']>) => bucket.send(...words)),
    finish: boundary('bucket finish', (...words: Parameters<Bucket['finish']>) => bucket.finish(...words)),
    abandon: boundary('bucket abandon', (...words: Parameters<Bucket['abandon']>) => bucket.abandon(...words)),
    remove: boundary('bucket remove', (...words: Parameters<Bucket['remove']>) => bucket.remove(...words)),
  };
}

const SETTLED = new Set(['uploaded', 'told', 'empty', 'broken']);

/** Rejects when it has not come to its end within half a minute. */
export async function work(options: WorkOptions): Promise<void> {
  const { folder, bucket, until, later = 0 } = options;
  const clock = { now: () => instant(Date.now() + later) };
  const [warned, log] = listening();
  const store = open(folder);
  if (options.retry === true) store.recordings.retry(ID, clock.now());
  const storage: Storage = bucket === undefined ? localStorage : storageIn(mortalBucket(bucket.endpoint), { prefix: '', keepLocalDays: 30, partBytes: bucket.partBytes }, { clock, log });
  try {
    if (until === 'purged') await purge(store, storage, { ...options, clock, log });
    else await encode(store, storage, { ...options, clock, log, warned });
  } finally {
    storage.close();
    store.close();
  }
}

/** What the daily retention does besides: ends uploads that nobody goes on with, which are two days old then. */
export async function tidy({ endpoint }: { readonly endpoint: string }, later: number): Promise<number> {
  const [, log] = listening();
  const storage = storageIn(mortalBucket(endpoint), { prefix: '', keepLocalDays: 30 }, { clock: { now: () => instant(Date.now() + later) }, log });
  return storage.tidy(new AbortController().signal);
}

interface Around { readonly folder: string; readonly clock: { now(): ReturnType<typeof instant> }; readonly log: Log }

async function purge(store: Store, storage: Storage, { folder, clock, log, keepLocalDays }: WorkOptions & Around): Promise<void> {
  const policy = { keepMp3Days: keepLocalDays === undefined ? 1 : 0, lines: [], maxGb: 0, purgeUntoldDays: 0, keepLocalDays: keepLocalDays ?? null };
  const retention = createRetention({ store: store.recordings, folders: new Map([[MAIN, recordingsIn(folder)]]), storage, clock, log, policy, toldTo: () => [], lineOf: () => '' });
  await retention.makeRoom();
  await retention.stop(DEADLINE_MS);
}

async function encode(store: Store, storage: Storage, { warned, ...options }: WorkOptions & Around & { readonly warned: () => boolean }): Promise<void> {
  const { folder, clock, log, until, keepWavDays = 0, ...more } = options;
  const data = path.join(folder, 'data', 'recordings');
  const worker = createRecordingWorker({
    store: store.recordings, folders: new Map([[MAIN, recordingsIn(folder)]]), clock, log, storage, recorderGone: () => true,
    settings: { bitrateKbps: 64, keepWavDays, minFreeMb: 0, fallbackFolder: data, encoders: 1, channels: more.channels, lame: more.lame, maxFailures: more.maxFailures },
    onReady: onRecordingReady({ store, clock, planOf: () => ({ accounts: [ACCOUNT], lines: [], internal: false }), onFacts: () => undefined }),
  });
  await worker.start();
  await eventually(() => (until === 'warned' && warned()) || isOver(store, options, warned));
  await worker.stop(DEADLINE_MS);
}

/** It rests, or it is where it should be and what may go has gone (or may not: there is a warning). */
function isOver({ recordings }: Store, { folder, keepWavDays = 0, clock }: WorkOptions & Around, warned: () => boolean): boolean {
  const row = recordings.get(ID);
  if (row === null) throw new Error('the row is gone');
  if (row.state === 'broken') return true;
  if (SETTLED.has(row.state)) return keepWavDays > 0 || warned() || !existsSync(path.join(recordingsIn(folder), FILE));
  return row.notBefore > clock.now();
}

async function eventually(holds: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error('the worker has not come to an end');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function listening(): readonly [() => boolean, Log] {
  let warnings = 0;
  const quiet = (): void => undefined;
  const warn = (): void => { warnings += 1; };
  const log: Log = { debug: quiet, info: quiet, warn, error: warn, child: () => log };
  return [() => warnings > 0, log];
}
