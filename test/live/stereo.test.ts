/** `recording.channels: stereo` on a real Asterisk 22: one MP3 with the client on the left and whoever talks with him on the right. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../../lab/command.ts';
import { pbxOf, raiseStage, UNKNOWN_NUMBER } from '../../lab/demo/stage.ts';
import { complaints } from '../../lab/hearing.ts';
import { play } from '../../lab/scenarios.ts';
import { analyse, show } from '../../lab/tones.ts';
import type { Sound } from '../../lab/wav.ts';
import { labFor } from './lab.ts';
import { until } from './until.ts';

interface Row { readonly state: string; readonly mp3: string | null; readonly channels: string | number | null; readonly reason: string }

/** The two channels of an MP3, each as a sound of its own. */
async function sidesOf(mp3: string): Promise<{ readonly channels: number; readonly left: Sound; readonly right: Sound }> {
  const folder = await mkdtemp(join(tmpdir(), 'callme-stereo-'));
  try {
    const wav = join(folder, 'decoded.wav');
    await run('lame', ['--quiet', '--decode', mp3, wav], { timeoutMs: 60_000 });
    const bytes = await readFile(wav);
    const [channels, rate] = [bytes.readUInt16LE(22), bytes.readUInt32LE(24)];
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + 44 + Math.floor((bytes.length - 44) / 4) * 4));
    const side = (which: number): Sound => ({ rate, samples: samples.filter((_, index) => index % 2 === which) });
    return { channels, left: side(0), right: side(1) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const lab = await labFor(t, { kit: false });
if (lab) {
  await t.test('stereo: through a transfer the client is on the left, 219 and then 220 on the right', async (t) => {
    const stage = await raiseStage(pbxOf(lab.asterisk), { more: 'recording: { channels: stereo }\n' });
    t.teardown(() => stage.close());
    await stage.verb('dialplan', 'install', '--etc', lab.asterisk.etc, '--recordings', lab.asterisk.recordings, '--no-freepbx');
    await lab.asterisk.reloadDialplan();
    await play(lab, 'inboundBlindTransfer', { client: UNKNOWN_NUMBER });
    let row: Row | undefined;
    await until(async () => {
      row = (JSON.parse(await stage.verb('spool', 'list', '--json')) as readonly Row[]).find(({ state }) => state === 'told');
      return row !== undefined;
    }, 60);
    t.equal(row?.reason, '', 'nothing had to be made mono');
    const { channels, left, right } = await sidesOf(row?.mp3 ?? '');
    t.equal(channels, 2);
    const [heardLeft, heardRight] = [analyse(left), analyse(right)];
    t.same(complaints(heardLeft, { throughout: 'T', order: [], strict: true }), [], `left: ${show(heardLeft)}`);
    t.same(complaints(heardRight, { throughout: null, order: ['219', '220'], strict: true }), [], `right: ${show(heardRight)}`);
  });
}
