import t from 'tap';
import { instant, type PbxId } from '../../core/words.ts';
import { checkSpool, type SpoolProblem } from '../../recordings/check.ts';
import { createDiskWatch, demandSpace, diskLevels, freeMb } from '../../recordings/disk.ts';
import { placeForMp3, setAside } from '../../recordings/files.ts';
import { afterFailure, afterRefusal, whileOpen } from '../../recordings/retry.ts';
import { findLeftovers, removeParts } from '../../recordings/sweep.ts';
import { inspectMp3 } from '../../recordings/mp3.ts';
import { fakeLame } from '../fakes/lame.ts';
import { filesBelow, listeningLog, MAIN, spoolIn } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { mp3Bytes, putFile, wavBytes, wavHeader } from '../fakes/wav.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const never = new AbortController().signal;
const now = (): ReturnType<typeof instant> => instant(Date.now());
const named = (number: number): string => `2026/11/2${number}/call-1790.${number}.wav`;

t.test('leftovers: closed ones at once, open ones when they are quiet and their channel is gone', async (t) => {
  const folder = t.testdir();
  const open = wavBytes({ declared: 0, riff: 0 });
  putFile(folder, named(0), wavBytes());
  putFile(folder, named(1), wavBytes());
  putFile(folder, named(2), open);
  putFile(folder, named(3), open, 600_000);
  putFile(folder, named(4), open, 600_000);
  putFile(folder, named(5), wavHeader(0));
  putFile(folder, named(6), Buffer.from('text'.repeat(40)), 600_000);
  putFile(folder, '2026/11/20/..wav', wavBytes());
  putFile(folder, 'other/call-9.wav', wavBytes());
  const before = filesBelow(folder);
  const asked: string[] = [];
  const found = await findLeftovers(folder, new Set([named(0)]), { now: now(), signal: never, channelGone: (_file, linkedid) => { asked.push(linkedid); return linkedid === '1790.3'; } });
  t.ok(found.every(({ writtenAt }) => writtenAt > now() - 700_000 && writtenAt <= now() + 1000), 'when each was written to');
  t.same(found.map(({ writtenAt: _at, ...rest }) => rest), [
    { file: named(1), linkedid: '1790.1', bytes: 16_044, complete: true }, { file: named(3), linkedid: '1790.3', bytes: 16_044, complete: false },
    { file: named(5), linkedid: '1790.5', bytes: 44, complete: true },
  ]);
  t.same(asked.sort(), ['1790.3', '1790.4']);
  t.same(filesBelow(folder), before, 'it only looks');
  t.same(await findLeftovers(`${folder}/none`, new Set(), { now: now(), signal: never, channelGone: () => true }), []);
});

t.test('.part files that are being written stay', async (t) => {
  const folder = t.testdir();
  const busy = putFile(folder, '2026/11/20/call-1.mp3.part', Buffer.alloc(1));
  putFile(folder, '2026/11/20/call-2.mp3.part', Buffer.alloc(1));
  putFile(folder, '2026/11/20/other.part', Buffer.alloc(1));
  t.equal(await removeParts(folder, new Set([busy]), never), 1);
  t.same(filesBelow(folder), ['2026/11/20/call-1.mp3.part', '2026/11/20/other.part']);
});

t.test('spool check names each difference between rows and disk', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  putFile(spool.data, 'x', Buffer.alloc(0));
  const bytes = mp3Bytes(1);
  const mp3 = (number: number): string => putFile(spool.folder, named(number).replace('.wav', '.mp3'), bytes);
  const { sha256 } = await inspectMp3(mp3(3), never);
  const handed = { state: 'uploaded', seconds: 1, bytes: bytes.length, sha256 } as const;
  const rows = [
    recordingRow('main', named(0)), recordingRow('main', named(1), { state: 'broken', reason: 'no sound', attempts: 10 }), recordingRow('main', '../x.wav'),
    recordingRow('main', named(3), { ...handed, mp3: mp3(3) }), recordingRow('main', named(4), { ...handed, mp3: path.join(folder, 'none.mp3') }),
    recordingRow('main', named(5), { ...handed, mp3: mp3(5), bytes: 7 }), recordingRow('main', named(6), { ...handed, mp3: mp3(6), sha256: 'other' }),
    recordingRow('main', named(7), { ...handed, mp3: mp3(7) }),
  ];
  putFile(spool.folder, named(7), wavBytes());
  putFile(spool.folder, named(8), wavBytes());
  const check = (deep: boolean, settings = spool.settings, folders = new Map([[MAIN, spool.folder]])): Promise<readonly SpoolProblem[]> =>
    checkSpool({ store: memoryRecordings(...rows), folders, settings, now: now(), signal: never, deep });
  const said = (problems: readonly SpoolProblem[]): readonly string[] => problems.map(({ recording, problem }) => `${recording}: ${problem}`).sort();
  const plain = [
    'main/../x.wav: not a path that CallMe follows', `main/${named(0)}: the WAV is not there`, `main/${named(1)}: broken after 10 attempts: no sound`,
    `main/${named(5)}: the MP3 has ${bytes.length} bytes, 7 were verified`, `main/${named(7)}: its MP3 is uploaded, its WAV is still there`,
    `main/${named(8)}: a WAV of 16044 bytes that no recording knows`,
  ];
  const shallow = said(await check(false));
  t.same(shallow.filter((line) => !line.includes('ENOENT')), plain);
  t.equal(shallow.filter((line) => line.includes('ENOENT')).length, 1);
  t.ok(said(await check(true)).includes(`main/${named(6)}: the MP3 is not the one that was verified`));
  const machine = await check(false, { ...spool.settings, lame: 'lame-that-nobody-has', minFreeMb: 1e12 }, new Map([[MAIN, spool.folder], ['two' as PbxId, `${folder}/none`]]));
  t.same(machine.filter(({ recording }) => recording === '').map(({ problem }) => problem.replace(/[\d.]+/g, 'N')).sort(), [
    'lame is not there: WAVs wait', 'only N MB are free, N are asked for', 'only N MB are free, N are asked for', 'the recordings folder is not there',
  ]);
  for (const { remedy } of machine) t.ok(remedy.length > 10);
});

t.test('disk space: what cannot be known is no alarm, low is said once, recovery too', async (t) => {
  const folder = t.testdir({});
  t.ok((await freeMb(folder) ?? 0) > 0);
  t.equal(await freeMb(`${folder}/none`), null);
  t.same(await diskLevels([`${folder}/none`], 1), []);
  await demandSpace(folder, 1);
  await t.rejects(demandSpace(folder, 1e18), { code: 'DISK_FULL' });
  const log = listeningLog();
  const low = createDiskWatch([folder], 1e12, log);
  await low.look();
  await low.look();
  t.equal(log.said.length, 1);
  const fine = createDiskWatch([folder], 0, log);
  await fine.look();
  t.equal(log.said.length, 1);
});

t.test('an MP3 goes beside its WAV, or below the fallback folder', async (t) => {
  const folder = t.testdir({ day: {} });
  const fallback = path.join(folder, 'data/main/2026/a.mp3');
  t.equal(await placeForMp3({ beside: path.join(folder, 'day/a.mp3'), fallback }), path.join(folder, 'day/a.mp3'));
  t.equal(await placeForMp3({ beside: path.join(folder, 'none/a.mp3'), fallback }), fallback);
});

t.test('what is set aside destroys nothing that lies aside already', async (t) => {
  const folder = t.testdir({ 'a.mp3': 'first', 'a.aside-7.mp3': 'zero' });
  t.equal(await setAside(path.join(folder, 'a.mp3'), 7), path.join(folder, 'a.aside-7-2.mp3'));
  putFile(folder, 'a.mp3', Buffer.from('second'));
  t.equal(await setAside(path.join(folder, 'a.mp3'), 7), path.join(folder, 'a.aside-7-3.mp3'));
  t.same(filesBelow(folder).map((file) => readFileSync(path.join(folder, file), 'latin1')), ['first', 'second', 'zero']);
});

t.test('waits grow, have a cap and a jitter', (t) => {
  const at = instant(1000);
  t.same([1, 2, 3, 10, 99].map((failures) => afterFailure(at, failures, () => 1) - at), [10_000, 20_000, 40_000, 3_600_000, 3_600_000]);
  t.equal(afterFailure(at, 1, () => 0) - at, 5000);
  t.same([afterRefusal(at, () => 0) - at, afterRefusal(at, () => 1) - at], [30_000, 60_000]);
  t.same([0, 2_000, 10_000, 3_600_000].map((waited) => whileOpen(instant(at + waited), at, () => 1) - at - waited), [3_000, 3_000, 10_000, 60_000]);
  t.equal(whileOpen(at, at, () => 0) - at, 1_500);
  t.end();
});
