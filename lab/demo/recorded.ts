/**
 * The demo without an Asterisk: streams that a real Asterisk 22 sent (test/captures) and sound files of the length that it recorded, played
 * through the same `callme serve` by a stand-in manager. No routing is shown: nobody asks over FastAGI here.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { belowRecordings } from '../../core/parties.ts';
import { type Headers, RawParser } from '../../ami/wire.ts';
import { FakeAmi } from '../../test/fakes/ami.ts';
import { TONES } from '../configuration/people.ts';
import { sine, writeWav } from '../wav.ts';
import type { Act } from './acts.ts';
import { judge, refusals } from './judge.ts';
import { conclusion, ledger, report } from './report.ts';
import { progress } from './say.ts';
import { raiseStage, type Stage } from './stage.ts';

const CAPTURES = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'test', 'captures', '22.10.1');
/** A raw dump has no times: a conversation lasts this long here. */
const TALK_SECONDS = 2;
const CLIENT = '79161234567';

interface RecordedAct extends Act { readonly capture: string }
const whole = (title: string, capture: string, expect: Act['expect']): RecordedAct => ({ title, capture, story: 'internalCall', cast: {}, expect });

const RECORDED: readonly RecordedAct[] = [
  whole('A known client calls 219; blind transfer to 220', 'b1_inbound_blind_refer', { client: CLIENT, type: 2, statusCode: '200', userId: 8, talkSeconds: 2 * TALK_SECONDS, routeReason: null, sound: { throughout: 'T', order: ['219', '220'], strict: true } }),
  whole('He calls again; nobody answers', 'e3_unanswered', { client: CLIENT, type: 2, statusCode: '304', userId: 7, talkSeconds: 0, routeReason: null, sound: null }),
  whole('219 calls him; attended transfer to 220', 'd2_outbound_att_refer', { client: CLIENT, type: 1, statusCode: '200', userId: 8, talkSeconds: 2 * TALK_SECONDS, routeReason: null, sound: { throughout: 'T', order: ['219', '220'], strict: true } }),
];

export async function playRecorded(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'callme-demo-'));
  const pbx = await FakeAmi.start();
  const recordings = join(folder, 'continuous');
  await mkdir(recordings);
  progress('starting callme serve and a stand-in Bitrix24 portal');
  const stage = await raiseStage({ ami: pbx.settings, agiPort: 20_000 + (process.pid % 10_000), recordings, folder: join(folder, 'callme') });
  try {
    return await acts(stage, pbx, recordings);
  } finally {
    await stage.close();
    await pbx.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function acts(stage: Stage, pbx: FakeAmi, recordings: string): Promise<number> {
  const complaints: string[] = [];
  for (const act of RECORDED) {
    progress(`playing: ${act.title} (${act.capture})`);
    const before = stage.portal.calls.length;
    await playCapture(pbx, act.capture, recordings);
    const verdict = await judge(stage, act, before);
    const own = await report(stage, act, verdict);
    complaints.push(...[...verdict.complaints, ...own].map((complaint) => `${act.title}: ${complaint}`));
  }
  ledger(stage);
  return conclusion([...complaints, ...refusals(stage)]);
}

async function playCapture(pbx: FakeAmi, capture: string, recordings: string): Promise<void> {
  const items = new RawParser().push(await readFile(join(CAPTURES, `${capture}.txt`), 'utf8'));
  for (const item of items) {
    if (item.event === '' || item.event === 'FullyBooted') continue;
    if (item.text('UserEvent') === 'CallMeRecEnd') await recorded(item, recordings);
    await pbx.event([...item]);
    if (item.event === 'BridgeEnter' && item.text('BridgeNumChannels') === '2') await pause(TALK_SECONDS * 1000);
  }
}

/** A file as long as the one that Asterisk wrote: the client throughout, 219 in its first half, 220 in its second. */
async function recorded(item: Headers, recordings: string): Promise<void> {
  const file = belowRecordings(item.text('RecFile'));
  if (file === null) return;
  const seconds = Math.max(0, Number(item.text('RecSize')) - 44) / 16_000;
  const client = sine(TONES.T, 6000, seconds);
  const [first, second] = [sine(TONES['219'], 6000, seconds), sine(TONES['220'], 6000, seconds)];
  const samples = client.map((value, index) => value + ((index < client.length / 2 ? first : second)[index] ?? 0));
  await mkdir(dirname(join(recordings, file)), { recursive: true });
  await writeFile(join(recordings, file), writeWav({ rate: 8000, samples }));
}
