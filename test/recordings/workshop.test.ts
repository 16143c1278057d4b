/** The spool in its own thread, as `callme serve` has it: what goes to and fro, and what happens when either side fails. */
import t from 'tap';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { RecordingRow, RecordingStore } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { RecordingError } from '../../recordings/errors.ts';
import { localStorage } from '../../recordings/storage/storage.ts';
import { createRecordingWorker, type RecordingWorker, type RecordingWorkerParts } from '../../recordings/worker.ts';
import { errorOf, failureOf } from '../../recordings/workshop-words.ts';
import { fakeLame } from '../fakes/lame.ts';
import { appOnReady, FILE, filesBelow, listeningLog, MAIN, MP3, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { putFile, wavBytes, wavHeader } from '../fakes/wav.ts';

const now = { now: () => instant(Date.now()) };
const LIMIT_MS = 10_000;
interface Scene { readonly spool: Spool; readonly store: MemoryRecordings; readonly row: RecordingRow; readonly log: ReturnType<typeof listeningLog>; readonly worker: (given?: Partial<RecordingWorkerParts>) => RecordingWorker }

function scene(folder: string, wav = wavBytes({ seconds: 3 }), change: Partial<RecordingRow> = {}): Scene {
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  putFile(spool.folder, FILE, wav, 600_000);
  const row = recordingRow('main', FILE, { bytesClaimed: wav.length, ...change });
  const [store, log] = [memoryRecordings(row), listeningLog()];
  const worker: Scene['worker'] = (given = {}) => createRecordingWorker({ store, folders: new Map([[MAIN, spool.folder]]), settings: spool.settings, clock: now, log, onReady: appOnReady(store), ...given });
  return { spool, store, row, log, worker };
}

t.test('a recording is worked off in another thread; its store, its log and its hand-over stay here', async (t) => {
  const { store, spool, row, log, worker } = scene(t.testdir(), wavBytes({ seconds: 3, declared: 0, riff: 0 }), { certain: false });
  const asked: string[] = [];
  const service = worker({ recorderGone: ({ id }) => { asked.push(id); return true; } });
  await service.start();
  t.match(await store.until(row.id, ({ state }) => state === 'uploaded'), { channels: 'mono', silenceSeconds: 0.5, attempts: 0 });
  await service.stop(LIMIT_MS);
  t.same(asked, [row.id], 'asked before anybody looks at the file');
  t.same(filesBelow(spool.folder), [MP3]);
  t.equal(store.facts.size, 1);
  t.match(log.said.find(({ message }) => message === 'recording is ready'), { level: 'info', fields: { recording: row.id, seconds: 3 } });
  t.ok(log.said.some(({ message }) => message.startsWith('the header of the WAV was wrong')));
});

t.test('a recorder that may still write is believed; a clock that is ahead is ahead there, too', async (t) => {
  const { store, row, worker } = scene(t.testdir(), wavBytes({ seconds: 3, declared: 0, riff: 0 }), { certain: false });
  const ahead = 3_600_000;
  const service = worker({ recorderGone: () => false, clock: { now: () => instant(Date.now() + ahead) } });
  await service.start();
  const waits = await store.until(row.id, ({ reason }) => reason !== '');
  t.match(waits, { state: 'closed', reason: /may still be writing/ });
  t.ok(waits.notBefore > Date.now() + ahead);
  await service.stop(LIMIT_MS);
});

t.test('a recorder that is found gone a moment later is not waited for a minute', async (t) => {
  const { store, row, worker } = scene(t.testdir(), wavBytes({ seconds: 3, declared: 0, riff: 0 }), { certain: false, createdAt: instant(Date.now()) });
  let asked = 0;
  // As while the link to a PBX that has just come back is still being read in.
  const service = worker({ recorderGone: () => { asked += 1; return asked > 1; }, random: undefined });
  await service.start();
  const waits = await store.until(row.id, ({ reason }) => reason !== '');
  t.ok(waits.notBefore - Date.now() <= 3_000, 'seconds');
  store.patch(row.id, { notBefore: instant(0) }, instant(0));
  service.wake();
  t.match(await store.until(row.id, ({ state }) => state === 'uploaded'), { attempts: 0 });
  await service.stop(LIMIT_MS);
});

t.test('a second place, and room on the disk: asked for there, done here', async (t) => {
  const { store, row, spool, worker } = scene(t.testdir());
  mkdirSync(spool.data, { recursive: true });
  const puts: string[] = [];
  const rooms: string[] = [];
  const storage = { ...localStorage, kind: 's3' as const, put: (file: { readonly path: string; readonly remember: (upload: string | null) => void }): Promise<string> => {
    file.remember('{"part":1}');
    t.match(store.get(row.id), { state: 'encoded', upload: '{"part":1}', sha256: /^[0-9a-f]{64}$/ }, 'what is known is written down before a long upload');
    file.remember(null);
    puts.push(file.path);
    return puts.length === 1 ? Promise.reject(new RecordingError('STORAGE_DOWN', 'no bucket')) : Promise.resolve('s3://b/k');
  } };
  const makeRoom = (folder: string): Promise<() => void> => { rooms.push(folder); return Promise.resolve(() => undefined); };
  const service = worker({ storage, makeRoom, settings: { ...spool.settings, minFreeMb: Number.MAX_SAFE_INTEGER } });
  await service.start();
  t.match(await store.until(row.id, ({ reason }) => reason !== ''), { state: 'encoded', attempts: 0, reason: 'no bucket' }, 'the world is to blame, there as here');
  store.patch(row.id, { notBefore: instant(0) }, instant(0));
  service.wake();
  t.match(await store.until(row.id, ({ state }) => state === 'uploaded'), { stored: 's3://b/k', upload: null });
  await service.stop(LIMIT_MS);
  t.same([puts, rooms], [[path.join(spool.folder, MP3), path.join(spool.folder, MP3)], [path.dirname(path.join(spool.folder, MP3))]]);
});

t.test('a store that fails makes the row rest, and the thread goes on', async (t) => {
  const { store, row, log, worker } = scene(t.testdir());
  const dead: RecordingStore = { ...store, together: () => { throw new Error('database or disk is full'); } };
  const service = worker({ store: dead });
  await service.start();
  await new Promise<void>((resolve) => {
    const look = (): void => { if (log.said.some(({ level }) => level === 'error')) resolve(); else setImmediate(look); };
    look();
  });
  await service.stop(LIMIT_MS);
  t.match(log.said.filter(({ level }) => level === 'error'), [{ fields: { recording: row.id, reason: 'database or disk is full' } }]);
  t.equal(store.get(row.id)?.state, 'closed');
});

t.test('stop kills what runs; it starts again with another thread', async (t) => {
  const folder = t.testdir();
  const { spool, store, row, worker } = scene(folder);
  const hanging = { ...spool.settings, lame: fakeLame(folder, 'slow') };
  const first = worker({ settings: hanging });
  await first.start();
  await new Promise<void>((resolve) => {
    const look = (): void => { if (filesBelow(spool.folder).some((file) => file.endsWith('.part'))) resolve(); else setImmediate(look); };
    look();
  });
  await first.stop(LIMIT_MS);
  t.match(store.get(row.id), { state: 'closed', attempts: 0 });
  t.same(filesBelow(spool.folder), [FILE]);
  const second = worker();
  await second.start();
  await second.stop(LIMIT_MS);
  await second.start();
  await store.until(row.id, ({ state }) => state === 'uploaded');
  await second.stop(LIMIT_MS);
});

t.test('leftovers: batch by batch, the open ones where their channel is gone', async (t) => {
  const { spool, worker } = scene(t.testdir());
  for (let index = 0; index < 250; index += 1) putFile(spool.folder, `2026/11/21/call-1.${index}.wav`, wavHeader(0), 600_000);
  putFile(spool.folder, '2026/11/22/call-2.1.wav', wavBytes({ declared: 0, riff: 0 }), 600_000);
  const service = worker();
  const ask = { now: now.now(), signal: new AbortController().signal, channelGone: (_file: string, linkedid: string): boolean => linkedid !== '2.1' };
  const batches: number[] = [];
  const files = new Set<string>();
  for await (const batch of service.leftovers(spool.folder, ask)) { batches.push(batch.length); for (const { file } of batch) files.add(file); }
  t.same([batches, files.size], [[200, 51], 251]);
  t.notOk(files.has('2026/11/22/call-2.1.wav'));
  const stopping = new AbortController();
  await t.rejects(async () => { for await (const batch of service.leftovers(spool.folder, { ...ask, signal: stopping.signal })) { t.equal(batch.length, 200); stopping.abort(); } }, { name: 'AbortError' });
  for await (const batch of service.leftovers(spool.folder, ask)) { t.equal(batch.length, 200, 'who has enough goes'); break; }
  for await (const batch of service.leftovers(`${spool.folder}/none`, ask)) t.fail(`${batch.length} where nothing is`);
  await service.stop(LIMIT_MS);
  await service.stop(LIMIT_MS);
  await t.rejects(service.leftovers(spool.folder, ask).next(), { code: 'STOPPED' }, 'a closed workshop starts no thread that nobody would end');
});

t.test('a row that is still under way at the deadline of the stop is left as it is, and taken up again', async (t) => {
  const { store, row, log, worker } = scene(t.testdir());
  let begun = (): void => undefined;
  const looked = new Promise<void>((resolve) => { begun = resolve; });
  const storage = { ...localStorage, kind: 's3' as const, put: (): Promise<never> => { begun(); return new Promise(() => undefined); } };
  const service = worker({ storage });
  await service.start();
  await looked;
  await service.stop(0);
  t.same(log.said.filter(({ level }) => level === 'error' || level === 'warn'), []);
  t.match(store.get(row.id), { state: 'encoded', attempts: 0 });
  const next = worker();
  await next.start();
  await store.until(row.id, ({ state }) => state === 'uploaded');
  await next.stop(LIMIT_MS);
});

t.test('errors arrive as what they are', (t) => {
  const system = Object.assign(new Error('EIO: no'), { code: 'EIO', syscall: 'open' });
  t.match(errorOf(failureOf(system)), { message: 'EIO: no', code: 'EIO', syscall: 'open' });
  t.ok(errorOf(failureOf(new RecordingError('DISK_FULL', 'full'))) instanceof RecordingError);
  const plain = errorOf(failureOf(new TypeError('a bug')));
  t.match(plain, { name: 'TypeError', message: 'a bug' });
  t.notOk('syscall' in plain || 'code' in plain, 'a bug stays a bug: nobody tries it again as a refusal of the system');
  t.match(errorOf(failureOf('words')), { message: 'words' });
  t.end();
});
