/** A recorder that has gone deaf is armed anew: what a whole CallMe does to a PBX that answers, refuses, or goes away in the middle of it. */
import t, { type Test } from 'tap';
import type { Door } from '../../ami/door.ts';
import { AmiError } from '../../ami/errors.ts';
import { Headers } from '../../ami/wire.ts';
import { Healing } from '../../app/healing.ts';
import { noCalls } from '../../core/calls.ts';
import { step } from '../../core/step.ts';
import { eventsIn } from '../captures/story.ts';
import { response } from '../fakes/ami.ts';
import { FakeTimers } from '../fakes/ami-timers.ts';
import { DEAF, type Recorded, RecordedChannel } from '../fakes/recorded-channel.ts';
import { PBX } from '../fakes/sample-calls.ts';
import { listeningLog } from '../fakes/spool.ts';
import { capturePath, type Moment, moment, Story } from '../fakes/story.ts';
import { factsOf, type House, keyOf, open, place, type Place } from './house.ts';

const CAPTURE = 'b1_inbound_blind_refer';
const CHANNEL = 'PJSIP/trunk-00000006';
const SOUND = '2026/11/20/call-1795168702.6.wav';
const FILE = `/var/spool/asterisk/lab/${SOUND}`;
const CALL = keyOf('1795168702.6');
/** The trunk is joined with somebody: first with 219, then with 220. */
const joined = (): Moment => moment('BridgeEnter', { BridgeNumChannels: '2' });
const HEALED = ['set CallMeHEAL=yes', 'stop 0x1', `start ai(CallMeMIXID) ${FILE}`, 'set MIXMONITOR_FILENAME=', 'set CallMeHEAL='];

interface Scene { readonly where: Place; readonly house: House; readonly story: Story; readonly channel: RecordedChannel }

async function scene(t: Test, recorded: Partial<Recorded> = {}, heal = 'auto'): Promise<Scene> {
  const where = await place(t, { recording: `heal: ${heal}` });
  const story = new Story(where.pbx, CAPTURE, where.recordings);
  const channel = new RecordedChannel(where.pbx, CHANNEL, { file: FILE, ...recorded });
  const house = await open(t, where);
  if (recorded.version === undefined && heal === 'auto') await house.log.says(/goes deaf in recordings/);
  return { where, house, story, channel };
}

async function handedOver({ story }: Scene): Promise<void> {
  await story.play(joined());
  await story.play(joined());
}

const ended = ({ house }: Scene): Promise<void> => house.log.until(() => factsOf(house, CALL).some(({ kind }) => kind === 'call-ended'));

t.test('handed over: stopped, then begun again in the same file, once', async (t) => {
  const s = await scene(t);
  await s.story.play(joined());
  await handedOver(s);
  await s.channel.until(() => s.channel.done.length === HEALED.length);
  await s.story.play();
  await ended(s);
  t.same(s.channel.done, HEALED);
  t.equal(s.channel.running.size, 1);
});

t.test("the kit's own options are kept, another program's name of a file is not asked for", async (t) => {
  const s = await scene(t, { options: 'i(CallMeMIXID)r(/rec/a-in.wav)t(/rec/a-out.wav)S' });
  await handedOver(s);
  await s.channel.until(() => s.channel.done.includes('set CallMeHEAL='));
  t.equal(s.channel.done[2], `start ai(CallMeMIXID)r(/rec/a-in.wav)t(/rec/a-out.wav)S ${FILE}`);
});

t.test('an Asterisk of its makers is left alone, and so is one where the configuration says so', async (t) => {
  for (const s of [await scene(t, { version: '22.10.1' }), await scene(t, { version: '16.28.0~dfsg-0+deb11u10' }), await scene(t, {}, 'never')]) {
    await s.story.play();
    await ended(s);
    t.same(s.channel.done, []);
    t.same(s.where.pbx.received('Status').filter((action) => action.has('channel')), [], 'nothing was even asked');
  }
});

const UNSAFE: readonly (readonly [string, Partial<Recorded>, RegExp])[] = [
  ['another program records there', { foreign: '/var/spool/asterisk/monitor/in-219.wav' }, /another program records on the same channel/],
  ['the recorder writes another file', { file: '/var/spool/asterisk/lab/2026/11/20/call-other.wav' }, /its recorder writes another file/],
  ['its beep is a hook that stays', { options: 'i(CallMeMIXID)B(15)' }, /recording\.beep is in use/],
];
for (const [name, recorded, said] of UNSAFE) {
  t.test(`not touched, and said so: ${name}`, async (t) => {
    const s = await scene(t, recorded);
    await handedOver(s);
    t.match(JSON.parse(await s.house.log.says(said)), { level: 'warn', pbx: 'main', channel: CHANNEL });
    await s.story.play();
    await ended(s);
    t.same(s.channel.done, []);
  });
}

t.test('a recorder that cannot be stopped is never joined by a second one', async (t) => {
  const s = await scene(t);
  s.where.pbx.on('StopMixMonitor', (action) => response(action, 'Error', ['Message', 'Could not stop monitoring channel']));
  await handedOver(s);
  t.match(JSON.parse(await s.house.log.says(/was not armed anew/)), { level: 'warn' });
  await s.story.play();
  await ended(s);
  t.same(s.channel.done, ['set CallMeHEAL=yes', 'set CallMeHEAL=']);
});

t.test('a recorder that was stopped begins again, also when Asterisk refuses at first', async (t) => {
  const s = await scene(t);
  let refusals = 2;
  const start = s.channel.handler('MixMonitor');
  s.where.pbx.on('MixMonitor', (action, client) => ((refusals -= 1) >= 0 ? response(action, 'Error', ['Message', 'Could not start monitoring channel']) : start(action, client)));
  await handedOver(s);
  await s.channel.until(() => s.channel.done.includes('set CallMeHEAL='));
  t.same(s.channel.done, HEALED);
  t.match(JSON.parse(await s.house.log.says(/does not begin again/)), { level: 'error', tries: 1 });
});

t.test('the link is lost between the two: finished when it is back', async (t) => {
  const s = await scene(t);
  s.where.pbx.on('MixMonitor', () => { s.where.pbx.reset(); return ''; });
  await handedOver(s);
  await s.house.log.until(() => !s.house.callMe.readiness().ready);
  t.equal(s.channel.running.size, 0, 'nobody records');
  s.where.pbx.on('MixMonitor', s.channel.handler('MixMonitor'));
  await s.channel.until(() => s.channel.done.includes('set CallMeHEAL='));
  t.same(s.channel.done, ['set CallMeHEAL=yes', 'stop 0x1', 'set CallMeHEAL=yes', 'stop 0x1', `start ai(CallMeMIXID) ${FILE}`, 'set MIXMONITOR_FILENAME=', 'set CallMeHEAL=']);
  t.equal(s.channel.running.size, 1);
});

t.test('CallMe was killed between the two: the next one finishes it, whether the old recorder still runs or not', async (t) => {
  for (const isRunning of [true, false]) {
    const where = await place(t);
    const channel = new RecordedChannel(where.pbx, CHANNEL, { file: FILE });
    channel.variables.set('CallMeHEAL', 'yes');
    if (!isRunning) channel.running.clear();
    await open(t, where);
    await channel.until(() => channel.done.includes('set CallMeHEAL='));
    t.same(channel.done, HEALED);
    t.equal(channel.running.size, 1);
  }
});

// ------------------------------------------------------------------------------------------------ without a network, where only time fails
/** The calls of the capture when 220 has just been joined. */
function handedOverCalls(): ReturnType<typeof noCalls> {
  let calls = noCalls(PBX);
  let bridges = 0;
  for (const event of eventsIn(capturePath(CAPTURE), PBX)) {
    [calls] = step(calls, event);
    if (event.kind === 'bridge-entered' && (bridges += 1) === 4) break;
  }
  return calls;
}

/** Answers as a PBX with the recorder on it; the first answer to `late` does not come, though it is done. */
function slowDoor(late: string): { readonly door: Door; readonly done: string[]; readonly running: ReadonlySet<string>; readonly most: () => number } {
  const done: string[] = [];
  let isLate = true;
  let healing = '';
  let most = 0;
  const running = new Set(['0x1']);
  const answer = (kind: string, ...more: readonly (readonly [string, string])[]): Headers => Headers.of([['Response', kind], ...more]);
  const act = (action: Readonly<Record<string, unknown>>): Headers => {
    done.push(String(action['Action']));
    switch (action['Action']) {
      case 'CoreSettings': return answer('Success', ['AsteriskVersion', DEAF]);
      case 'Setvar': if (action['Variable'] === 'CallMeHEAL') healing = String(action['Value']); return answer('Success');
      case 'StopMixMonitor': return running.delete(String(action['MixMonitorID'])) ? answer('Success') : answer('Error', ['Message', 'Could not stop monitoring channel']);
      default: running.add(`0x${done.length}`); most = Math.max(most, running.size); return answer('Success');
    }
  };
  return {
    done, running, most: () => most,
    door: {
      action: (action) => {
        const said = act(action);
        const timeout = action.Action === late && isLate;
        if (timeout) isLate = false;
        return timeout ? Promise.reject(new AmiError('AMI_TIMEOUT', 'no answer')) : Promise.resolve(said);
      },
      list: (action) => Promise.resolve({ kind: 'list', items: !('Channel' in action) ? [] : [Headers.of([['Event', 'Status'], ...([...running].map((id) => ['Variable', `CallMeMIXID=${id}`] as const)),
        ...(running.size === 0 ? [['Variable', 'CallMeMIXID=0x1'] as const] : []), ['Variable', `CallMeFILE=${FILE}`], ['Variable', `CallMeHEAL=${healing}`]])] }),
    },
  };
}

for (const [late, expected] of [
  ['StopMixMonitor', ['CoreSettings', 'Setvar', 'StopMixMonitor', 'Setvar', 'StopMixMonitor', 'MixMonitor', 'Setvar', 'Setvar']],
  ['MixMonitor', ['CoreSettings', 'Setvar', 'StopMixMonitor', 'MixMonitor', 'Setvar', 'StopMixMonitor', 'MixMonitor', 'Setvar', 'Setvar']],
] as const) {
  t.test(`no answer to ${late}: whatever it did, one recorder runs in the end, and never two`, async (t) => {
    const { door, done, running, most } = slowDoor(late);
    const timers = new FakeTimers();
    const log = listeningLog();
    const calls = handedOverCalls();
    const healing = new Healing({ pbx: PBX, door, log, timers, openCalls: () => calls.open.values() });
    healing.linkUp();
    for (let rest = 1; rest <= (late === 'MixMonitor' ? 2 : 1); rest += 1) {
      await timers.set(rest);
      await timers.pass(100);
    }
    await healing.stop();
    t.same(done, expected);
    t.equal(most(), 1);
    t.equal(running.size, 1);
  });
}
