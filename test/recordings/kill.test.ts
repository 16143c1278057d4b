/**
 * `kill -9` at each boundary: a process that dies writes nothing more, so it is a store that throws for ever from one write on (before
 * or after that write took effect). A fresh worker must then find the sound exactly once, and nothing that is not verified may be gone.
 */
import t from 'tap';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordingStore } from '../../core/ports.ts';
import { workOff } from '../../recordings/job.ts';
import { inspectMp3, whyNotWhole } from '../../recordings/mp3.ts';
import { purgeWavs } from '../../recordings/sweep.ts';
import { fakeLame } from '../fakes/lame.ts';
import { appOnReady, deskOf, FILE, filesBelow, listeningLog, MAIN, MP3, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { putFile, wavBytes, type WavShape } from '../fakes/wav.ts';

const signal = new AbortController().signal;
/** A restart finds out by itself how far the MP3 came: the hand-over, and what is written down with it, is all. */
const WRITES = 2;
const killed = (): Error => new Error('killed');

/** Dies at its `step`-th write: before it took effect, or just after. */
function mortal(store: MemoryRecordings, step: number, when: 'before' | 'after'): RecordingStore {
  let writes = 0;
  const through = (write: () => void): void => {
    writes += 1;
    if (writes > step || (writes === step && when === 'before')) throw killed();
    write();
    if (writes === step) throw killed();
  };
  return { ...store, together: (work) => { work(); }, patch: (id, change, now) => through(() => store.patch(id, change, now)), ready: (id, change, fact, deliveries, now) => through(() => store.ready(id, change, fact, deliveries, now)) };
}

/** At no moment may the sound be in no whole file. */
async function soundIsThere(spool: Spool, wav: Buffer): Promise<boolean> {
  const file = path.join(spool.folder, FILE);
  if (existsSync(file)) return readFileSync(file).subarray(44).equals(wav.subarray(44));
  return inspectMp3(path.join(spool.folder, MP3), signal).then((mp3) => whyNotWhole(mp3, 3) === '', () => false);
}

async function restart(spool: Spool, store: MemoryRecordings): Promise<void> {
  for (const row of store.due(Number.MAX_SAFE_INTEGER as never, 10)) await workOff(row, deskOf(spool, store));
  await purgeWavs({ pbx: MAIN, folder: spool.folder, store, keepWavDays: 0, now: Date.now() as never, signal, log: listeningLog() });
}

const shapes: readonly (readonly [string, WavShape])[] = [['a true header', {}], ['an open header', { declared: 0, riff: 0 }]];
for (const [what, shape] of shapes) {
  t.test(`killed at each write, ${what}`, async (t) => {
    for (const when of ['before', 'after'] as const) {
      for (let step = 1; step <= WRITES; step += 1) {
        const folder = t.testdir();
        const lame = fakeLame(folder, 'honest');
        const spool = spoolIn(folder, lame);
        const wav = wavBytes({ seconds: 3, ...shape });
        putFile(spool.folder, FILE, wav, 60_000);
        const row = recordingRow('main', FILE, { bytesClaimed: wav.length });
        const store = memoryRecordings(row);
        const dying = mortal(store, step, when);
        await t.rejects(workOff(row, deskOf(spool, dying, { onReady: appOnReady(dying) })), { message: 'killed' }, `${when} write ${step}`);
        t.equal(await soundIsThere(spool, wav), true, 'the sound is there when it dies');
        await restart(spool, store);
        t.match(store.get(row.id), { state: 'uploaded', seconds: 3, attempts: 0 });
        t.same(filesBelow(spool.folder), [MP3], 'the sound is there exactly once');
        t.equal(store.facts.size, 1, 'and told once');
        t.equal(readFileSync(`${lame}.runs`, 'latin1').trim().split('\n').length, 1, 'lame ran once');
        await restart(spool, store);
        t.same(filesBelow(spool.folder), [MP3], 'another restart changes nothing');
        t.equal(store.facts.size, 1);
      }
    }
  });
}

t.test('there are two writes on the way, in one commit, no more: the loop above meets each', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  putFile(spool.folder, FILE, wavBytes({ seconds: 3 }));
  const row = recordingRow('main', FILE);
  const store = memoryRecordings(row);
  let commits = 0;
  const patient = { ...mortal(store, WRITES + 1, 'before'), together: (work: () => void) => { commits += 1; work(); } };
  await workOff(row, deskOf(spool, patient, { onReady: appOnReady(patient) }));
  t.same(store.history, ['uploaded']);
  t.equal(commits, 1);
});

t.test('killed while lame wrote: its leftover is not taken for the MP3', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  putFile(spool.folder, FILE, wavBytes({ seconds: 3 }));
  putFile(spool.folder, `${MP3}.part`, Buffer.alloc(1_000_000, 1));
  const row = recordingRow('main', FILE, { state: 'spooled' });
  const store = memoryRecordings(row);
  await restart(spool, store);
  t.match(store.get(row.id), { state: 'uploaded', seconds: 3 });
  t.same(filesBelow(spool.folder), [MP3]);
});
