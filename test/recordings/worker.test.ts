import t from 'tap';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordingStore } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { realTimers, type Timers } from '../../recordings/lame.ts';
import { createRecordingWorker, type RecordingWorker, type RecordingWorkerParts } from '../../recordings/worker.ts';
import { fakeLame } from '../fakes/lame.ts';
import { appOnReady, filesBelow, listeningLog, MAIN, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { mp3Bytes, putFile, wavBytes, wavHeader } from '../fakes/wav.ts';

const named = (number: number): string => `2026/11/20/call-1790.${number}.wav`;

function workerOn(spool: Spool, store: RecordingStore, given: Partial<RecordingWorkerParts> = {}): RecordingWorker {
  return createRecordingWorker({
    store, folders: new Map([[MAIN, spool.folder]]), settings: spool.settings, clock: { now: () => instant(Date.now()) }, log: listeningLog(),
    onReady: appOnReady(store), random: () => 1, ...given,
  });
}
function filled(folder: string, count: number): { spool: Spool; store: MemoryRecordings; ids: readonly ReturnType<typeof recordingRow>['id'][] } {
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  const rows = Array.from({ length: count }, (_, number) => recordingRow('main', named(number), { bytesClaimed: putFile(spool.folder, named(number), wavBytes({ seconds: 1 + number / 10 })).length }));
  return { spool, store: memoryRecordings(...rows.map((row) => ({ ...row, bytesClaimed: 16_044 }))), ids: rows.map((row) => row.id) };
}

t.test('works off all that is due, a few at a time', async (t) => {
  const { spool, store, ids } = filled(t.testdir(), 8);
  let [running, most] = [0, 0];
  const timers: Timers = { after: (milliseconds, then) => {
    // Only lame's deadlines are of this length: they are set and cancelled with each run.
    if (milliseconds < 60_100 || milliseconds > 70_000) return realTimers.after(milliseconds, then);
    running += 1;
    most = Math.max(most, running);
    const cancel = realTimers.after(milliseconds, then);
    return () => { running -= 1; cancel(); };
  } };
  const worker = workerOn(spool, store, { timers });
  await worker.start();
  await Promise.all(ids.map((id) => store.until(id, (row) => row.state === 'uploaded')));
  await worker.stop(5000);
  t.same(filesBelow(spool.folder), ids.map((_, number) => named(number).replace('.wav', '.mp3')));
  t.equal(store.facts.size, 8);
  t.equal(most, 2, 'as many encoders as asked for');
});

t.test('wake() takes up a new row; start and stop may be called twice, and it starts again', async (t) => {
  const { spool, store } = filled(t.testdir(), 0);
  const worker = workerOn(spool, store);
  await worker.start();
  await worker.start();
  for (const number of [1, 2]) {
    const row = recordingRow('main', named(number), { bytesClaimed: 16_044 });
    putFile(spool.folder, named(number), wavBytes());
    store.put(row);
    worker.wake();
    await store.until(row.id, ({ state }) => state === 'uploaded');
    await worker.stop(5000);
    await worker.stop(5000);
    worker.wake();
    await worker.start();
  }
  await worker.stop(5000);
  t.same(filesBelow(spool.folder), [named(1).replace('.wav', '.mp3'), named(2).replace('.wav', '.mp3')]);
});

t.test('a deferred row is taken up by the timer when its time has come', async (t) => {
  const { spool, store, ids } = filled(t.testdir(), 1);
  const [id] = ids;
  if (id === undefined) { t.fail('no row'); return; }
  let now = 1_000_000;
  store.patch(id, { notBefore: instant(now + 20_000) }, instant(now));
  const waits: { readonly milliseconds: number; readonly then: () => void }[] = [];
  const timers: Timers = { after: (milliseconds, then) => {
    if (milliseconds <= 60_000) waits.push({ milliseconds, then });
    return () => undefined;
  } };
  const worker = workerOn(spool, store, { clock: { now: () => instant(now) }, timers });
  await worker.start();
  const wait = waits.find(({ milliseconds }) => milliseconds === 20_000);
  t.ok(wait, 'it sleeps just as long');
  now += 20_000;
  wait?.then();
  t.match(await store.until(id, ({ state }) => state === 'uploaded'), { attempts: 0 });
  await worker.stop(5000);
});

t.test('stop kills the encoder, counts nothing against the recording, and the next worker finishes it', async (t) => {
  const folder = t.testdir();
  const { spool, store, ids } = filled(folder, 1);
  const [id] = ids;
  if (id === undefined) { t.fail('no row'); return; }
  const hanging = { ...spool, settings: { ...spool.settings, lame: fakeLame(folder, 'hang') } };
  let started = (): void => undefined;
  const lameRuns = new Promise<void>((resolve) => { started = resolve; });
  const timers: Timers = { after: (milliseconds, then) => { if (milliseconds === 60_100) started(); return realTimers.after(milliseconds, then); } };
  const first = workerOn(hanging, store, { timers });
  await first.start();
  await lameRuns;
  await first.stop(5000);
  t.match(store.get(id), { state: 'closed', attempts: 0 });
  t.same(filesBelow(spool.folder), [named(0)]);
  const second = workerOn(spool, store);
  await second.start();
  await store.until(id, ({ state }) => state === 'uploaded');
  await second.stop(5000);
});

t.test('a store that throws makes no busy loop', async (t) => {
  const { spool, store, ids } = filled(t.testdir(), 1);
  const log = listeningLog();
  let asked = 0;
  const dead: RecordingStore = { ...store, due: (now, limit) => { asked += 1; return store.due(now, limit); }, patch: () => { throw new Error('database or disk is full'); } };
  const worker = workerOn(spool, dead, { log });
  await worker.start();
  await new Promise<void>((resolve) => {
    const look = (): void => { if (log.said.some(({ level }) => level === 'error')) resolve(); else setImmediate(look); };
    look();
  });
  for (let turn = 0; turn < 20; turn += 1) worker.wake();
  await worker.stop(5000);
  t.equal(log.said.filter(({ level }) => level === 'error').length, 1, 'the row rests');
  t.ok(asked < 30);
  t.equal(store.get(ids[0] as never)?.state, 'closed');
  const deaf = workerOn(spool, { ...store, due: () => { throw new Error('database is locked'); } }, { log });
  await deaf.start();
  await deaf.stop(5000);
  t.ok(log.said.some(({ message }) => message.includes('the store of recordings failed')));
});

t.test('the sweep at the start: .part files, WAVs whose MP3 was handed over, and nothing else', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  const put = (number: number, bytes = wavBytes(), ageMs = 60_000): string => putFile(spool.folder, named(number), bytes, ageMs);
  const mp3 = (number: number): string => putFile(spool.folder, named(number).replace('.wav', '.mp3'), mp3Bytes(1));
  const handed = { state: 'uploaded', seconds: 1, bytes: mp3Bytes(1).length, sha256: 'x' } as const;
  const rows = [
    recordingRow('main', named(1), { ...handed, mp3: mp3(1) }), recordingRow('main', named(2), { ...handed, mp3: mp3(2), bytes: 5 }),
    recordingRow('main', named(3), { ...handed, mp3: path.join(folder, 'none.mp3') }), recordingRow('main', named(4), { state: 'broken' }),
    recordingRow('main', named(5), { state: 'empty' }), recordingRow('main', named(6), { state: 'empty' }), recordingRow('main', named(7), { ...handed, state: 'told', mp3: mp3(7) }),
    recordingRow('main', named(9), { ...handed, mp3: mp3(9), createdAt: instant(Date.now()) }),
  ];
  for (const number of [1, 2, 3, 4, 8, 9]) put(number);
  put(5, wavHeader(0));
  put(6, wavHeader(0, { declared: 5 }));
  put(7, wavBytes(), -60_000);
  writeFileSync(path.join(spool.folder, named(7)), wavBytes({ seconds: 3 }));
  putFile(spool.folder, '2026/11/20/call-1790.1.mp3.part', Buffer.alloc(9));
  putFile(spool.folder, '2026/11/20/notes.txt', Buffer.alloc(9));
  putFile(spool.data, 'main/2026/11/20/call-1790.2.mp3.part', Buffer.alloc(9));
  putFile(spool.folder, 'elsewhere/call-1.mp3.part', Buffer.alloc(9));
  const store = memoryRecordings(...rows);
  const log = listeningLog();
  const worker = workerOn({ ...spool, settings: { ...spool.settings, keepWavDays: 1 } }, store, { log });
  await worker.start();
  await new Promise<void>((resolve) => {
    const look = (): void => { if (log.said.some(({ message }) => message === 'leftovers removed')) resolve(); else setImmediate(look); };
    look();
  });
  await worker.stop(5000);
  t.match(log.said.filter(({ message }) => message === 'leftovers removed'), [{ fields: { partFiles: 2, wavs: 2 } }]);
  const wavs = filesBelow(spool.folder).filter((file) => file.endsWith('.wav'));
  t.same(wavs, [2, 3, 4, 6, 7, 8, 9].map(named), 'gone: the one with a whole MP3 (1) and the one that is all header (5)');
  t.ok(filesBelow(spool.folder).includes('elsewhere/call-1.mp3.part'), 'not ours');
  t.same(filesBelow(spool.data), []);
});

t.test('low disk space is said once, and encoding goes on', async (t) => {
  const { spool, store, ids } = filled(t.testdir(), 1);
  mkdirSync(spool.data, { recursive: true });
  const log = listeningLog();
  const asked: string[] = [];
  const makeRoom = (folder: string): Promise<void> => { asked.push(folder); return Promise.resolve(); };
  const worker = workerOn({ ...spool, settings: { ...spool.settings, minFreeMb: Number.MAX_SAFE_INTEGER } }, store, { log, makeRoom });
  await worker.start();
  await store.until(ids[0] as never, ({ state }) => state === 'uploaded');
  await worker.stop(5000);
  t.same(asked, [path.join(spool.folder, '2026/11/20')], 'what policy allows to go goes first');
  t.same(log.said.filter(({ message }) => message.includes('disk space runs low')).map(({ fields }) => fields['folder']), [spool.folder, spool.data]);
});

