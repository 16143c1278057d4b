import t from 'tap';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import type { RecordingRow } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import type { Desk } from '../../recordings/desk.ts';
import { workOff } from '../../recordings/job.ts';
import { inspectMp3 } from '../../recordings/mp3.ts';
import { mixedOf, sideOf } from '../../recordings/paths.ts';
import { findLeftovers, purgeWavs } from '../../recordings/sweep.ts';
import { fakeLame, withoutLame, type LameKind } from '../fakes/lame.ts';
import { appOnReady, type DeskGiven, deskOf, FILE, filesBelow, listeningLog, MAIN, MP3, rowOf, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { mp3Bytes, putFile, wavBytes, wavHeader } from '../fakes/wav.ts';

const never = new AbortController().signal;
const [IN, OUT] = [sideOf(FILE, 'in'), sideOf(FILE, 'out')];
interface Scene { readonly spool: Spool; readonly store: MemoryRecordings; readonly lame: string; readonly go: (given?: DeskGiven) => Promise<RecordingRow> }

interface Given { readonly mixed?: Buffer; readonly left?: Buffer | null; readonly right?: Buffer | null; readonly lame?: LameKind | 'real'; readonly others?: readonly RecordingRow[]; readonly keepWavDays?: number }
function scene(folder: string, given: Given = {}): Scene {
  const lame = given.lame === 'real' ? 'lame' : fakeLame(folder, given.lame ?? 'honest');
  const plain = spoolIn(folder, lame);
  const spool: Spool = { ...plain, settings: { ...plain.settings, channels: 'stereo', keepWavDays: given.keepWavDays ?? 0 } };
  const mixed = given.mixed ?? wavBytes({ seconds: 3 });
  putFile(spool.folder, FILE, mixed, 60_000);
  for (const [file, bytes] of [[IN, given.left], [OUT, given.right]] as const) if (bytes !== null) putFile(spool.folder, file, bytes ?? wavBytes({ seconds: 3 }), 60_000);
  const row = recordingRow('main', FILE, { bytesClaimed: mixed.length });
  const store = memoryRecordings(row, ...given.others ?? []);
  return { spool, store, lame, go: async (more = {}) => { await workOff(rowOf(store, row), deskOf(spool, store, more)); return rowOf(store, row); } };
}
const runs = (lame: string): readonly string[] => readFileSync(`${lame}.runs`, 'latin1').trim().split('\n');

t.test('names', (t) => {
  t.same([IN, OUT], ['2026/11/20/call-1790.17-in.wav', '2026/11/20/call-1790.17-out.wav']);
  t.same(mixedOf(IN), { mixed: FILE, other: OUT });
  t.same(mixedOf(OUT), { mixed: FILE, other: IN });
  for (const file of [FILE, '-in.wav', '2026/11/20/call-in.mp3', '2026/11/20/callin.wav']) t.equal(mixedOf(file), null, file);
  t.end();
});

t.test('both sides become one MP3 of two channels, and go with their WAV', async (t) => {
  const { spool, lame, go } = scene(t.testdir());
  t.match(await go(), { state: 'uploaded', channels: 'stereo', seconds: 3, reason: '' });
  t.same(filesBelow(spool.folder), [MP3]);
  t.same(runs(lame), ['stereo']);
});

t.test('a setting of mono leaves them aside, and they go too', async (t) => {
  const { spool, go } = scene(t.testdir());
  t.match(await go({ settings: { ...spool.settings, channels: 'mono' } }), { state: 'uploaded', channels: 'mono', reason: '' });
  t.same(filesBelow(spool.folder), [MP3]);
});

/** Left and right of a decoded MP3: the power of each in each second. */
function decoded(folder: string, mp3: string): readonly (readonly [number, number])[] {
  const wav = path.join(folder, 'decoded.wav');
  execFileSync('lame', ['--quiet', '--decode', mp3, wav]);
  const bytes = readFileSync(wav).subarray(44);
  return Array.from({ length: Math.floor(bytes.length / 32_000) }, (_, second) => [0, 2].map((offset) => {
    let sum = 0;
    for (let index = 0; index < 8000; index += 1) sum += bytes.readInt16LE(second * 32_000 + index * 4 + offset) ** 2;
    return Math.sqrt(sum / 8000);
  }) as unknown as readonly [number, number]);
}
const tone = (seconds: number, hertz: number, from: number, to: number): Buffer => {
  const bytes = Buffer.alloc(Math.round(seconds * 8000) * 2);
  for (let index = from * 8000; index < to * 8000; index += 1) bytes.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * hertz * index) / 8000)), index * 2);
  return Buffer.concat([wavHeader(bytes.length), bytes]);
};
const sum = (one: Buffer, other: Buffer): Buffer => {
  const both = Buffer.from(one.length > other.length ? one : other);
  for (let at = 44; at < Math.min(one.length, other.length); at += 2) both.writeInt16LE(one.readInt16LE(at) + other.readInt16LE(at), at);
  return both;
};

t.test('the client is left, the employee right, in step, and the shorter side ends in silence', { skip: await withoutLame() }, async (t) => {
  const [left, right] = [tone(40, 400, 2, 10), tone(39.8, 700, 20, 38)];
  const folder = t.testdir();
  const { spool, go } = scene(folder, { mixed: sum(left, right), left, right, lame: 'real' });
  t.match(await go(), { state: 'uploaded', channels: 'stereo', seconds: 40, silenceSeconds: 14, reason: '' });
  const seconds = decoded(folder, path.join(spool.folder, MP3));
  const speaks = (channel: 0 | 1): readonly number[] => seconds.flatMap((powers, second) => (powers[channel] > 2000 ? [second] : []));
  t.same(speaks(0), [2, 3, 4, 5, 6, 7, 8, 9]);
  t.same(speaks(1), [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37]);
  t.ok(seconds.slice(3, 9).every(([, right_]) => right_ < 5) && seconds.slice(21, 36).every(([left_]) => left_ < 5), 'nothing of one side is in the other');
});

t.test('open headers of sides whose Asterisk was killed do not matter', async (t) => {
  const open = wavBytes({ seconds: 3, declared: 0, riff: 0 });
  const { spool, go } = scene(t.testdir(), { mixed: open, left: open, right: open });
  t.match(await go(), { state: 'uploaded', channels: 'stereo' });
  t.same(filesBelow(spool.folder), [MP3]);
});

t.test('a side that cannot be used: the mixed WAV is encoded, and the row says why', async (t) => {
  const cases: readonly (readonly [string, Given, RegExp])[] = [
    ['missing', { left: null }, /^in mono: call-1790.17-in.wav is not there$/],
    ['without sound (16 without S)', { left: wavHeader(0) }, /^in mono: call-1790.17-in.wav has no sound \(empty\)$/],
    ['garbage', { right: Buffer.alloc(60_000, 7) }, /^in mono: call-1790.17-out.wav has no sound \(foreign\)$/],
    ['out of step', { right: wavBytes({ seconds: 2.6 }) }, /^in mono: call-1790.17-out.wav lasts 2.60 s, the mixed WAV 3.00 s$/],
    ['too long', { left: wavBytes({ seconds: 3.4 }) }, /lasts 3.40 s/],
    ['another rate', { left: wavBytes({ seconds: 3, rate: 16_000 }) }, /has 16000 Hz/],
    ['an encoder that cannot', { lame: 'mono-only' }, /^in mono: the MP3 is not whole/],
  ];
  for (const [what, given, reason] of cases) {
    const { spool, lame, go } = scene(t.testdir(), given);
    t.match(await go(), { state: 'uploaded', channels: 'mono', seconds: 3, attempts: 0, reason }, what);
    t.same(runs(lame).at(-1), 'run', what);
    t.equal((await inspectMp3(path.join(spool.folder, MP3), never)).channels, 1, what);
  }
  const within = scene(t.testdir(), { right: wavBytes({ seconds: 2.75 }) });
  t.match(await within.go(), { channels: 'stereo', reason: '' }, 'a fifth of a second is in step');
});

t.test('a side that grows under the encoder', async (t) => {
  const { spool, go } = scene(t.testdir());
  const encoder: Desk['encoder'] = async (work) => {
    const value = await work();
    putFile(spool.folder, IN, wavBytes({ seconds: 3.1 }), 60_000);
    return value;
  };
  t.match(await go({ encoder }), { state: 'uploaded', channels: 'mono', reason: /^in mono: call-1790.17-in.wav changed/ });
});

t.test('a side that is a link to elsewhere is not followed', async (t) => {
  const folder = t.testdir();
  const { spool, go } = scene(folder, { left: null });
  const secret = putFile(folder, 'secret.wav', wavBytes({ seconds: 3 }));
  symlinkSync(secret, path.join(spool.folder, IN));
  t.match(await go(), { channels: 'mono', reason: /ELOOP/ });
  t.ok(readFileSync(secret).length > 0);
});

t.test('what the MP3 does not hold is not removed', async (t) => {
  const cases: readonly (readonly [string, Given])[] = [['a longer side', { left: wavBytes({ seconds: 9 }) }], ['no sound of ours', { left: Buffer.alloc(60_000, 7) }]];
  for (const [what, given] of cases) {
    const { spool, go } = scene(t.testdir(), given);
    t.match(await go(), { state: 'uploaded', channels: 'mono' }, what);
    t.same(filesBelow(spool.folder), [IN, OUT, MP3, FILE].sort(), `${what}: all stay together`);
  }
  const young = scene(t.testdir());
  await young.go({ onReady: (row, ready) => {
    const at = Date.now() / 1000 + 5;
    utimesSync(path.join(young.spool.folder, OUT), at, at);
    appOnReady(young.store)(row, ready);
  } });
  t.same(filesBelow(young.spool.folder), [IN, OUT, MP3, FILE].sort(), 'a younger side');
});

t.test('a call whose linkedid ends with "-in" is a recording of its own', async (t) => {
  const { spool, store, go } = scene(t.testdir(), { others: [recordingRow('main', IN, { bytesClaimed: 48_044 })] });
  t.match(await go(), { state: 'uploaded', channels: 'mono', reason: /call-1790.17-in.wav is a recording of its own/ });
  t.same(filesBelow(spool.folder), [IN, MP3].sort());
  const own = store.get(`main/${IN}` as never);
  if (own !== null) await workOff(own, deskOf({ ...spool, settings: { ...spool.settings, channels: 'mono' } }, store));
  t.match(store.get(`main/${IN}` as never), { state: 'uploaded', seconds: 3 });
});

t.test('sides are no leftovers, what only looks like one is', async (t) => {
  const folder = t.testdir();
  const put = (file: string, seconds = 3): string => putFile(folder, `2026/11/20/${file}`, wavBytes({ seconds }));
  for (const file of ['call-1.wav', 'call-1-in.wav', 'call-1-out.wav', 'call-2-in.wav', 'call-2-out.wav', 'call-3.wav', 'call-3-in.wav', 'call-4.wav']) put(file);
  put('call-4-in.wav', 9);
  const found = await findLeftovers(folder, new Set(), { now: instant(Date.now()), signal: never, channelGone: () => true });
  t.same(found.map(({ file }) => path.basename(file)).sort(),
    ['call-1.wav', 'call-2-in.wav', 'call-2-out.wav', 'call-3.wav', 'call-4-in.wav', 'call-4.wav'], 'without the mixed WAV a side is all there is of a call');
});

t.test('kept WAVs keep their sides, and the sweep removes all of them', async (t) => {
  const { spool, store, go } = scene(t.testdir(), { keepWavDays: 1 });
  t.match(await go(), { state: 'uploaded', channels: 'stereo' });
  t.same(filesBelow(spool.folder), [IN, OUT, MP3, FILE].sort());
  const sweep = (keepWavDays: number): Promise<number> =>
    purgeWavs({ pbx: MAIN, folder: spool.folder, store, keepWavDays, now: instant(86_400_000 - 1), signal: never, log: listeningLog() });
  await sweep(1);
  t.same(filesBelow(spool.folder).length, 4);
  t.equal(await sweep(0), 1);
  t.same(filesBelow(spool.folder), [MP3]);
});

t.test('a call without audio: its sides go when they have none either', async (t) => {
  const empty = scene(t.testdir(), { mixed: wavHeader(0), left: wavHeader(0), right: wavHeader(0) });
  t.match(await empty.go(), { state: 'empty' });
  t.same(filesBelow(empty.spool.folder), []);
  const sounding = scene(t.testdir(), { mixed: wavHeader(0), left: wavBytes({ seconds: 2 }), right: wavHeader(0) });
  t.match(await sounding.go(), { state: 'empty' });
  t.same(filesBelow(sounding.spool.folder), [IN, OUT, FILE].sort());
});

t.test('an MP3 that an earlier run left: verified against the WAV, whatever its channels', async (t) => {
  for (const [kind, channels, reason] of [['stereo', 'stereo', ''], ['mono', 'mono', 'in mono: as an earlier run left it']] as const) {
    const { spool, go } = scene(t.testdir(), { lame: 'garbage' });
    putFile(spool.folder, MP3, mp3Bytes(3, kind));
    t.match(await go(), { state: 'uploaded', channels, reason });
  }
  const mute = scene(t.testdir());
  putFile(mute.spool.folder, MP3, mp3Bytes(3, 'mute'));
  t.match(await mute.go(), { state: 'uploaded', channels: 'stereo' });
  t.equal(filesBelow(mute.spool.folder).filter((file) => file.includes('.aside-')).length, 1, 'a silent one is set aside');
});

t.test('a folder under a side\'s name', async (t) => {
  const { spool, go } = scene(t.testdir());
  rmSync(path.join(spool.folder, IN));
  mkdirSync(path.join(spool.folder, IN));
  t.match(await go(), { state: 'uploaded', channels: 'mono', reason: /has no sound \(foreign\)/ });
});
