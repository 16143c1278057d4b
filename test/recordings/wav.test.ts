import t from 'tap';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { inspectWav, parseWav, repairWav, type WavTruth } from '../../recordings/wav.ts';
import { createRandom, putFile, wavBytes, wavHeader } from '../fakes/wav.ts';

const parse = (bytes: Buffer): WavTruth => parseWav(bytes.subarray(0, 4096), bytes.length);
const SECOND = 16_000;

t.test('header truth', (t) => {
  const cases: readonly (readonly [string, Buffer, Partial<WavTruth>])[] = [
    ['as closed by Asterisk', wavBytes(), { kind: 'sound', dataAt: 44, dataBytes: SECOND, seconds: 1 }],
    ['still open or crashed', wavBytes({ declared: 0, riff: 0 }), { kind: 'lying', declared: 0, dataBytes: SECOND, seconds: 1 }],
    ['declares more than there is', wavBytes({ declared: SECOND * 2 }), { kind: 'lying', dataBytes: SECOND }],
    ['declares less than there is', wavBytes({ declared: SECOND / 2 }), { kind: 'lying', dataBytes: SECOND }],
    ['0xffffffff', wavBytes({ declared: 0xffff_ffff, riff: 0xffff_ffff }), { kind: 'lying', dataBytes: SECOND }],
    ['an odd tail', wavBytes({ declared: 0, tail: Buffer.from([1]) }), { kind: 'lying', dataBytes: SECOND }],
    ['an odd tail of a closed file', wavBytes({ tail: Buffer.from([1]) }), { kind: 'sound', dataBytes: SECOND }],
    ['16 kHz', wavBytes({ rate: 16_000 }), { kind: 'sound', seconds: 1 }],
    ['an empty call, closed', wavHeader(0), { kind: 'empty', headerOnly: true, closed: true }],
    ['an empty call, open', wavHeader(0, { riff: 0 }), { kind: 'empty', headerOnly: true, closed: false }],
    ['a header that claims audio', wavHeader(0, { declared: 99, riff: 135 }), { kind: 'empty', headerOnly: false }],
    ['one byte of audio', Buffer.concat([wavHeader(0), Buffer.from([5])]), { kind: 'empty', headerOnly: false }],
    ['a stub', wavHeader(0).subarray(0, 20), { kind: 'stub' }],
    ['nothing', Buffer.alloc(0), { kind: 'stub' }],
    ['text', Buffer.from('x'.repeat(100)), { kind: 'foreign' }],
    ['no data chunk', Buffer.concat([wavBytes().subarray(0, 36), Buffer.alloc(100, 65)]), { kind: 'foreign' }],
  ];
  for (const [what, bytes, truth] of cases) t.match(parse(bytes), truth, what);
  t.end();
});

t.test('formats that lame would take for something else are refused', (t) => {
  const gsm = wavBytes();
  gsm.writeUInt16LE(49, 20);
  t.match(parse(gsm), { kind: 'foreign', reason: /format 49/ });
  const stereo = wavBytes();
  stereo.writeUInt16LE(2, 22);
  t.match(parse(stereo), { kind: 'foreign', reason: /2 channel/ });
  t.end();
});

t.test('chunks before the data are walked over', (t) => {
  const plain = wavBytes();
  const extra = Buffer.from('LIST\u0003\0\0\0abc\0', 'latin1');
  const bytes = Buffer.concat([plain.subarray(0, 36), extra, plain.subarray(36)]);
  t.match(parse(bytes), { kind: 'sound', dataAt: 56, seconds: 1 });
  t.end();
});

t.test('more than 4 GiB: the field wraps, the length does not', (t) => {
  const size = 44 + 5 * 2 ** 30;
  t.match(parseWav(wavHeader(0, { declared: 2 ** 30 }), size), { kind: 'lying', dataBytes: 5 * 2 ** 30 });
  t.match(parseWav(wavHeader(0, { declared: 0xffff_ffff }), size), { kind: 'sound', dataBytes: 5 * 2 ** 30 });
  t.end();
});

t.test('repair in place writes the sizes and nothing else', async (t) => {
  const file = putFile(t.testdir(), 'a.wav', wavBytes({ declared: 0, riff: 0 }));
  const look = await inspectWav(file);
  if (look.kind !== 'there' || look.truth.kind !== 'lying') { t.fail('should be lying'); return; }
  t.equal(await repairWav(file, look.truth, look.identity), true);
  t.same(readFileSync(file), wavBytes(), 'byte for byte what Asterisk would have written');
  t.match(await inspectWav(file), { truth: { kind: 'sound', seconds: 1 } });
});

t.test('a file that changed since it was looked at is not repaired', async (t) => {
  const folder = t.testdir();
  const file = putFile(folder, 'a.wav', wavBytes({ declared: 0, riff: 0 }));
  const look = await inspectWav(file);
  if (look.kind !== 'there' || look.truth.kind !== 'lying') { t.fail('should be lying'); return; }
  putFile(folder, 'a.wav', wavBytes({ declared: 0, riff: 0, seconds: 2 }));
  t.equal(await repairWav(file, look.truth, look.identity), false);
  t.equal(readFileSync(file).readUInt32LE(40), 0);
});

t.test('a link is not followed, a folder is no recording, nothing is missing', async (t) => {
  const folder = t.testdir({ 'real.wav': 'x'.repeat(60), 'folder.wav': {} });
  symlinkSync(path.join(folder, 'real.wav'), path.join(folder, 'link.wav'));
  await t.rejects(inspectWav(path.join(folder, 'link.wav')), { code: 'ELOOP' });
  t.match(await inspectWav(path.join(folder, 'folder.wav')), { truth: { kind: 'foreign' } });
  t.same(await inspectWav(path.join(folder, 'none.wav')), { kind: 'missing' });
  t.same(await inspectWav(path.join(folder, 'real.wav', 'below.wav')), { kind: 'missing' });
});

t.test('no bytes make the parser throw, loop or invent sound', (t) => {
  const random = createRandom(20_261_120);
  const whole = wavBytes({ seconds: 0.02 });
  let sounds = 0;
  for (let turn = 0; turn < 20_000; turn += 1) {
    const bytes = Buffer.from(whole.subarray(0, Math.floor(random() * (whole.length + 1))));
    for (let change = Math.floor(random() * 6); change > 0 && bytes.length > 0; change -= 1) {
      bytes[Math.floor(random() * Math.min(bytes.length, 60))] = Math.floor(random() * 256);
    }
    const truth = parse(bytes);
    if (truth.kind !== 'sound' && truth.kind !== 'lying') continue;
    sounds += 1;
    if (truth.dataAt + truth.dataBytes > bytes.length || truth.dataBytes <= 0 || truth.dataBytes % 2 !== 0 || !(truth.seconds > 0)) {
      t.fail(`invented sound: ${JSON.stringify(truth)} of ${bytes.length} bytes`);
    }
  }
  t.ok(sounds > 1000, `${sounds} of 20000 still had sound`);
  t.end();
});
