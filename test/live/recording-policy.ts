/**
 * What is recorded, on a real Asterisk while CallMe is away: the rules as the installer writes them, the announcement, the beep, the keys, the
 * two sides. Longer than a page because one Asterisk serves them all; both versions run it.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { install, openFolder, planInstall, type RecorderSettings } from '../../app/dialplan-kit.ts';
import { kitFolder } from '../../app/package-root.ts';
import type { RecordingPolicy } from '../../core/recording-policy.ts';
import type { AsteriskVersion } from '../../lab/build.ts';
import type { Message } from '../../lab/control.ts';
import { complaints, secondsOf } from '../../lab/hearing.ts';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/scenarios.ts';
import { answeredCall, CAST, employeeCalls, talk } from '../../lab/scenarios/story.ts';
import { decodeUlaw } from '../../lab/sip/ulaw.ts';
import { analyse, readRecording, show, type Run, type Speaker } from '../../lab/tones.ts';
import { sine, writeWav } from '../../lab/wav.ts';
import { TinyAgi } from './agi.ts';
import { labFor } from './lab.ts';
import { CASES } from './recording-policy-cases.ts';

/** The announcement sounds like nobody of the lab but 221, who does not play here. */
const NOTICE: Speaker = '221';
const NOTICE_HERTZ = 1600;
const NOTICE_SECONDS = 2;
const PLAIN: RecorderSettings = { policy: { rules: [], default: true }, announce: null, beep: null, stereo: false };

/** Asks the policy as the kit would, without a call: one Local channel per case. */
const ASKING = `
[policy-ask]
exten => s,1,Gosub(callme-policy,s,1)
 same => n,UserEvent(PolicyAsked,Place: \${PLACE},Said: \${CallMeRECORD} \${CallMeRECORD_REASON})
 same => n,Hangup()
exten => idle,1,Hangup()
[from-trunk]
exten => _6XX,1,Gosub(callme-ask,s,1(\${EXTEN},inbound,220))
 same => n,Gosub(callme-in,s,1(\${EXTEN},220))
 same => n,Goto(did,500,1)
`;

class House {
  readonly lab: Lab;
  constructor(lab: Lab) { this.lab = lab; }

  /** As `callme dialplan install --reload` does it. */
  async install(settings: Partial<RecorderSettings>): Promise<void> {
    const { asterisk } = this.lab;
    const wish = { recordings: asterisk.recordings, agi: `127.0.0.1:${asterisk.agi.port}`, freepbx: false, force: false, recorder: { ...PLAIN, ...settings } };
    install(planInstall(openFolder(asterisk.etc), kitFolder(), wish));
    await asterisk.reloadDialplan();
  }

  said(mark: number, name: string): readonly Message[] { return this.lab.control.since(mark).filter((message) => message['UserEvent'] === name); }
  /** The only file that was begun and ended since `mark`, `''` where there was none. */
  file(t: Test, mark: number): string {
    const [begun, ended] = ['CallMeRecStart', 'CallMeRecEnd'].map((name) => this.said(mark, name).map((event) => event['RecFile']));
    t.same(ended, begun, 'what was started was ended');
    t.ok((ended ?? []).length <= 1, 'one recording at most');
    return ended?.[0] ?? '';
  }
}

const heardIn = async (file: string): Promise<readonly Run[]> => analyse(await readRecording(file));

async function table(t: Test, house: House): Promise<void> {
  const { lab } = house;
  for (const policy of new Set(CASES.map((each) => each.policy))) {
    await house.install({ policy });
    const mine = CASES.filter((each) => each.policy === policy);
    const installed = await lab.asterisk.cli('dialplan show callme-policy');
    const known = !installed.includes('There is no existence of');
    if (!known) { t.same(policy, PLAIN.policy, 'only a policy without rules needs no dialplan'); continue; }
    for (const [place, { asked, expected }] of mine.entries()) {
      const mark = lab.control.mark();
      const letters = (text: string): string => text.replaceAll(/[^0-9A-Za-z*#._-]/g, '');
      const variables = { DIRECTION: asked.direction, LINE: letters(asked.line), EXTENSION: letters(asked.extension), NUMBER: asked.number.replaceAll(/[^0-9]/g, '') };
      await lab.control.act({
        Action: 'Originate', Channel: 'Local/s@policy-ask', Context: 'policy-ask', Exten: 'idle', Priority: '1', Async: 'true',
        Variable: [`__PLACE=${place}`, ...Object.entries(variables).map(([name, value]) => `__CallMe${name}=${value}`)],
      });
      const event = await lab.control.event({ UserEvent: 'PolicyAsked', Place: String(place) }, mark);
      t.equal(event['Said'], expected, JSON.stringify(asked));
    }
    await lab.quiet();
  }
}

async function calls(t: Test, house: House): Promise<void> {
  const { lab } = house;
  const rules = (...list: RecordingPolicy['rules']): RecordingPolicy => ({ rules: list, default: true });
  const stories: readonly (readonly [string, RecordingPolicy, 'inboundAnswered' | 'outboundAnswered' | 'outboundToSecondClient', boolean])[] = [
    ['the client\'s number, inbound', rules({ direction: 'inbound', number: /^79161234567$/u, record: false }), 'inboundAnswered', false],
    ['the line that was called', rules({ line: /^500$/u, record: false }), 'inboundAnswered', false],
    ['a rule of the other direction', rules({ direction: 'outbound', record: false }), 'inboundAnswered', true],
    ['the number that was dialled, without its prefix', rules({ number: /^79161234567$/u, record: false }), 'outboundAnswered', false],
    ['who calls', rules({ direction: 'outbound', extension: /^219$/u, record: false }), 'outboundAnswered', false],
    ['the trunk', rules({ line: /^trunk$/u, record: false }), 'outboundAnswered', false],
    ['somebody else', rules({ extension: /^220$/u, record: false }), 'outboundAnswered', true],
    ['not recorded, then forwarded to a second trunk leg', rules({ number: /^79161234567$/u, record: false }), 'outboundToSecondClient', false],
  ];
  for (const [what, policy, story, recorded] of stories) {
    await house.install({ policy });
    const mark = lab.control.mark();
    await play(lab, story, { ...CAST, talkSeconds: 1 });
    t.equal(house.file(t, mark) !== '', recorded, what);
  }
}

/** For dialplans that ask CallMe about each call: what it says counts, and without it the rules do. */
async function asking(t: Test, house: House): Promise<void> {
  const { lab } = house;
  const recorded = async (): Promise<boolean> => {
    const mark = lab.control.mark();
    const { client } = await answeredCall(lab, CAST, '600');
    await talk(0.5);
    client.hangUp();
    await lab.quiet();
    return house.file(t, mark) !== '';
  };
  const agi = await new TinyAgi().listen(lab.asterisk.agi.port);
  await house.install({ policy: { rules: [], default: false } });
  agi.behaviour = { set: { __CallMeRECORD: 'yes' } };
  t.equal(await recorded(), true, 'CallMe says yes, the rules say no');
  const environment = agi.asked.find((each) => each.environment['agi_network_script'] === 'record')?.environment;
  t.match(environment, { agi_arg_1: '600', agi_arg_2: 'inbound', agi_arg_3: '220' });
  await house.install({});
  agi.behaviour = { set: { __CallMeRECORD: 'no' } };
  t.equal(await recorded(), false, 'CallMe says no, the rules say yes');
  await agi.close();
  t.equal(await recorded(), true, 'CallMe is away');
  for (const policy of [{ line: /^600$/u }, { extension: /^220$/u }, { direction: 'inbound' }] as const) {
    await house.install({ policy: { rules: [{ ...policy, record: false }], default: true } });
    t.equal(await recorded(), false, `CallMe is away: ${Object.keys(policy).join()}`);
  }
}

async function announcement(t: Test, house: House): Promise<void> {
  const { lab } = house;
  const sound = join(lab.asterisk.place.folder, 'lib', 'notice');
  await writeFile(`${sound}.wav`, writeWav({ rate: 8000, samples: sine(NOTICE_HERTZ, 6000, NOTICE_SECONDS) }));
  await house.install({ announce: sound });
  await t.test('inbound: the client hears it before anybody else, and it is not in the file', async (t) => {
    const mark = lab.control.mark();
    const { client } = await answeredCall(lab, CAST);
    await talk(2);
    const heard = analyse({ rate: 8000, samples: decodeUlaw(client.rtp.heard()) });
    client.hangUp();
    await lab.quiet();
    t.ok(secondsOf(heard, NOTICE) > NOTICE_SECONDS - 0.3 && secondsOf(heard, NOTICE) < NOTICE_SECONDS + 0.3, show(heard));
    t.same(complaints(await heardIn(house.file(t, mark)), { throughout: 'T', order: ['219'], strict: true }), []);
  });
  await t.test('outbound: once, also when the client is handed to a second outside line', async (t) => {
    const mark = lab.control.mark();
    const { client, employee } = await employeeCalls(lab, CAST);
    await talk(NOTICE_SECONDS + 2);
    const heard = analyse({ rate: 8000, samples: decodeUlaw(client.rtp.heard()) });
    t.ok(secondsOf(heard, NOTICE) > NOTICE_SECONDS - 0.3, `the client hears it: ${show(heard)}`);
    t.equal(secondsOf(analyse({ rate: 8000, samples: decodeUlaw(employee.rtp.heard()) }), NOTICE), 0, 'the employee does not');
    employee.refer(lab.uri('879990000000'));
    const second = await lab.trunk.incoming();
    await second.answered();
    await talk(2);
    t.equal(secondsOf(analyse({ rate: 8000, samples: decodeUlaw(second.rtp.heard()) }), NOTICE), 0, 'nor does the second line');
    second.hangUp();
    await lab.reset();
    t.same(complaints(await heardIn(house.file(t, mark)), { throughout: 'T', order: ['219', 'T2'], strict: true }), []);
  });
  await t.test('whoever hangs up while it is said was not recorded; a call that no rule lets record is not told so', async (t) => {
    const mark = lab.control.mark();
    const client = await lab.trunk.call('500', { as: CAST.client });
    await client.answered();
    await talk(0.5);
    client.hangUp();
    await lab.quiet();
    t.equal(house.file(t, mark), '');
    await house.install({ announce: sound, policy: { rules: [], default: false } });
    const both = await answeredCall(lab, CAST);
    await talk(1);
    t.equal(secondsOf(analyse({ rate: 8000, samples: decodeUlaw(both.client.rtp.heard()) }), NOTICE), 0);
    both.client.hangUp();
    await lab.quiet();
    t.equal(house.file(t, mark), '');
  });
}

/** Strength of a tone that nobody of the lab sounds, anywhere in what somebody heard, by tenths of a second (Hann window). */
function loudest(samples: Int16Array, hertz: number): number {
  const length = 800;
  const at = (start: number): number => {
    let [real, imaginary] = [0, 0];
    for (let index = 0; index < length; index += 1) {
      const value = (samples[start + index] ?? 0) * (1 - Math.cos((2 * Math.PI * index) / length));
      real += value * Math.cos((2 * Math.PI * hertz * index) / 8000);
      imaginary += value * Math.sin((2 * Math.PI * hertz * index) / 8000);
    }
    return (2 * Math.hypot(real, imaginary)) / length;
  };
  const starts = Array.from({ length: Math.floor(samples.length / length) }, (_value, index) => index * length);
  return Math.max(0, ...starts.map(at));
}

/** `beep` of Asterisk's own sounds. */
const BEEP_HERTZ = 700;
const AUDIBLE = 1000;

async function beep(t: Test, house: House): Promise<void> {
  const { lab } = house;
  for (const seconds of [5, null]) {
    await house.install({ beep: seconds });
    const mark = lab.control.mark();
    const both = await answeredCall(lab, CAST);
    await talk(7);
    const heard = [both.client, both.employee].map((party) => loudest(decodeUlaw(party.rtp.heard()), BEEP_HERTZ) > AUDIBLE);
    both.client.hangUp();
    await lab.quiet();
    t.same(heard, [seconds !== null, seconds !== null], `${seconds === null ? 'nobody hears' : 'both hear'} a beep`);
    const file = house.file(t, mark);
    t.ok(loudest((await readRecording(file)).samples, BEEP_HERTZ) < AUDIBLE, 'it is not in the file');
    t.same(complaints(await heardIn(file), { throughout: 'T', order: ['219'], strict: true }), [], 'nobody is lost by it');
  }
}

async function keys(t: Test, house: House): Promise<void> {
  const { lab } = house;
  await house.install({});
  await appendFile(join(lab.asterisk.etc, 'features.conf'), await readFile(new URL('../../dialplan/features-callme.conf.sample', import.meta.url), 'utf8'));
  await lab.asterisk.cli('module reload features');
  for (const answer of ['no', 'yes']) {
    await lab.control.act({ Action: 'Setvar', Variable: 'CALLME_PAUSE_KEYS', Value: answer });
    for (const begin of [answeredCall, employeeCalls]) {
      const mark = lab.control.mark();
      const { client, employee } = await begin(lab, CAST);
      await talk(0.5);
      for (const pressed of ['*61', '*62']) { await employee.press(pressed); await talk(1); }
      for (const pressed of ['*61', '*62']) { await client.press(pressed); await talk(1); }
      client.hangUp();
      await lab.quiet();
      const [pauses, resumes] = [house.said(mark, 'CallMeRecPause'), house.said(mark, 'CallMeRecResume')];
      const started = house.said(mark, 'CallMeRecStart')[0]?.['RecLinkedid'];
      const once = answer === 'yes' ? [started] : [];
      t.same(pauses.map((event) => event['RecLinkedid']), once, `pause, keys: ${answer}; the client's are ignored`);
      t.same(resumes.map((event) => event['RecLinkedid']), once, 'resume');
      t.ok(pauses.every((event) => event['Channel']?.startsWith('PJSIP/219-')), 'on the employee\'s channel');
    }
  }
  await lab.control.act({ Action: 'Setvar', Variable: 'CALLME_PAUSE_KEYS', Value: '' });
}

const seconds = (run: readonly Run[]): number => run.at(-1)?.to ?? 0;

async function sides(t: Test, house: House): Promise<void> {
  const { lab } = house;
  await house.install({ stereo: true });
  for (const [story, order] of [['inboundAttendedTransfer', ['219', 'MOH', '220']], ['outboundBlindTransfer', ['219', '220']], ['inboundParked', ['219', 'MOH', '220']]] as const) {
    const mark = lab.control.mark();
    await play(lab, story);
    const mixed = house.file(t, mark);
    const [both, client, other] = await Promise.all([heardIn(mixed), heardIn(mixed.replace(/\.wav$/, '-in.wav')), heardIn(mixed.replace(/\.wav$/, '-out.wav'))]);
    t.same(complaints(both, { throughout: 'T', order, strict: true }), [], `${story}: mixed, as ever`);
    t.same(complaints(client, { throughout: 'T', order: [], strict: true }), [], `${story}: the client alone`);
    t.same(complaints(other, { throughout: null, order, strict: true }), [], `${story}: what the client hears, without the client`);
    for (const side of [client, other]) t.ok(Math.abs(seconds(side) - seconds(both)) < 0.3, `${story}: as long as the mixed one: ${seconds(side)}, ${seconds(both)}`);
    for (const speaker of order) {
      const [from, to] = [both, other].map((runs) => runs.find((run) => run.speakers.includes(speaker))?.from ?? -1) as [number, number];
      t.ok(Math.abs(from - to) < 0.3, `${story}: ${speaker} begins at the same second: ${from}, ${to}`);
    }
  }
}

/** A card number that is read out must be in none of the three. */
async function muted(t: Test, house: House): Promise<void> {
  const { lab } = house;
  const mark = lab.control.mark();
  const { client } = await answeredCall(lab, CAST);
  const channel = await lab.control.channel('PJSIP/trunk');
  for (const state of ['1', '0']) {
    await talk(2);
    await lab.control.act({ Action: 'MixMonitorMute', Channel: channel, Direction: 'both', State: state });
  }
  await talk(2);
  client.hangUp();
  await lab.quiet();
  const mixed = house.file(t, mark);
  for (const suffix of ['.wav', '-in.wav', '-out.wav']) {
    const heard = await heardIn(mixed.replace(/\.wav$/, suffix));
    t.ok(heard.some((each) => each.speakers.length === 0 && each.to - each.from > 1.7), `${suffix} is silent meanwhile: ${show(heard)}`);
    t.ok(seconds(heard) > 5.5, `${suffix} is as long as the call`);
  }
}

/** Everything on one Asterisk. */
export async function policyTest(version: AsteriskVersion): Promise<void> {
  const lab = await labFor(t, { version, kit: false, dialplan: ASKING });
  if (!lab) return;
  const house = new House(lab);
  await t.test('the dialplan decides by the table as the core does', async (t) => table(t, house));
  await t.test('calls, with CallMe away', async (t) => calls(t, house));
  await t.test('asked for every call', async (t) => asking(t, house));
  await t.test('announcement', async (t) => announcement(t, house));
  await t.test('beep', async (t) => beep(t, house));
  await t.test('keys', async (t) => keys(t, house));
  await t.test('both sides', async (t) => sides(t, house));
  await t.test('both sides, paused', async (t) => muted(t, house));
  await t.test('the log has no complaint about the kit', async (t) => {
    const about = (await lab.asterisk.log()).split('\n').filter((line) => /\b(ERROR|WARNING)\[/.test(line) && !/(res_agi|loader)\.c/.test(line));
    t.same(about.filter((line) => /callme|pbx|app_|func_|features|file\.c/i.test(line)), []);
  });
}
