import t from 'tap';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createFrameReader, inspectMp3, parseFrame, whyNotWhole, type FrameCount } from '../../recordings/mp3.ts';
import { withoutLame } from '../fakes/lame.ts';
import { mp3Bytes, mp3Frame, putFile, wavBytes } from '../fakes/wav.ts';

const never = new AbortController().signal;
function count(bytes: Buffer, step = bytes.length): FrameCount {
  const reader = createFrameReader();
  for (let at = 0; at < bytes.length; at += step) reader.feed(bytes.subarray(at, at + step));
  return reader.end();
}

t.test('frame headers', (t) => {
  t.match(parseFrame(0xffe388c4), { bytes: 576, samples: 576, rate: 8000, tagAt: 13 }, 'MPEG-2.5, 64 kbit/s, 8 kHz, mono');
  t.match(parseFrame(0xfffb9064), { bytes: 417, samples: 1152, rate: 44_100, tagAt: 36 }, 'MPEG-1, 128 kbit/s, 44.1 kHz, stereo');
  t.match(parseFrame(0xfff388c4), { bytes: 288, samples: 576, rate: 16_000 }, 'MPEG-2, 64 kbit/s, 16 kHz, mono');
  for (const word of [0, 0xffffffff, 0xffe308c4, 0xffe38cc4, 0xffe588c4, 0xffeb88c4, 0x7fe388c4]) t.equal(parseFrame(word), null, word.toString(16));
  t.end();
});

t.test('frames are counted, however they arrive', (t) => {
  const bytes = mp3Bytes(10);
  for (const step of [bytes.length, 1, 7, 575, 576, 577, 4096]) t.match(count(bytes, step), { frames: 140, seconds: 10.08, rate: 8000, problem: '' }, `${step} at a time`);
  t.end();
});

t.test('lame\'s Info frame is no sound, an ID3 tag is none either', (t) => {
  const info = mp3Frame();
  info.write('Info', 13, 'latin1');
  t.match(count(Buffer.concat([info, mp3Bytes(1)])), { frames: 15, problem: '' });
  const id3 = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 2]), Buffer.alloc(130)]);
  for (const step of [1, 5000]) t.match(count(Buffer.concat([id3, mp3Bytes(1)]), step), { frames: 15, problem: '' });
  t.end();
});

t.test('what is not a whole MP3 says so', (t) => {
  const whole = mp3Bytes(2);
  const other = mp3Frame();
  other.writeUInt32BE(0xfff388c4);
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['nothing', Buffer.alloc(0), /no audio frame/],
    ['a few bytes', whole.subarray(0, 3), /no frame at byte 0/],
    ['garbage', Buffer.alloc(1024, 7), /no frame at byte 0/],
    ['cut off', whole.subarray(0, -1), /cut off/],
    ['cut off in its header', whole.subarray(0, 576 * 5 + 9), /cut off/],
    ['bytes behind the end', Buffer.concat([whole, Buffer.from([1, 2])]), /no frame at byte/],
    ['a hole', Buffer.concat([whole.subarray(0, 576 * 3), Buffer.alloc(576), whole]), /no frame at byte 1728/],
    ['another rate in the middle', Buffer.concat([whole, other]), /no frame at byte/],
  ];
  for (const [what, bytes, problem] of cases) for (const step of [1, 9999]) t.match(count(bytes, step).problem, problem, what);
  t.end();
});

t.test('an MP3 is whole when it has all the sound', (t) => {
  const lasting = (seconds: number): Pick<FrameCount, 'seconds' | 'problem'> => ({ seconds, problem: '' });
  t.equal(whyNotWhole(lasting(10.2), 10), '');
  t.match(whyNotWhole(lasting(9.8), 10), /lasts 9.80 s, the WAV 10.00 s/);
  t.match(whyNotWhole(lasting(11.1), 10), /lasts/);
  t.match(whyNotWhole({ ...lasting(10), problem: 'x' }, 10), /not whole: x/);
  t.end();
});

t.test('one pass over a file: frames and sha256', async (t) => {
  const bytes = mp3Bytes(120);
  const file = putFile(t.testdir(), 'a.mp3', bytes);
  t.match(await inspectMp3(file, never), { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), problem: '' });
  await t.rejects(inspectMp3(`${file}x`, never), { code: 'ENOENT' });
  await t.rejects(inspectMp3(file, AbortSignal.abort()), { name: 'AbortError' });
});

t.test('real lame: every rate and bitrate, and its traps', { skip: await withoutLame() }, async (t) => {
  const folder = t.testdir();
  for (const rate of [8000, 11_025, 16_000, 44_100]) {
    for (const bitrate of [16, 32, 64]) {
      for (const seconds of [0.01, 0.5, 7.3]) {
        const wav = putFile(folder, 'a.wav', wavBytes({ seconds, rate }));
        execFileSync('lame', ['--quiet', '-m', 'm', '-b', String(bitrate), wav, path.join(folder, 'a.mp3')]);
        const look = await inspectMp3(path.join(folder, 'a.mp3'), never);
        t.equal(whyNotWhole(look, seconds), '', `${rate} Hz ${bitrate} kbit/s ${seconds} s → ${look.seconds.toFixed(3)} s`);
      }
    }
  }
  const open = putFile(folder, 'open.wav', wavBytes({ seconds: 20, declared: 0, riff: 0 }));
  execFileSync('lame', ['--quiet', '-b', '64', open, path.join(folder, 'open.mp3')]);
  t.match(whyNotWhole(await inspectMp3(path.join(folder, 'open.mp3'), never), 20), /lasts 0\.\d+ s, the WAV 20.00 s/, 'exit 0 and no sound');
  const whole = readFileSync(path.join(folder, 'a.mp3'));
  writeFileSync(path.join(folder, 'cut.mp3'), whole.subarray(0, whole.length - 10));
  t.match(await inspectMp3(path.join(folder, 'cut.mp3'), never), { problem: /cut off/ });
});
