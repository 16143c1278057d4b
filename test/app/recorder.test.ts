/** Pause and resume: by the API's port, by keys, by `callme record`; on a PBX that obeys, refuses, has another recorder, or is away. */
import t, { type Test } from 'tap';
import { type Recorded, RecordedChannel } from '../fakes/recorded-channel.ts';
import { response } from '../fakes/ami.ts';
import { moment, Story } from '../fakes/story.ts';
import { run } from './bench.ts';
import { type House, keyOf, open, place, type Place } from './house.ts';

const LINKEDID = '1795168702.6';
const CALL = keyOf(LINKEDID);
const CHANNEL = 'PJSIP/trunk-00000006';
const FILE = `/var/spool/asterisk/lab/2026/11/20/call-${LINKEDID}.wav`;

interface Scene { readonly where: Place; readonly house: House; readonly story: Story; readonly channel: RecordedChannel }

/** 219 talks with the client, and it is recorded. */
async function talking(t: Test, recorded: Partial<Recorded> = {}): Promise<Scene> {
  const where = await place(t);
  const story = new Story(where.pbx, 'b1_inbound_blind_refer', where.recordings);
  const channel = new RecordedChannel(where.pbx, CHANNEL, { file: FILE, version: '22.10.1', ...recorded });
  const house = await open(t, where);
  await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
  await house.log.until(() => (house.callMe.ears[0]?.pump.call(CALL)?.talkingSince ?? 0) > 0);
  return { where, house, story, channel };
}

/** The PBX says what was done to its recorder. */
const said = ({ where }: Scene, state: string, direction = 'both'): Promise<void> => where.pbx.event([['Event', 'MixMonitorMute'], ['Privilege', 'call,all'],
  ['Channel', CHANNEL], ['Uniqueid', LINKEDID], ['Linkedid', LINKEDID], ['Direction', direction], ['State', state]]);
const pauses = ({ house }: Scene): number => house.callMe.ears[0]?.pump.call(CALL)?.sounds[0]?.pauses.length ?? -1;

t.test('pause and resume mute both directions of the recorded channel, and the log says who was obeyed', async (t) => {
  const s = await talking(t);
  t.same(await s.house.callMe.recorder.pause(CALL), { ok: true });
  t.ok(s.channel.muted);
  t.same(await s.house.callMe.recorder.resume(CALL), { ok: true });
  t.same(s.channel.done, ['mute 1 both', 'mute 0 both']);
  t.match(JSON.parse(await s.house.log.says(/recording: paused/)), { level: 'info', call: CALL });
});

t.test('the fact of the file says where it was paused; one muted direction is no pause', async (t) => {
  const s = await talking(t);
  await said(s, '1', 'read');
  await said(s, '0', 'read');
  await said(s, '1');
  await s.house.log.until(() => pauses(s) > 0);
  await said(s, '0');
  await s.house.log.until(() => s.house.callMe.ears[0]?.pump.call(CALL)?.sounds[0]?.pauses.at(-1)?.to !== null);
  t.equal(pauses(s), 1);
  await s.story.play();
  const facts = (): readonly unknown[] => s.house.callMe.store.journal.facts(CALL).filter(({ kind }) => kind === 'recording-closed');
  await s.house.log.until(() => facts().length === 1);
  const [fact] = facts() as readonly { readonly pauses: readonly { readonly fromMs: number; readonly toMs: number }[]; readonly talked: readonly string[] }[];
  t.same(fact?.talked, ['219', '220']);
  t.ok(fact?.pauses.every(({ fromMs, toMs }) => fromMs < toMs), 'where exactly is told in test/core/pauses.test.ts');
});

t.test('keys: the UserEvent of the kit is obeyed, whoever of the call has pressed them', async (t) => {
  const s = await talking(t);
  const pressed = (name: string, leg: string): Promise<void> => s.where.pbx.event([['Event', 'UserEvent'], ['Privilege', 'user,all'], ['UserEvent', name],
    ['Channel', 'PJSIP/219-00000007'], ['Uniqueid', leg], ['Linkedid', LINKEDID], ['RecLinkedid', LINKEDID]]);
  await pressed('CallMeRecPause', '1795168702.7');
  await s.channel.until(() => s.channel.muted);
  await pressed('CallMeRecResume', '1795168702.7');
  await s.channel.until(() => !s.channel.muted);
  await pressed('CallMeRecPause', '999.9');
  await s.channel.until(() => s.channel.muted);
  t.pass('also from a leg that was never seen, by its linkedid');
});

const REFUSALS: readonly (readonly [string, Partial<Recorded>, string])[] = [
  ['another program records on the channel', { foreign: '/var/spool/asterisk/monitor/in.wav' }, 'OTHER_RECORDER'],
];
for (const [name, recorded, code] of REFUSALS) {
  t.test(`refused, and nothing is muted: ${name}`, async (t) => {
    const s = await talking(t, recorded);
    t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code, reason: /\S/, remedy: /\S/ });
    t.same(s.channel.done, []);
  });
}

t.test('refused: a second recorder that was heard to begin, no recorder at all, no such call, a call that is over', async (t) => {
  const s = await talking(t);
  t.match(await s.house.callMe.recorder.pause(keyOf('1.1')), { ok: false, code: 'NO_CALL', reason: /main\/1\.1/ });
  t.match(await s.house.callMe.recorder.pause('other/1.1' as typeof CALL), { ok: false, code: 'NO_CALL' });
  s.channel.variables.set('CallMeMIXID', '');
  t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code: 'NO_RECORDING' });
  s.channel.variables.set('CallMeMIXID', '0x1');
  await s.where.pbx.event([['Event', 'MixMonitorStart'], ['Channel', CHANNEL], ['Uniqueid', LINKEDID], ['Linkedid', LINKEDID]]);
  await s.house.log.until(() => s.house.callMe.ears[0]?.pump.callOf(LINKEDID as never)?.legs[LINKEDID as never]?.recorders === 2);
  t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code: 'OTHER_RECORDER' });
  await s.story.play();
  await s.house.log.until(() => s.house.callMe.ears[0]?.pump.call(CALL) === undefined);
  t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code: 'NO_CALL' });
  t.same(s.channel.done, []);
});

t.test("Asterisk's own refusal, and a PBX that is away, are answers, not exceptions", async (t) => {
  const s = await talking(t);
  s.where.pbx.on('MixMonitorMute', (action) => response(action, 'Error', ['Message', 'Cannot set mute flag']));
  t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code: 'PBX_REFUSED', reason: 'Cannot set mute flag', remedy: /write = system,call/ });
  await s.where.pbx.close();
  await s.house.log.until(() => !s.house.callMe.readiness().ready);
  t.match(await s.house.callMe.recorder.pause(CALL), { ok: false, code: 'PBX_AWAY', remedy: /callme status/ });
});

// ------------------------------------------------------------------------------------------------ callme record
const verb = (s: Scene, ...words: readonly string[]): ReturnType<typeof run> => run(['record', ...words, '--config', s.where.config], { cwd: s.where.folder });
/** What the verb reads is in the store. */
const stored = ({ house }: Scene): Promise<void> => house.log.until(() => house.callMe.store.journal.openCalls('main' as never)[0]?.talkingSince !== null
  && house.callMe.store.journal.openCalls('main' as never).length === 1);

t.test('callme record: beside the running server, by the key or the linkedid, in both languages', async (t) => {
  const s = await talking(t);
  await stored(s);
  t.match(await verb(s, 'pause', CALL), { code: 0, out: `The recording of ${CALL} is paused: its file gets silence.\n` });
  t.match(await verb(s, 'resume', LINKEDID, '--lang=ru'), { code: 0, out: `Запись звонка ${CALL} продолжается.\n` });
  t.same(s.channel.done, ['mute 1 both', 'mute 0 both']);
  t.same((await verb(s, 'pause', CALL, '--json', '--dry-run')).json(), { ok: true, dryRun: true, call: CALL, what: 'pause' });
  t.equal(s.channel.done.length, 2, 'a dry run does nothing');
});

t.test('callme record: what cannot be done has a code, a reason and a remedy', async (t) => {
  const s = await talking(t, { foreign: '/x/other.wav' });
  await stored(s);
  t.match(await verb(s, 'pause', CALL), { code: 1, out: '', err: /another program records .*\n.*FreePBX/s });
  t.match(await verb(s, 'pause', 'main/1.1'), { code: 1, err: /no open call main\/1\.1/ });
  t.match(await verb(s, 'pause', CALL, '--lang=ru'), { code: 1, err: /ещё одна программа/ });
  await s.where.pbx.close();
  t.match(await verb(s, 'pause', CALL), { code: 3, err: /does not answer/ });
});
