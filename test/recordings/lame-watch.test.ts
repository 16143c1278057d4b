/** A lame that is missing, broken, or fills the disk stops encoding, loses nothing, is said once, and is found to work again. */
import t from 'tap';
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { instant } from '../../core/words.ts';
import { RecordingError } from '../../recordings/errors.ts';
import { createEncoderWatch, whyLameFails } from '../../recordings/lame-watch.ts';
import { realTimers } from '../../recordings/lame.ts';
import { workOff } from '../../recordings/job.ts';
import { fakeLame, withoutLame, type LameKind } from '../fakes/lame.ts';
import { deskOf, FILE, filesBelow, listeningLog, rowOf, spoolIn } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { putFile, wavBytes } from '../fakes/wav.ts';

const runs = (lame: string): number => readFileSync(`${lame}.runs`, 'latin1').trim().split('\n').length;
const around = { signal: new AbortController().signal, timers: realTimers };

t.test('what is wrong with it, in a sentence', async (t) => {
  const kinds: readonly (readonly [LameKind, RegExp | ''])[] = [
    ['honest', ''], ['picky', ''], ['garbage', /not whole/], ['hollow', /lasts/], ['mute', /silent/], ['nothing', /no audio frame/], ['one', /ended with 1/], ['signal', /SIGSEGV/],
  ];
  for (const [kind, why] of kinds) {
    const said = await whyLameFails(fakeLame(t.testdir(), kind), around);
    if (why === '') t.equal(said, '', kind); else t.match(said, why, kind);
  }
  t.match(await whyLameFails('lame-that-nobody-has', around), /apt-get install lame/);
  const soon = { after: (_ms: number, then: () => void) => { setImmediate(then); return () => undefined; } };
  t.match(await whyLameFails(fakeLame(t.testdir(), 'hang'), { ...around, timers: soon }), /did not end within/);
  await t.rejects(whyLameFails(fakeLame(t.testdir(), 'honest'), { ...around, signal: AbortSignal.abort() }), { code: 'STOPPED' });
});

t.test('a program that writes without an end is cut off', async (t) => {
  const folder = t.testdir();
  const flood = path.join(folder, 'flood');
  writeFileSync(flood, '#!/bin/sh\nexec yes\n');
  chmodSync(flood, 0o755);
  t.match(await whyLameFails(flood, around), /killed by SIGKILL|not whole/);
});

t.test('the real one', { skip: await withoutLame() }, async (t) => {
  t.equal(await whyLameFails('lame', around), '');
});

t.test('broken: said once, tried again each minute and not before, said when it works again', async (t) => {
  const folder = t.testdir();
  const name = fakeLame(folder, 'garbage');
  let now = 1_000_000;
  const log = listeningLog();
  const watch = createEncoderWatch({ name, clock: { now: () => instant(now) }, log });
  t.same(await watch.command(around), [name], 'nobody complained yet');
  const blamed = await watch.blame(new RecordingError('MP3_REFUSED', 'x'), around);
  t.match(blamed, { code: 'LAME_BROKEN', message: /does not even encode a tone: the MP3 is not whole/ });
  await t.rejects(watch.command(around), { code: 'LAME_BROKEN' });
  copyFileSync(fakeLame(folder, 'honest'), name);
  await t.rejects(watch.command(around), { code: 'LAME_BROKEN' }, 'within the minute it is not asked');
  now += 60_000;
  t.same(await watch.command(around), [name]);
  t.same(log.said.map(({ level }) => level), ['error', 'info']);
  t.equal(runs(name), 2, 'two trials');
});

t.test('what is not lame\'s fault stays what it is, and costs no trial', async (t) => {
  const name = fakeLame(t.testdir(), 'garbage');
  const watch = createEncoderWatch({ name, clock: { now: () => instant(0) }, log: listeningLog() });
  for (const error of [new Error('ENOSPC'), ...(['DISK_FULL', 'STOPPED', 'WAV_CHANGED', 'LAME_MISSING', 'SIDE_REFUSED'] as const).map((code) => new RecordingError(code, 'x'))]) {
    t.equal(await watch.blame(error, around), error);
  }
  t.same(await watch.command(around), [name]);
});

t.test('a hundred recordings under a broken lame: one trial, nobody is blamed, and all wait', async (t) => {
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'garbage'));
  const rows = Array.from({ length: 100 }, (_, number) => recordingRow('main', `2026/11/20/call-1790.${number}.wav`));
  for (const { file } of rows) putFile(spool.folder, file, wavBytes({ seconds: 0.2 }));
  const store = memoryRecordings(...rows);
  const log = listeningLog();
  const desk = deskOf(spool, store, { log });
  for (const row of rows) await workOff(row, desk);
  t.ok(rows.every((row) => rowOf(store, row).attempts === 0 && rowOf(store, row).state === 'spooled'));
  t.equal(log.said.filter(({ level }) => level === 'error').length, 1);
  t.equal(filesBelow(spool.folder).length, 100);
  t.equal(runs(spool.settings.lame ?? ''), 2, 'the first recording and one tone');
});

t.test('lame goes away and comes back', async (t) => {
  const folder = t.testdir();
  const lame = fakeLame(folder, 'honest');
  const spool = spoolIn(folder, lame);
  putFile(spool.folder, FILE, wavBytes({ seconds: 3 }));
  const row = recordingRow('main', FILE);
  const store = memoryRecordings(row);
  let now = Date.now();
  const desk = deskOf(spool, store, { clock: { now: () => instant(now) } });
  const other = recordingRow('main', '2026/11/20/call-2.wav');
  putFile(spool.folder, other.file, wavBytes({ seconds: 3 }));
  store.put(other);
  await workOff(other, desk);
  t.match(rowOf(store, other), { state: 'uploaded' });
  rmSync(lame);
  await workOff(row, desk);
  t.match(rowOf(store, row), { state: 'spooled', attempts: 0, reason: /not (there|found)/ }, 'though it was there a moment ago');
  fakeLame(folder, 'honest');
  now += 60_000;
  await workOff(rowOf(store, row), desk);
  t.match(rowOf(store, row), { state: 'uploaded' });
});

t.test('lame moves to another folder of PATH', async (t) => {
  const folder = t.testdir({ old: {}, new: {} });
  const before = process.env['PATH'];
  process.env['PATH'] = `${path.join(folder, 'old')}${path.delimiter}${path.join(folder, 'new')}`;
  t.teardown(() => { process.env['PATH'] = before; });
  const [old, moved] = [fakeLame(path.join(folder, 'old'), 'honest'), path.join(folder, 'new/lame-honest')];
  const watch = createEncoderWatch({ name: 'lame-honest', clock: { now: () => instant(0) }, log: listeningLog() });
  t.same(await watch.command(around), [old]);
  renameSync(old, moved);
  const error = new RecordingError('LAME_START', 'lame cannot be started: not found');
  t.equal(await watch.blame(error, around), error, 'it works where it is now');
  t.same(await watch.command(around), [moved]);
});
