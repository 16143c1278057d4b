import t from 'tap';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createFrameReader, whyNotWhole, whyRefused, type FrameCount } from '../../recordings/mp3.ts';
import { levelOf, MUTE, whyQuieter } from '../../recordings/mp3-level.ts';
import { samplesOf } from '../../recordings/samples.ts';
import { createEar, listen, type Sound } from '../../recordings/silence.ts';
import { withoutLame } from '../fakes/lame.ts';
import { createRandom, mp3Bytes, mp3Frame, putFile, speech, wavHeader } from '../fakes/wav.ts';

const never = new AbortController().signal;
const decibels = (level: number): number => 32_768 * 10 ** (level / 20);
const tone = (seconds: number, level: number, rate = 8000, hertz = 440): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, index) => Math.round(Math.SQRT2 * decibels(level) * Math.sin((2 * Math.PI * hertz * index) / rate)));
const noise = (seconds: number, level: number, rate = 8000): Int16Array => {
  const random = createRandom(7);
  return Int16Array.from({ length: Math.round(seconds * rate) }, () => Math.round((random() - 0.5) * Math.sqrt(12) * decibels(level)));
};
const silence = (seconds: number, rate = 8000): Int16Array => new Int16Array(Math.round(seconds * rate));
const bytesOf = (...parts: readonly Int16Array[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
const wavOf = (rate: number, ...parts: readonly Int16Array[]): Buffer => {
  const sound = bytesOf(...parts);
  return Buffer.concat([wavHeader(sound.length, { rate }), sound]);
};
function heard(rate: number, ...parts: readonly Int16Array[]): Sound {
  const ear = createEar(rate);
  for (const part of parts) ear.hear(part);
  return ear.end();
}
const read = (bytes: Buffer): FrameCount => {
  const reader = createFrameReader();
  reader.feed(bytes);
  return reader.end();
};

t.test('seconds in which nobody is heard, and seconds in which somebody certainly is', (t) => {
  for (const rate of [8000, 11_025, 16_000, 44_100]) {
    const sound = heard(rate, tone(2, -20, rate), silence(3, rate), tone(1, -20, rate));
    t.same(sound.loud, Uint8Array.from([1, 1, 0, 0, 0, 1]), `${rate} Hz`);
    t.ok(Math.abs(sound.silentSeconds - 3) < 0.15, `${rate} Hz: to a window`);
  }
  const levels: readonly (readonly [string, Int16Array, number, readonly number[]])[] = [
    ['idle noise of a line', noise(2, -72), 2, [0, 0]], ['a quiet room', noise(2, -55), 2, [0, 0]], ['quiet, but not silent', tone(2, -45), 0, [0, 0]],
    ['speech', tone(2, -30), 0, [1, 1]], ['a click is nothing loud', Int16Array.from({ length: 16_000 }, (_, index) => (index % 8000 === 10 ? 30_000 : 0)), 1.8, [0, 0]],
    ['only high tones: not counted as loud', tone(2, -20, 8000, 3900), 0, [0, 0]],
  ];
  for (const [what, samples, silentSeconds, loud] of levels) t.match(heard(8000, samples), { silentSeconds, loud: Uint8Array.from(loud) }, what);
  t.match(heard(8000), { silentSeconds: 0, loud: new Uint8Array(0) }, 'nothing at all');
  t.match(heard(8000, tone(0.35, -20)), { loud: Uint8Array.from([1]) }, 'a short word');
  t.end();
});

t.test('samples may arrive in any pieces', (t) => {
  const whole = tone(5, -20);
  for (const step of [1, 7, 800, 4001]) {
    const ear = createEar(8000);
    for (let at = 0; at < whole.length; at += step) ear.hear(whole.subarray(at, at + step));
    t.same(ear.end(), heard(8000, whole), `${step} at a time`);
  }
  t.end();
});

t.test('a file is read in pieces, from where its samples begin to where they end', async (t) => {
  const sound = speech(70, 3);
  const file = putFile(t.testdir(), 'a.wav', Buffer.concat([wavHeader(sound.length), sound, Buffer.from([1, 2, 3])]));
  const pieces: Buffer[] = [];
  for await (const samples of samplesOf(file, { dataAt: 44, dataBytes: sound.length }, never)) pieces.push(Buffer.from(bytesOf(samples)));
  t.ok(pieces.length > 1);
  t.ok(Buffer.concat(pieces).equals(sound));
  const short: number[] = [];
  for await (const samples of samplesOf(file, { dataAt: 44, dataBytes: sound.length + 1001 }, never)) short.push(samples.length);
  t.equal(short.reduce((sum, each) => sum + each, 0), sound.length / 2 + 1, 'a file that ends early');
  await t.rejects(listen(`${file}x`, { dataAt: 44, dataBytes: 10, format: { rate: 8000 } }, never), { code: 'ENOENT' });
  await t.rejects(listen(file, { dataAt: 44, dataBytes: 10, format: { rate: 8000 } }, AbortSignal.abort()), { name: 'AbortError' });
});

t.test('a frame\'s level comes from its side information', (t) => {
  const mono = { mpeg1: false, mono: true, protected: false };
  t.equal(levelOf(mp3Frame(), 4, mono), 14);
  t.equal(levelOf(mp3Frame('mute'), 4, mono), MUTE);
  t.equal(levelOf(mp3Frame('stereo'), 4, { ...mono, mono: false }), 14);
  t.equal(levelOf(Buffer.alloc(0), 4, mono), MUTE, 'behind the end there is nothing');
  t.same([...read(mp3Bytes(1)).levels], Array.from({ length: 15 }, () => 14));
  t.end();
});

t.test('an MP3 that is silent where the WAV is loud is refused', (t) => {
  const loud = { loud: Uint8Array.from([1, 0, 1, 1]) };
  const frame = 0.072;
  const levels = (mute: (second: number) => boolean): Uint8Array => Uint8Array.from({ length: 60 }, (_, index) => (mute(index * frame) ? MUTE : 20));
  t.equal(whyQuieter(levels(() => false), frame, loud), '');
  t.equal(whyQuieter(levels((second) => second > 1.31 && second < 1.99), frame, loud), '', 'silent where the WAV is');
  t.equal(whyQuieter(levels(() => true), frame, loud), 'the MP3 is silent in 3 s in which the WAV is not (the first: second 0)');
  t.equal(whyQuieter(levels((second) => second > 2.9), frame, loud), 'the MP3 is silent in 1 s in which the WAV is not (the first: second 3)');
  t.equal(whyQuieter(Uint8Array.from({ length: 60 }, () => 71), frame, loud).includes('3 s'), true, 'a whisper of -71 dB is no sound');
  t.equal(whyQuieter(new Uint8Array(0), frame, loud).includes('3 s'), true);
  t.equal(whyQuieter(new Uint8Array(0), frame, { loud: Uint8Array.from([0, 0]) }), '', 'a silent WAV asks nothing');
  t.end();
});

t.test('real lame: whatever it makes of a sound is accepted, silence of the same length never', { skip: await withoutLame() }, (t) => {
  const folder = t.testdir();
  const encode = (wav: Buffer, bitrate: number): FrameCount => {
    const [from, to] = [putFile(folder, 'a.wav', wav), path.join(folder, 'a.mp3')];
    execFileSync('lame', ['--quiet', '-m', 'm', '-b', String(bitrate), from, to]);
    return read(readFileSync(to));
  };
  for (const rate of [8000, 16_000, 44_100]) {
    const sounds: Readonly<Record<string, Int16Array>> = {
      speech: new Int16Array(new Uint8Array(speech(6, 5, rate)).buffer), 'a soft tone': tone(6, -39, rate), 'a loud tone': tone(6, -3, rate), ringback: tone(6, -20, rate, 425),
      noise: noise(6, -25, rate), 'a word': Int16Array.from([...silence(3, rate), ...tone(0.4, -30, rate), ...silence(3, rate)]),
    };
    for (const bitrate of [8, 16, 64]) {
      for (const [what, samples] of Object.entries(sounds)) {
        const sound = heard(rate, samples);
        const seconds = samples.length / rate;
        const said = `${what}, ${rate} Hz, ${bitrate} kbit/s`;
        if (!sound.loud.includes(1)) t.fail(`${said}: is not loud`);
        t.equal(whyRefused(encode(wavOf(rate, samples), bitrate), seconds, sound), '', said);
        for (const quiet of [silence(seconds, rate), noise(seconds, -85, rate)]) {
          const mute = encode(wavOf(rate, quiet), bitrate);
          t.equal(whyNotWhole(mute, seconds), '', 'by its length it would pass');
          t.match(whyRefused(mute, seconds, sound), /silent in \d+ s in which the WAV is not/, said);
        }
      }
    }
  }
  const talk = new Int16Array(new Uint8Array(speech(20, 9)).buffer);
  const hole = Int16Array.from(talk, (sample, index) => (index > 8 * 8000 && index < 12 * 8000 ? 0 : sample));
  t.match(whyRefused(encode(wavOf(8000, hole), 64), 20, heard(8000, talk)), /silent in [123] s .*second (8|9|10)/, 'a hole in the middle');
  t.end();
});
