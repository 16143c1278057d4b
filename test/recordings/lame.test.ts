import t from 'tap';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { findIonice } from '../../recordings/lame-command.ts';
import { createLauncher } from '../../recordings/launcher.ts';
import { deadlineMs, findEncoder, lameArguments, realTimers, runLame, type Encoding, type Timers } from '../../recordings/lame.ts';
import { inspectMp3, whyNotWhole } from '../../recordings/mp3.ts';
import { fakeLame, withoutLame, type LameKind } from '../fakes/lame.ts';
import { putFile, wavBytes } from '../fakes/wav.ts';

const never = new AbortController().signal;
function encodingIn(folder: string, lame: string): Encoding {
  const wav = putFile(folder, 'a.wav', wavBytes({ seconds: 2 }));
  return { wav, part: path.join(folder, 'a.mp3.part'), bitrateKbps: 64, seconds: 2, raw: null, command: [lame] };
}
const run = (folder: string, kind: LameKind, signal = never, timers: Timers = realTimers): Promise<void> =>
  runLame(encodingIn(folder, fakeLame(folder, kind)), { signal, timers });

t.test('an end other than 0 is an error with a code', async (t) => {
  await run(t.testdir(), 'honest');
  await t.rejects(run(t.testdir(), 'one'), { code: 'LAME_EXIT', message: /ended with 1: Error writing mp3 output/ });
  await t.rejects(run(t.testdir(), 'signal'), { code: 'LAME_SIGNAL', message: /SIGSEGV/ });
});

t.test('no lame: the reason says how to get it', async (t) => {
  await t.rejects(findEncoder('lame-that-nobody-has'), { code: 'LAME_MISSING', message: /apt-get install lame/ });
  await t.rejects(findEncoder('/nowhere/lame'), { code: 'LAME_MISSING' });
  await t.rejects(runLame(encodingIn(t.testdir(), '/nowhere/lame'), { signal: never, timers: realTimers }), { code: 'LAME_START' });
});

t.test('a lame that hangs is killed at its deadline', async (t) => {
  let limit = 0;
  const timers: Timers = { after: (milliseconds, then) => { limit = milliseconds; setImmediate(then); return () => undefined; } };
  await t.rejects(run(t.testdir(), 'hang', never, timers), { code: 'LAME_DEADLINE' });
  t.equal(limit, deadlineMs(2));
  t.ok(deadlineMs(36_000) > deadlineMs(60), 'a long call gets longer');
});

t.test('a stop kills it', async (t) => {
  const stopping = new AbortController();
  const running = run(t.testdir(), 'hang', stopping.signal, { after: () => { setImmediate(() => stopping.abort()); return () => undefined; } });
  await t.rejects(running, { code: 'STOPPED' });
  await t.rejects(run(t.testdir(), 'honest', AbortSignal.abort()), { code: 'STOPPED' });
});

t.test('arguments: mono, constant bitrate, and bare samples when the header is of no use', (t) => {
  const encoding = { wav: '/a.wav', part: '/a.mp3.part', bitrateKbps: 32, seconds: 1, raw: null, command: [] };
  t.same(lameArguments(encoding), ['--quiet', '-m', 'm', '-b', '32', '/a.wav', '/a.mp3.part']);
  t.same(lameArguments({ ...encoding, raw: { format: { rate: 11_025 }, dataAt: 44 } }).slice(5), ['-r', '-s', '11.025', '--bitwidth', '16', '--signed', '--little-endian', '-', '/a.mp3.part']);
  const stereo = { format: { rate: 8000 }, samples: () => Readable.from([]) };
  t.same(lameArguments({ ...encoding, stereo }), ['--quiet', '-m', 's', '-b', '64', '-r', '-s', '8', '--bitwidth', '16', '--signed', '--little-endian', '-', '/a.mp3.part']);
  t.end();
});

t.test('a low priority, so that the PBX comes first, whoever starts it', async (t) => {
  for (const launcher of [undefined, createLauncher(findIonice)]) {
    const folder = t.testdir();
    const lame = fakeLame(folder, 'honest');
    await runLame(encodingIn(folder, lame), { signal: never, timers: realTimers, launcher });
    t.equal(readFileSync(`${lame}.nice`, 'latin1'), '10\n');
    launcher?.rest();
  }
  const ionice = await findIonice();
  t.ok(ionice.length === 0 || (ionice[0]?.endsWith('/ionice') === true && ionice.slice(1).join(' ') === '-c 2 -n 7'));
});

t.test('through the launcher: the same ends, the same codes', async (t) => {
  const launcher = createLauncher(() => Promise.resolve([]));
  const around = { signal: never, timers: realTimers, launcher };
  const through = (kind: LameKind, given = around): Promise<void> => runLame(encodingIn(t.testdir(), fakeLame(t.testdirName, kind)), given);
  await through('honest');
  await t.rejects(through('one'), { code: 'LAME_EXIT', message: /ended with 1: Error writing mp3 output/ });
  await t.rejects(through('signal'), { code: 'LAME_SIGNAL', message: /SIGSEGV/ });
  await t.rejects(runLame(encodingIn(t.testdir(), '/nowhere/lame'), around), { code: 'LAME_START', message: /not found/ });
  const soon: Timers = { after: (_milliseconds, then) => { setImmediate(then); return () => undefined; } };
  await t.rejects(through('hang', { ...around, timers: soon }), { code: 'LAME_DEADLINE' });
  const stopping = new AbortController();
  await t.rejects(through('hang', { launcher, signal: stopping.signal, timers: { after: () => { setImmediate(() => stopping.abort()); return () => undefined; } } }), { code: 'STOPPED' });
  await through('honest');
  const odd = t.testdir({ 'a\nb': {} });
  await runLame({ ...encodingIn(path.join(odd, 'a\nb'), fakeLame(odd, 'honest')) }, around);
  t.ok(existsSync(path.join(odd, 'a\nb', 'a.mp3.part')), 'a word of two lines goes another way');
  launcher.rest();
});

t.test('real lame, from the file and from bare samples', { skip: await withoutLame() }, async (t) => {
  const folder = t.testdir();
  const encoding = encodingIn(folder, 'lame');
  await runLame(encoding, { signal: never, timers: realTimers });
  t.equal(whyNotWhole(await inspectMp3(encoding.part, never), 2), '');
  const wav = putFile(folder, 'open.wav', wavBytes({ seconds: 20, declared: 0, riff: 0 }));
  const raw = { ...encoding, wav, part: path.join(folder, 'open.mp3.part'), raw: { format: { rate: 8000 }, dataAt: 44 } };
  await runLame(raw, { signal: never, timers: realTimers });
  t.equal(whyNotWhole(await inspectMp3(raw.part, never), 20), '');
  t.ok(existsSync(wav));
});
