/**
 * A disk that is full (or dies) at each single change that the room makes to it, one after the other, until a run meets no fault any more: so a
 * new change cannot be forgotten. After each fault the sound must be there, nobody is blamed, and the next run finishes.
 */
import t from 'tap';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { instant } from '../../core/words.ts';
import { createRoomKeeper } from '../../recordings/disk.ts';
import { realDisk, type DiskWrites } from '../../recordings/disk-writes.ts';
import { workOff } from '../../recordings/job.ts';
import { inspectMp3, whyNotWhole } from '../../recordings/mp3.ts';
import { sideOf } from '../../recordings/paths.ts';
import { purgeWavs } from '../../recordings/sweep.ts';
import { fakeLame, withoutLame } from '../fakes/lame.ts';
import { deskOf, FILE, filesBelow, listeningLog, MAIN, MP3, rowOf, spoolIn, type Spool } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { putFile, wavBytes, type WavShape } from '../fakes/wav.ts';

const never = new AbortController().signal;

/** The `at`-th change fails with `code`, and each one after it while `lasting`. `met` names the one that failed first. */
function failingDisk(at: number, code: string, lasting: boolean): { readonly disk: DiskWrites; readonly met: () => string; readonly done: readonly string[] } {
  const done: string[] = [];
  let [count, met] = [0, ''];
  const fail = (what: string): void => {
    done.push(what);
    count += 1;
    if (count < at || (count > at && !lasting)) return;
    met = met === '' ? what : met;
    throw Object.assign(new Error(`${code}: no luck, ${what}`), { code, syscall: what });
  };
  const through = <Args extends readonly unknown[], Value>(what: string, act: (...args: Args) => Promise<Value>) => async (...args: Args): Promise<Value> => { fail(what); return act(...args); };
  const disk: DiskWrites = {
    ...realDisk, sync: (name, flags) => through(`sync ${flags === 'r' ? 'folder' : 'file'}`, realDisk.sync)(name, flags), rename: through('rename', realDisk.rename),
    remove: (name) => through(`remove ${path.extname(name)}`, realDisk.remove)(name), makeFolder: through('mkdir', realDisk.makeFolder),
    write: through('write', realDisk.write), syncFile: through('sync header', realDisk.syncFile),
  };
  return { disk, met: () => met, done };
}

interface Kind { readonly shape: WavShape; readonly stereo: boolean; readonly fallback: boolean }
function prepare(folder: string, { shape, stereo, fallback }: Kind): { spool: Spool; wav: Buffer } {
  const plain = spoolIn(folder, fakeLame(folder, 'honest'));
  const spool: Spool = { ...plain, settings: { ...plain.settings, channels: stereo ? 'stereo' : 'mono' } };
  const wav = wavBytes({ seconds: 3, ...shape });
  putFile(spool.folder, FILE, wav, 60_000);
  if (stereo) for (const side of ['in', 'out'] as const) putFile(spool.folder, sideOf(FILE, side), wav, 60_000);
  // A file of that name, so that the MP3 that is there already must go out of the way.
  if (fallback) putFile(spool.folder, MP3, Buffer.from('another recording'));
  return { spool, wav };
}

async function soundIsThere({ folder }: Spool, wav: Buffer): Promise<boolean> {
  const file = path.join(folder, FILE);
  if (existsSync(file)) return readFileSync(file).subarray(44).equals(wav.subarray(44));
  return inspectMp3(path.join(folder, MP3), never).then((mp3) => whyNotWhole(mp3, 3) === '', () => false);
}

const kinds: Readonly<Record<string, Kind>> = {
  'a true header': { shape: {}, stereo: false, fallback: false }, 'an open header': { shape: { declared: 0, riff: 0 }, stereo: false, fallback: false },
  'both sides': { shape: {}, stereo: true, fallback: false }, 'another MP3 of that name': { shape: {}, stereo: false, fallback: true },
};
for (const [what, kind] of Object.entries(kinds)) {
  t.test(`each change fails once, or from there on: ${what}`, async (t) => {
    const failed = new Set<string>();
    for (const [code, lasting] of [['ENOSPC', true], ['ENOSPC', false], ['EIO', true]] as const) {
      for (let at = 1, met = 'x'; met !== ''; at += 1) {
        const { spool, wav } = prepare(t.testdir(), kind);
        const row = recordingRow('main', FILE, { bytesClaimed: wav.length });
        const store = memoryRecordings(row);
        const failing = failingDisk(at, code, lasting);
        await workOff(row, deskOf(spool, store, { disk: failing.disk }));
        met = failing.met();
        if (met !== '') failed.add(met);
        const said = `${code} at ${at}, ${met}${lasting ? ', and from there on' : ''}`;
        t.equal(await soundIsThere(spool, wav), true, `${said}: the sound is there`);
        t.match(rowOf(store, row), { attempts: 0, state: /closed|spooled|uploaded/ }, `${said}: nobody is blamed`);
        if (existsSync(path.join(spool.folder, MP3)) && !kind.fallback) t.equal(whyNotWhole(await inspectMp3(path.join(spool.folder, MP3), never), 3), '', `${said}: what bears the final name is whole`);
        await workOff(rowOf(store, row), deskOf(spool, store));
        await purgeWavs({ pbx: MAIN, folder: spool.folder, store, keepWavDays: 0, now: instant(Date.now()), signal: never, log: listeningLog() });
        t.match(rowOf(store, row), { state: 'uploaded', seconds: 3 }, said);
        t.same(filesBelow(spool.folder).filter((file) => !file.includes('.aside-')), [MP3], `${said}: the sound is there once`);
        t.equal(store.facts.size, 1);
      }
    }
    const expected = ['remove .part', 'remove .wav', 'rename', 'sync file', 'sync folder', ...(kind.shape.declared === 0 ? ['sync header', 'write'] : [])];
    t.same([...failed].sort(), expected, 'each of them has failed');
  });
}

t.test('the order of the last steps: content, name, folder, and only then the WAV', async (t) => {
  const { spool } = prepare(t.testdir(), { shape: {}, stereo: false, fallback: false });
  const row = recordingRow('main', FILE);
  const store = memoryRecordings(row);
  const watching = failingDisk(99, '', false);
  await workOff(row, deskOf(spool, store, { disk: watching.disk }));
  t.same(watching.done, ['remove .part', 'sync file', 'rename', 'sync folder', 'remove .wav']);
});

t.test('a lame that fills the disk', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'full'));
  putFile(spool.folder, FILE, wavBytes({ seconds: 3 }));
  const row = recordingRow('main', FILE);
  const store = memoryRecordings(row);
  // Looked at twice before lame runs, then again.
  let free = [10_000, 10_000];
  const disk: DiskWrites = { ...realDisk, freeMb: () => { const [now = 0, ...rest] = free; free = rest; return Promise.resolve(now); } };
  await workOff(row, deskOf(spool, store, { disk }));
  t.match(rowOf(store, row), { state: 'spooled', attempts: 0, reason: /is full \(0 MB free\)/ });
  t.same(filesBelow(spool.folder), [FILE], 'its .part is gone');
  t.equal(readFileSync(`${spool.settings.lame ?? ''}.runs`, 'latin1'), 'run\n', 'it ran, and needed no trial');
});

t.test('room is made: below minFreeMb, once a minute, by one at a time, and a policy that fails hinders nothing', async (t) => {
  const folder = t.testdir({});
  let [now, free, asked] = [1_000_000, 100, 0];
  const log = listeningLog();
  const parts = { minFreeMb: 500, clock: { now: () => instant(now) }, log, disk: { ...realDisk, freeMb: () => Promise.resolve(free) } };
  const keeper = createRoomKeeper({ ...parts, makeRoom: (where) => { t.equal(where, folder); asked += 1; free = 1000; return Promise.resolve(); } });
  await Promise.all([keeper.demand(folder, 1), keeper.demand(folder, 1)]);
  t.equal(asked, 1);
  await keeper.demand(folder, 1);
  t.equal(asked, 1, 'there is enough');
  free = 100;
  await keeper.demand(folder, 1);
  t.equal(asked, 1, 'not yet again, and encoding goes on');
  now += 60_000;
  await keeper.demand(folder, 1);
  t.equal(asked, 2);
  const poor = createRoomKeeper({ ...parts, makeRoom: () => Promise.reject(new Error('no policy')) });
  free = 0;
  await t.rejects(poor.demand(folder, 1), { code: 'DISK_FULL' });
  t.match(log.said, [{ level: 'warn', fields: { reason: 'no policy' } }]);
  await t.rejects(createRoomKeeper({ ...parts, makeRoom: null }).demand(folder, 1), { code: 'DISK_FULL' });
});

/** The reason to leave it out, or false. */
async function withoutMounts(): Promise<string | false> {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return await withoutLame();
  } catch {
    return 'this user may not mount a small disk of its own';
  }
}

t.test('a disk that is really full, real lame', { skip: await withoutMounts() }, (t) => {
  const folder = t.testdir();
  mkdirSync(path.join(folder, 'continuous'));
  const wav = wavBytes({ seconds: 60 });
  putFile(folder, 'source.wav', wav);
  const script = path.join(import.meta.dirname, '../fakes/work-off.ts');
  // 1.2 MB hold the WAV (960 kB) but not its MP3 (480 kB); then the disk grows.
  const inside = `
    mount -t tmpfs -o size=1200k tmpfs "$1/continuous" && mkdir -p "$1/continuous/2026/11/20" && cp "$1/source.wav" "$1/continuous/${FILE}"
    "$2" "$3" "$1" ${FILE} lame; echo; ls "$1/continuous/2026/11/20"
    mount -o remount,size=4m "$1/continuous"; "$2" "$3" "$1" ${FILE} lame; echo; ls "$1/continuous/2026/11/20"`;
  const said = execFileSync('unshare', ['--mount', 'sh', '-c', inside, 'sh', folder, process.execPath, script], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'ignore'] });
  const [full = '', wavName, larger = '', mp3Name] = said.trim().split('\n');
  t.match(JSON.parse(full), { state: 'spooled', attempts: 0, reason: /is full/ });
  t.equal(wavName, path.basename(FILE));
  t.match(JSON.parse(larger), { state: 'uploaded', seconds: 60 });
  t.equal(mp3Name, path.basename(MP3));
  t.end();
});
