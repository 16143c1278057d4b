/**
 * Real headers and real files, broken in thousands of seeded ways: no bytes make the room crash, loop, invent sound, or delete anything but what
 * it has verified. A failure names its turn: the same seed gives the same bytes again.
 */
import t from 'tap';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workOff } from '../../recordings/job.ts';
import { createFrameReader, whyNotWhole, type FrameCount } from '../../recordings/mp3.ts';
import { parseWav, type WavTruth } from '../../recordings/wav.ts';
import { mp3Of, sideOf } from '../../recordings/paths.ts';
import { findLeftovers, purgeWavs, removeParts } from '../../recordings/sweep.ts';
import { deskOf, filesBelow, listeningLog, MAIN, rowOf, spoolIn } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { createRandom, mp3Bytes, putFile, wavBytes, wavHeader } from '../fakes/wav.ts';
import { instant } from '../../core/words.ts';
import type { Desk } from '../../recordings/desk.ts';

const SEED = 20_261_121;
const never = new AbortController().signal;
type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** Values that lengths and counts go wrong with. */
const NASTY = [0, 1, 2, 3, 43, 44, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 36, 8, 0xff, 0xffff];
const LETTERS = ['RIFF', 'RIFX', 'RF64', 'WAVE', 'fmt ', 'data', 'LIST', 'ID3\u0004', 'Info', 'Xing', '\0\0\0\0'];

/** One to six wounds: bytes, whole numbers, letters, a cut, a doubled or a strange piece. */
function wound(given: Buffer, random: Random, headBytes: number): Buffer {
  let bytes: Buffer = Buffer.from(given);
  for (let count = 1 + below(random, 6); count > 0; count -= 1) {
    const at = below(random, Math.min(headBytes, bytes.length));
    const kinds: readonly (() => Buffer)[] = [
      () => { bytes[at] = below(random, 256); return bytes; },
      () => { if (at + 4 <= bytes.length) bytes.writeUInt32LE(NASTY[below(random, NASTY.length)] ?? 0, at); return bytes; },
      () => { bytes.write(LETTERS[below(random, LETTERS.length)] ?? '', at, 'latin1'); return bytes; },
      () => Buffer.from(bytes.subarray(0, below(random, bytes.length + 1))),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + below(random, 64)), bytes.subarray(at)]),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(random, 20))]),
      () => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(below(random, 9), below(random, 256)), bytes.subarray(at)]),
    ];
    bytes = kinds[below(random, kinds.length)]?.() ?? bytes;
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

const invented = (truth: WavTruth, size: number): boolean => (truth.kind === 'sound' || truth.kind === 'lying')
  && (truth.dataAt < 20 || truth.dataAt + truth.dataBytes > size || truth.dataBytes <= 0 || truth.dataBytes % 2 !== 0 || !(truth.seconds > 0) || !Number.isFinite(truth.seconds));

t.test('WAV headers', (t) => {
  const random = createRandom(SEED);
  const seeds = [wavBytes({ seconds: 0.1 }), wavBytes({ seconds: 0.1, declared: 0, riff: 0 }), wavBytes({ seconds: 0.1, rate: 48_000, tail: Buffer.from([1]) }), wavHeader(0)];
  const kinds = new Map<string, number>();
  for (let turn = 0; turn < 30_000; turn += 1) {
    const bytes = wound(seeds[turn % seeds.length] ?? Buffer.alloc(0), random, 80);
    // What is read of a file is its first 4 KiB; its size may be anything.
    const size = random() < 0.1 ? bytes.length + below(random, 2 ** 33) : bytes.length;
    const truth = parseWav(bytes.subarray(0, 4096), size);
    kinds.set(truth.kind, (kinds.get(truth.kind) ?? 0) + 1);
    if (invented(truth, size)) t.fail(`turn ${turn}: ${JSON.stringify(truth)} of ${size} bytes`);
  }
  t.same([...kinds.keys()].sort(), ['empty', 'foreign', 'lying', 'sound', 'stub'], `all kinds were met: ${JSON.stringify([...kinds])}`);
  t.end();
});

t.test('MP3s: the same truth however the bytes arrive, never more frames than fit', (t) => {
  const random = createRandom(SEED + 1);
  const tag = Buffer.concat([Buffer.from('ID3\u0004\0\0\0\0\u0001\u0002', 'latin1'), Buffer.alloc(130)]);
  const mixed = Buffer.concat([mp3Bytes(0.3), mp3Bytes(0.3, 'stereo'), mp3Bytes(0.3, 'mute')]);
  const seeds = [mp3Bytes(1), mp3Bytes(1, 'stereo'), mixed, Buffer.concat([tag, mp3Bytes(0.5)]), mp3Bytes(0.05)];
  const read = (bytes: Buffer, step: () => number): FrameCount => {
    const reader = createFrameReader();
    for (let at = 0; at < bytes.length;) {
      const next = at + step();
      reader.feed(bytes.subarray(at, next));
      at = next;
    }
    return reader.end();
  };
  let [whole, refused] = [0, 0];
  for (let turn = 0; turn < 6000; turn += 1) {
    const bytes = wound(seeds[turn % seeds.length] ?? Buffer.alloc(0), random, turn % 2 === 0 ? 40 : 9000);
    const once = read(bytes, () => Math.max(1, bytes.length));
    const pieces = read(bytes, () => 1 + below(random, 700));
    if (JSON.stringify(once) !== JSON.stringify(pieces)) t.fail(`turn ${turn}: ${JSON.stringify({ ...once, levels: 0 })} is not ${JSON.stringify({ ...pieces, levels: 0 })}`);
    if (once.frames * 24 > bytes.length || once.levels.length !== once.frames || !(once.seconds >= 0) || !Number.isFinite(once.seconds)) t.fail(`turn ${turn}: ${once.frames} frames in ${bytes.length} bytes`);
    if (once.problem === '') whole += 1; else refused += 1;
  }
  t.ok(whole > 300 && refused > 2000, `${whole} were whole, ${refused} refused`);
  t.end();
});

/** lame in this process: a thousand child processes would tell nothing more. Loud frames as long as what it was given; or a wounded MP3. */
function lameWithin(random: Random): Pick<Desk, 'launcher' | 'lame'> {
  return {
    lame: { command: () => Promise.resolve(['/nowhere/lame']), blame: (error) => Promise.resolve(error) },
    launcher: {
      run: (words) => {
        const [wav = '', part = ''] = words.slice(-2);
        const truth = parseWav(readFileSync(wav).subarray(0, 4096), readFileSync(wav).length);
        const mp3 = mp3Bytes('seconds' in truth ? truth.seconds : 0);
        writeFileSync(part, random() < 0.3 ? wound(mp3, random, 3000) : mp3);
        return Promise.resolve({ status: random() < 0.05 ? 1 : 0, said: '' });
      },
      rest: () => undefined,
    },
  };
}

/** Every file of the spool by its content. */
const contents = (folder: string): ReadonlyMap<string, string> =>
  new Map(filesBelow(folder).map((file) => [file, readFileSync(path.join(folder, file), 'latin1')]));

t.test('whole files on the whole way: what is deleted was verified', async (t) => {
  const random = createRandom(SEED + 2);
  const folder = t.testdir();
  const spool = spoolIn(folder, 'lame');
  const seeds = [wavBytes({ seconds: 1 }), wavBytes({ seconds: 0.7, declared: 0, riff: 0 }), wavHeader(0), wavBytes({ seconds: 1, rate: 16_000 })];
  const states = new Map<string, number>();
  for (let turn = 0; turn < 700; turn += 1) {
    const file = `2026/11/20/call-${turn}.wav`;
    const [bytes, stereo] = [wound(seeds[turn % seeds.length] ?? Buffer.alloc(0), random, 80), random() < 0.3];
    const put = (name: string, content: Buffer): void => { putFile(spool.folder, name, content, 60_000); };
    put(file, bytes);
    if (stereo) for (const side of ['in', 'out'] as const) if (random() < 0.9) put(sideOf(file, side), random() < 0.3 ? wound(bytes, random, 80) : bytes);
    if (random() < 0.1) put(mp3Of(file), wound(mp3Bytes(1), random, 2000));
    const row = recordingRow('main', file, { bytesClaimed: random() < 0.5 ? bytes.length : below(random, 40_000), certain: random() < 0.8 });
    const store = memoryRecordings(row);
    const before = contents(spool.folder);
    const desk = deskOf({ ...spool, settings: { ...spool.settings, channels: stereo ? 'stereo' : 'mono', maxFailures: 3 } }, store, { ...lameWithin(random), recorderGone: () => true });
    // Both sides would go through a child of its own, which is not there: it ends in mono, and the rules of the sides still hold.
    for (let attempt = 0; attempt < 4; attempt += 1) await workOff(rowOf(store, row), desk);
    const { state, seconds, mp3 } = rowOf(store, row);
    states.set(state, (states.get(state) ?? 0) + 1);
    const left = new Set(contents(spool.folder).values());
    // An MP3 that went aside, and a WAV whose header was repaired, are there under another name or with other sizes.
    const gone = [...before].filter(([name, content]) => !left.has(content) && !existsSync(path.join(spool.folder, name))).map(([name]) => name);
    const lostMp3 = gone.filter((name) => name.endsWith('.mp3'));
    if (lostMp3.length > 0) t.fail(`turn ${turn}: ${lostMp3.join(', ')} is gone`);
    const verified = (state === 'uploaded' && mp3 !== null && whyNotWhole(frames(mp3), seconds ?? -1) === '');
    const justHeaders = state === 'empty' && gone.every((name) => headerOnly(before.get(name) ?? 'x'));
    if (gone.length > 0 && !verified && !justHeaders) t.fail(`turn ${turn}: ${state}, and ${gone.join(', ')} is gone`);
    if (filesBelow(spool.folder).some((name) => name.endsWith('.part'))) t.fail(`turn ${turn}: a .part is left`);
    rmSync(path.join(spool.folder, '2026'), { recursive: true });
  }
  t.ok(['uploaded', 'empty', 'broken'].every((state) => (states.get(state) ?? 0) > 20), JSON.stringify([...states]));
});

function frames(mp3: string): FrameCount {
  const reader = createFrameReader();
  reader.feed(readFileSync(mp3));
  return reader.end();
}
const headerOnly = (content: string): boolean => {
  const bytes = Buffer.from(content, 'latin1');
  const truth = parseWav(bytes.subarray(0, 4096), bytes.length);
  return truth.kind === 'empty' && truth.headerOnly;
};

t.test('a folder full of broken files: the looks at it change nothing', async (t) => {
  const random = createRandom(SEED + 3);
  const folder = t.testdir();
  const names = ['call-1.wav', 'call-1-in.wav', 'call-1-out.wav', 'call-2.wav', 'call-2.mp3', 'call-3-in.wav', 'x.txt', '-in.wav', 'call-4.wav'];
  for (let turn = 0; turn < 300; turn += 1) {
    for (const name of names) putFile(folder, `2026/11/20/${name}`, wound(wavBytes({ seconds: 0.2 }), random, 80), 600_000);
    if (turn % 50 === 0) chmodSync(path.join(folder, '2026/11/20/call-4.wav'), 0);
    const before = contents(folder);
    await findLeftovers(folder, new Set(), { now: instant(Date.now()), signal: never, channelGone: () => true });
    await removeParts(folder, new Set(), never);
    await purgeWavs({ pbx: MAIN, folder, store: { get: () => null }, keepWavDays: 0, now: instant(Date.now()), signal: never, log: listeningLog() });
    if (JSON.stringify([...before]) !== JSON.stringify([...contents(folder)])) t.fail(`turn ${turn}`);
    rmSync(path.join(folder, '2026'), { recursive: true });
  }
  t.pass('300 turns');
});
