import t from 'tap';
import { chmodSync, existsSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordingRow } from '../../core/ports.ts';
import { workOff } from '../../recordings/job.ts';
import { inspectMp3, whyNotWhole } from '../../recordings/mp3.ts';
import { fakeLame, withoutLame, type LameKind } from '../fakes/lame.ts';
import { appOnReady, deskOf, type DeskGiven, FILE, filesBelow, MP3, rowOf, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { mp3Bytes, putFile, wavBytes, wavHeader, type WavShape } from '../fakes/wav.ts';
import type { Desk } from '../../recordings/desk.ts';

interface Scene { readonly spool: Spool; readonly store: MemoryRecordings; readonly row: RecordingRow; readonly go: (given?: DeskGiven) => Promise<RecordingRow> }
interface Given { readonly bytes?: Buffer | null; readonly ageMs?: number; readonly row?: Partial<RecordingRow>; readonly lame?: LameKind | 'real'; readonly settings?: Partial<Spool['settings']> }

function scene(folder: string, given: Given = {}): Scene {
  const kind = given.lame ?? 'honest';
  const plain = spoolIn(folder, kind === 'real' ? 'lame' : fakeLame(folder, kind));
  const spool = { ...plain, settings: { ...plain.settings, ...given.settings } };
  const bytes = given.bytes === undefined ? wavBytes({ seconds: 3 }) : given.bytes;
  if (bytes === null) putFile(spool.folder, 'README', Buffer.alloc(0)); else putFile(spool.folder, FILE, bytes, given.ageMs);
  const row = recordingRow('main', FILE, { bytesClaimed: bytes?.length ?? 48_044, ...given.row });
  const store = memoryRecordings(row);
  return { spool, store, row, go: async (more = {}) => { await workOff(rowOf(store, row), deskOf(spool, store, more)); return rowOf(store, row); } };
}
const lying = (shape: WavShape): Buffer => wavBytes({ seconds: 3, ...shape });

t.test('a recording becomes a verified MP3, is handed over once, and then its WAV goes', async (t) => {
  const { spool, store, go } = scene(t.testdir());
  const row = await go();
  t.match(row, { state: 'uploaded', mp3: path.join(spool.folder, MP3), seconds: 3, attempts: 0, sha256: /^[0-9a-f]{64}$/ });
  t.same(filesBelow(spool.folder), [MP3]);
  t.match(row, { channels: 'mono', silenceSeconds: 0.5, reason: '' });
  t.same(store.history, ['uploaded'], 'one commit: a restart finds out by itself what is before it');
  t.equal(store.facts.size, 1);
});

t.test('with the real lame, whatever the header says', { skip: await withoutLame() }, async (t) => {
  const shapes: readonly (readonly [string, WavShape])[] = [
    ['true', {}], ['open', { declared: 0, riff: 0 }], ['too short', { declared: 1000 }], ['too long', { declared: 999_999 }],
    ['0xffffffff', { declared: 0xffff_ffff, riff: 0xffff_ffff }], ['odd tail', { declared: 0, riff: 0, tail: Buffer.from([9]) }],
  ];
  for (const [what, shape] of shapes) {
    const { spool, go } = scene(t.testdir(), { lame: 'real', bytes: lying(shape) });
    const row = await go();
    t.match(row, { state: 'uploaded', seconds: 3 }, what);
    t.equal(whyNotWhole(await inspectMp3(row.mp3 ?? '', new AbortController().signal), 3), '', what);
    t.same(filesBelow(spool.folder), [MP3], what);
  }
});

t.test('an encoder that lies or dies costs nothing but time: it is to blame, not the recording', async (t) => {
  const kinds: readonly (readonly [LameKind, RegExp])[] = [
    ['garbage', /not whole/], ['hollow', /lasts 0.22 s, the WAV 1.00 s/], ['mute', /silent in 1 s/], ['short', /lasts/], ['nothing', /no audio frame/],
    ['one', /ended with 1/], ['signal', /killed by SIGSEGV/],
  ];
  for (const [lame, reason] of kinds) {
    const { spool, store, go } = scene(t.testdir(), { lame });
    const row = await go();
    t.match(row, { state: 'spooled', attempts: 0, reason }, lame);
    t.match(row.reason, /does not even encode a tone/, lame);
    t.ok(row.notBefore > Date.now(), 'later');
    t.same(filesBelow(spool.folder), [FILE], `${lame}: the WAV is there and nothing else`);
    t.same(readFileSync(path.join(spool.folder, FILE)), wavBytes({ seconds: 3 }));
    t.equal(store.facts.size, 0);
  }
  const hang = scene(t.testdir(), { lame: 'hang' });
  const at = { after: (_ms: number, then: () => void) => { setImmediate(then); return () => undefined; } };
  t.match(await hang.go({ timers: at }), { state: 'spooled', attempts: 0, reason: /did not end within/ });
  t.same(filesBelow(hang.spool.folder), [FILE]);
});

t.test('an encoder that works for others but not for this recording: an attempt is counted', async (t) => {
  for (const [lame, reason] of [['picky', /not whole/], ['truncated', /cut off/]] as const) {
    const { spool, go } = scene(t.testdir(), { lame });
    t.match(await go(), { state: 'spooled', attempts: 1, reason }, lame);
    t.same(filesBelow(spool.folder), [FILE], lame);
  }
});

t.test('an encoder that is no program', async (t) => {
  const { spool, go } = scene(t.testdir());
  for (const [mode, reason] of [[0o755, /cannot be started|ended with/], [0o644, /lame is not there/]] as const) {
    const lame = path.join(spool.data, `lame-${mode}`);
    putFile(spool.data, path.basename(lame), Buffer.from([0, 1, 2, 3]));
    chmodSync(lame, mode);
    t.match(await go({ settings: { ...spool.settings, lame } }), { state: 'spooled', attempts: 0, reason }, mode.toString(8));
  }
  t.match(await go({ settings: { ...spool.settings, lame: spool.data } }), { attempts: 0, reason: /lame is not there/ }, 'a folder');
  t.same(filesBelow(spool.folder), [FILE]);
});

t.test('the last failure makes it broken, with its reason; a retry starts anew', async (t) => {
  const { spool, store, row, go } = scene(t.testdir(), { lame: 'picky', settings: { maxFailures: 3 } });
  for (const attempts of [1, 2]) t.match(await go(), { state: 'spooled', attempts });
  t.match(await go(), { state: 'broken', attempts: 3, reason: /not whole/ });
  t.same(filesBelow(spool.folder), [FILE]);
  store.retry(row.id, 0 as never);
  const settings = { ...spool.settings, lame: fakeLame(spool.folder, 'honest') };
  t.match(await go({ settings }), { state: 'uploaded' });
});

t.test('a missing lame is not the recording\'s fault', async (t) => {
  const { spool, go } = scene(t.testdir(), { settings: { lame: 'lame-that-nobody-has' } });
  for (let turn = 0; turn < 12; turn += 1) t.match(await go(), { state: 'spooled', attempts: 0, reason: /apt-get install lame/ });
  t.same(filesBelow(spool.folder), [FILE]);
});

t.test('a call without audio: its WAV goes only when all of it is header', async (t) => {
  const cases: readonly (readonly [string, Buffer, number, boolean])[] = [
    ['closed by Asterisk', wavHeader(0), 44, true], ['crashed in the first seconds', wavHeader(0, { riff: 0 }), 0, true],
    ['claims audio', wavHeader(0, { declared: 9 }), 44, false], ['a stub', wavHeader(0).subarray(0, 20), 20, false], ['zero length', Buffer.alloc(0), 0, false],
  ];
  for (const [what, bytes, bytesClaimed, goes] of cases) {
    const { spool, go } = scene(t.testdir(), { bytes, row: { bytesClaimed } });
    t.match(await go(), { state: 'empty', reason: /^no audio: \d+ bytes$/ }, what);
    t.same(filesBelow(spool.folder), goes ? [] : [FILE], what);
  }
  const kept = scene(t.testdir(), { bytes: wavHeader(0), settings: { keepWavDays: 7 } });
  await kept.go();
  t.same(filesBelow(kept.spool.folder), [FILE]);
});

t.test('shorter than the PBX counted: waits, then takes what there is, but silence is not it', async (t) => {
  const part = scene(t.testdir(), { row: { bytesClaimed: 999_999 }, settings: { maxFailures: 2 } });
  t.match(await part.go(), { state: 'closed', attempts: 1, reason: /has 48044 bytes, the PBX counted 999999/ });
  t.match(await part.go(), { state: 'uploaded', seconds: 3 });
  for (const bytes of [wavHeader(0), Buffer.alloc(0)]) {
    const gone = scene(t.testdir(), { bytes, row: { bytesClaimed: 999_999 }, settings: { maxFailures: 2 } });
    await gone.go();
    t.match(await gone.go(), { state: 'broken', reason: /the PBX counted/ });
    t.same(filesBelow(gone.spool.folder), [FILE]);
  }
});

t.test('an open header is repaired only when the recorder is finished', async (t) => {
  const open = lying({ declared: 0, riff: 0 });
  const concluded = { certain: false, bytesClaimed: 0 };
  const young = scene(t.testdir(), { bytes: open, row: concluded });
  t.match(await young.go(), { state: 'closed', attempts: 0, reason: /may still be writing/ });
  t.same(readFileSync(path.join(young.spool.folder, FILE)), open, 'untouched');
  t.match(await young.go({ recorderGone: () => true }), { state: 'uploaded' }, 'the channel is gone for certain');
  const old = scene(t.testdir(), { bytes: open, row: concluded, ageMs: 600_000 });
  t.match(await old.go({ recorderGone: () => false }), { state: 'closed', reason: /may still/ }, 'a size that stands still proves nothing');
  t.match(await old.go(), { state: 'uploaded' });
  const quiet = scene(t.testdir(), { bytes: wavHeader(0, { riff: 0 }), row: concluded });
  t.match(await quiet.go(), { state: 'closed', reason: /no audio yet/ });
});

t.test('a WAV that grows under the encoder is not finished', async (t) => {
  const { spool, go } = scene(t.testdir());
  const encoder: Desk['encoder'] = async (work) => {
    const value = await work();
    writeFileSync(path.join(spool.folder, FILE), wavBytes({ seconds: 3.5 }));
    return value;
  };
  t.match(await go({ encoder }), { state: 'spooled', attempts: 1, reason: /changed while it was encoded/ });
  t.same(filesBelow(spool.folder), [FILE]);
  t.match(await go(), { state: 'uploaded', seconds: 3.5 });
});

t.test('already renamed, but the row says closed: verified and gone on with, without a second run', async (t) => {
  const { spool, go } = scene(t.testdir(), { lame: 'garbage', ageMs: 60_000 });
  putFile(spool.folder, MP3, mp3Bytes(3));
  t.match(await go(), { state: 'uploaded', seconds: 3 });
  t.same(filesBelow(spool.folder), [MP3]);
});

t.test('an MP3 of that name that is not this WAV\'s is set aside, never overwritten', async (t) => {
  for (const [ageMs, bytes] of [[60_000, mp3Bytes(9)], [0, mp3Bytes(3)]] as const) {
    const { spool, go } = scene(t.testdir(), { ageMs });
    const other = putFile(spool.folder, MP3, bytes, 120_000);
    t.match(await go(), { state: 'uploaded', seconds: 3 });
    const aside = filesBelow(spool.folder).filter((file) => file.includes('.aside-'));
    t.equal(aside.length, 1);
    t.same(readFileSync(path.join(spool.folder, aside[0] ?? '')), bytes);
    t.ok(existsSync(other));
  }
});

t.test('the WAV is gone: its MP3 counts when it is whole and as long as the PBX counted', async (t) => {
  const good = scene(t.testdir(), { bytes: null });
  putFile(good.spool.folder, MP3, mp3Bytes(3));
  t.match(await good.go(), { state: 'uploaded', seconds: 3 });
  const wrong = scene(t.testdir(), { bytes: null });
  putFile(wrong.spool.folder, MP3, mp3Bytes(9));
  t.match(await wrong.go(), { state: 'closed', attempts: 1, reason: /neither the WAV nor a whole MP3/ });
  const none = scene(t.testdir(), { bytes: null, row: { bytesClaimed: 44 } });
  t.match(await none.go(), { state: 'empty' });
});

t.test('a folder that is not there is not the recording\'s fault', async (t) => {
  const { spool, go } = scene(t.testdir());
  renameSync(spool.folder, `${spool.folder}-away`);
  t.match(await go(), { state: 'closed', attempts: 0, reason: /is it mounted/ });
  renameSync(`${spool.folder}-away`, spool.folder);
  t.match(await go(), { state: 'uploaded' });
  t.match(await scene(t.testdir()).go({ folders: new Map() }), { state: 'closed', attempts: 0, reason: /no recordings folder is configured/ });
});

t.test('names that are not the kit\'s break at once and touch nothing', async (t) => {
  for (const file of ['../../etc/passwd', '2026/11/20/../../../../secret.wav', '/etc/x.wav', '2026/11/20/x.sh']) {
    const folder = t.testdir();
    const spool = spoolIn(folder, fakeLame(folder, 'honest'));
    putFile(folder, 'secret.wav', wavBytes());
    const row = recordingRow('main', file);
    const store = memoryRecordings(row);
    await workOff(row, deskOf(spool, store));
    t.match(rowOf(store, row), { state: 'broken', reason: /not YYYY/ }, file);
    t.ok(existsSync(path.join(folder, 'secret.wav')));
  }
});

t.test('a link is not followed', async (t) => {
  const folder = t.testdir();
  const { spool, go } = scene(folder, { bytes: null });
  const secret = putFile(folder, 'secret.wav', wavBytes({ seconds: 3 }));
  putFile(spool.folder, '2026/11/20/x', Buffer.alloc(0));
  symlinkSync(secret, path.join(spool.folder, FILE));
  t.match(await go(), { state: 'closed', attempts: 1, reason: /ELOOP/ });
  t.ok(existsSync(secret));
});

t.test('an MP3 that was changed after it was verified is not handed over', async (t) => {
  const first = scene(t.testdir(), { ageMs: 60_000 });
  t.match(await first.go({ onReady: () => { throw Object.assign(new Error('kill'), { syscall: 'none' }); } }), { state: 'encoded', attempts: 1 });
  const mp3 = path.join(first.spool.folder, MP3);
  writeFileSync(mp3, mp3Bytes(1));
  t.match(await first.go(), { state: 'uploaded', seconds: 3 });
  t.equal(whyNotWhole(await inspectMp3(mp3, new AbortController().signal), 3), '');
});

t.test('a hand-over that took nothing keeps the WAV', async (t) => {
  const { spool, go } = scene(t.testdir());
  t.match(await go({ onReady: () => undefined }), { state: 'encoded', attempts: 1, reason: /not taken over/ });
  t.same(filesBelow(spool.folder), [MP3, FILE]);
  t.match(await go(), { state: 'uploaded' });
  t.same(filesBelow(spool.folder), [MP3]);
});

t.test('another recording that took the name is not deleted', async (t) => {
  const { spool, store, go } = scene(t.testdir());
  const wav = path.join(spool.folder, FILE);
  await go({ onReady: (row, ready) => {
    appOnReady(store)(row, ready);
    writeFileSync(wav, wavBytes({ seconds: 3, seed: 99 }));
    utimesSync(wav, Date.now() / 1000 + 5, Date.now() / 1000 + 5);
  } });
  t.same(filesBelow(spool.folder), [MP3, FILE]);
  t.same(readFileSync(wav), wavBytes({ seconds: 3, seed: 99 }));
});

t.test('keepWavDays keeps it', async (t) => {
  const { spool, go } = scene(t.testdir(), { settings: { keepWavDays: 2 } });
  t.match(await go(), { state: 'uploaded' });
  t.same(filesBelow(spool.folder), [MP3, FILE]);
});
