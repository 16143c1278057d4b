/** The lab's own instruments, without an Asterisk: a yardstick that is wrong would call a broken recording whole. */
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../../lab/command.ts';
import { TONES } from '../../lab/configuration/people.ts';
import { complaints } from '../../lab/hearing.ts';
import { digitPackets } from '../../lab/sip/dtmf.ts';
import { cseqOf, header, parseMessage, statusOf, tagOf, uriOf } from '../../lab/sip/message.ts';
import { RtpStream } from '../../lab/sip/rtp.ts';
import { answerDirection, describeMedia, remoteMedia } from '../../lab/sip/sdp.ts';
import { decodeUlaw, encodeUlaw } from '../../lab/sip/ulaw.ts';
import { analyse, decodeMp3, type Speaker } from '../../lab/tones.ts';
import { readWav, sine, writeWav, type Sound } from '../../lab/wav.ts';

type Tone = keyof typeof TONES;

/** A call as the parties would sound it: each part is who speaks for how many seconds. */
function compose(...parts: readonly (readonly [seconds: number, ...speakers: Tone[]])[]): Sound {
  const total = parts.reduce((sum, [seconds]) => sum + seconds, 0);
  const samples = new Int16Array(Math.round(total * 8000));
  let at = 0;
  for (const [seconds, ...speakers] of parts) {
    for (const speaker of speakers) sine(TONES[speaker], 6000, seconds).forEach((sample, index) => { samples[at + index] = (samples[at + index] ?? 0) + sample; });
    at += Math.round(seconds * 8000);
  }
  return { rate: 8000, samples };
}

const transfer: readonly Speaker[] = ['219', '220'];
const judge = (sound: Sound, order = transfer): string[] => complaints(analyse(sound), { throughout: 'T', order, strict: true });

t.test('a whole recording has no complaint', async (t) => {
  t.same(judge(compose([2, 'T', 219], [1, 'T', 'MOH'], [2, 'T', 220])), []);
  t.same(judge(compose([0.4], [2, 'T', 219], [0.25, 'T'], [2, 'T', 220], [0.5])), [], 'a gap of 0.25 s passes, silent edges do not count');
});

t.test('everything that can be wrong is named', async (t) => {
  t.match(judge(compose([2, 'T', 219], [0.4, 'T'], [2, 'T', 220])), [/nobody but T is heard from 2\.0\d to 2\.\d\d s/], 'a gap of 0.4 s');
  t.match(judge(compose([2, 'T', 219], [0.4, 220], [2, 'T', 220])), [/T is not heard from/], 'the client is missing for 0.4 s');
  t.match(judge(compose([2, 'T', 219], [2, 'T'])), [/220 is heard for 0\.00 s only/], 'the second employee is missing: Debian\'s defect');
  t.match(judge(compose([2, 'T', 220], [2, 'T', 219])), [/heard in the order 220, 219 instead of 219, 220/]);
  t.match(judge(compose([2, 'T', 219], [2, 'T', 220], [1, 'T', 221])), [/221 is heard and should not be/]);
  t.match(judge({ rate: 8000, samples: new Int16Array(0) }), [/T is heard for 0\.00 s only/], 'an empty file');
});

t.test('an edge is found within 30 ms', async (t) => {
  const [first, second] = analyse(compose([1.5, 'T', 219], [1.5, 'T', 220])).filter(({ to, from }) => to - from > 0.2);
  t.same([first?.speakers, second?.speakers], [['219', 'T'], ['220', 'T']]);
  t.ok(Math.abs((first?.to ?? 0) - 1.5) <= 0.03, `219 ends at ${first?.to ?? 0}`);
  t.ok(Math.abs((second?.from ?? 0) - 1.5) <= 0.03, `220 begins at ${second?.from ?? 0}`);
});

t.test('every tone survives µ-law and is taken for no other', async (t) => {
  for (const speaker of Object.keys(TONES) as Tone[]) {
    const sound = { rate: 8000, samples: decodeUlaw(encodeUlaw(compose([1, speaker]).samples)) };
    t.same(analyse(sound).map(({ speakers }) => speakers), [[String(speaker)]], String(speaker));
  }
});

t.test('µ-law: the values of G.711', async (t) => {
  t.same([...encodeUlaw(Int16Array.of(0, -1, 32767, -32768, 1000))], [0xff, 0x7f, 0x80, 0x00, 0xce]);
  t.same([...decodeUlaw(Uint8Array.of(0xff, 0x7f, 0x80, 0x00))], [0, 0, 32124, -32124]);
});

t.test('WAV: what is written is read, and a header that claims nothing hides nothing', async (t) => {
  const sound = compose([0.5, 'T']);
  const wav = writeWav(sound);
  t.same(readWav(wav), sound);
  wav.writeUInt32LE(0, 40);
  t.same(readWav(wav), sound, 'a file that Asterisk still writes');
  t.equal(readWav(Buffer.from('RIFF')).samples.length, 0);
});

t.test('an MP3 is judged as its WAV is', async (t) => {
  if ((await run('lame', ['--version'])).code !== 0) { t.pass('needs lame', { skip: 'lame is not installed' }); return; }
  const folder = await mkdtemp(join(tmpdir(), 'callme-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'call.wav'), writeWav(compose([2, 'T', 219], [2, 'T', 220])));
  t.equal((await run('lame', ['--quiet', '-b', '32', '-m', 'm', join(folder, 'call.wav'), join(folder, 'call.mp3')])).code, 0);
  t.same(judge(await decodeMp3(join(folder, 'call.mp3'))), []);
  await t.rejects(decodeMp3(join(folder, 'none.mp3')), { code: 'cli-failed' });
});

t.test('SIP: compact names, folded parts, tags', async (t) => {
  const message = parseMessage('SIP/2.0 180 Ringing\r\nv: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\nt: "A" <sip:a@b>;tag=77\r\ni: x@y\r\nCSeq: 12 INVITE\r\n\r\nbody');
  t.equal(statusOf(message), 180);
  t.same(message.headers.filter(([name]) => name === 'via').map(([, value]) => value), ['SIP/2.0/UDP a', 'SIP/2.0/UDP b']);
  t.same([tagOf(header(message, 'to')), uriOf(header(message, 'to')), header(message, 'call-id'), message.body], ['77', 'sip:a@b', 'x@y', 'body']);
  t.same(cseqOf(message), { number: 12, method: 'INVITE' });
  t.equal(statusOf(parseMessage('BYE sip:a SIP/2.0\r\n\r\n')), 0);
});

t.test('SDP: what we describe we understand; hold is answered by listening', async (t) => {
  const body = describeMedia({ address: '127.0.0.9', port: 4000 }, 1, 'sendonly');
  t.same(remoteMedia(body), { address: '127.0.0.9', port: 4000 });
  t.equal(answerDirection(body), 'recvonly');
  t.equal(remoteMedia('m=audio 0 RTP/AVP 0\r\nc=IN IP4 1.2.3.4'), null);
});

t.test('a key is one event: marked once, ended three times', async (t) => {
  const payloads = digitPackets('#').map(({ first, payload }) => ({ first, payload }));
  t.equal(payloads.filter(({ first }) => first).length, 1);
  t.equal(payloads.filter(({ payload }) => payload !== null && (payload.readUInt8(1) & 0x80) !== 0).length, 3);
  t.equal(payloads[0]?.payload?.readUInt8(0), 11);
  t.throws(() => digitPackets('x'), RangeError);
});

t.test('RTP: packets in order, the tone in them, keys among them, and what comes back is heard', async (t) => {
  const [stream, peer] = [new RtpStream(TONES[219], 'common'), createSocket('udp4')];
  t.teardown(() => { stream.close(); peer.close(); });
  const packets: Buffer[] = [];
  const enough = new Promise<void>((resolve) => peer.on('message', (packet, from) => {
    peer.send(packet, from.port, from.address);
    if (packets.push(packet) === 60) resolve();
  }));
  await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve));
  await stream.open('127.0.0.1');
  stream.peer = { address: '127.0.0.1', port: peer.address().port };
  await stream.press('5');
  stream.sounding = true;
  await enough;

  const keys = packets.filter((packet) => (packet.readUInt8(1) & 0x7f) === 101);
  const voice = packets.filter((packet) => (packet.readUInt8(1) & 0x7f) === 0);
  t.equal(keys.length, 8);
  t.equal(keys[0]?.readUInt8(12), 5);
  const steps = voice.slice(1).map((packet, index) => {
    const before = voice[index] ?? packet;
    return [(packet.readUInt16BE(2) - before.readUInt16BE(2)) & 0xffff, (packet.readUInt32BE(4) - before.readUInt32BE(4)) >>> 0];
  });
  t.same(steps.filter(([sequence, timestamp]) => (timestamp ?? 0) !== (sequence ?? 0) * 160), [], 'sequence and time advance together');
  t.match(analyse({ rate: 8000, samples: decodeUlaw(Buffer.concat(voice.map((packet) => packet.subarray(12)))) })[0]?.speakers, ['219']);
  t.match(analyse({ rate: 8000, samples: decodeUlaw(stream.heard()) })[0]?.speakers, ['219'], 'the echo');
});
