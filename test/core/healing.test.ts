/** Whom a recorder was armed with, and who talks into it now: over every capture, and the cases that none shows. */
import t from 'tap';
import { noCalls } from '../../core/calls.ts';
import type { Event } from '../../core/events.ts';
import { deafRecorders } from '../../core/healing.ts';
import { step } from '../../core/step.ts';
import type { LegId, Linkedid, PbxId } from '../../core/words.ts';
import { PBX } from '../captures/story.ts';
import { client, closed, conferred, employee, entered, half, left, opened, parked, recording, story, type Untimed, up } from './story-of.ts';
import { stories } from './stories.ts';

/** Who came and was not heard, by his name, each once in a row. */
function deafTo(events: readonly Event[]): readonly string[] {
  let calls = noCalls(PBX);
  const found: string[] = [];
  for (const event of events) {
    [calls] = step(calls, event);
    const now = calls.open.values().flatMap((call) => deafRecorders(call).map(({ voice }) => call.legs[voice]?.name.replace(/-[0-9a-f]+$/, '') ?? ''));
    for (const name of now) if (found.at(-1) !== name) found.push(name);
  }
  return found;
}

const one = ['PJSIP/220'];
const two = ['PJSIP/220', 'PJSIP/221'];
/** Every other story of these folders needs no healing. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '22-lab/inboundAttendedThenBlind': two, '22-lab/inboundAttendedTransfer': one, '22-lab/inboundAttendedTransferByAmi': one, '22-lab/inboundAttendedTransferByKeys': one,
  '22-lab/inboundBlindTransfer': one, '22-lab/inboundBlindTransferByAmi': one, '22-lab/inboundBlindTransferByKeys': one, '22-lab/inboundBlindTransferTwice': two,
  '22-lab/inboundBlondTransfer': one, '22-lab/inboundIntoConference': one, '22-lab/inboundJoinedIntoOlder': one, '22-lab/inboundJoinedWithSecondClient': ['PJSIP/trunk'],
  '22-lab/inboundParked': one, '22-lab/inboundParkedByKeys': one, '22-lab/inboundParkedByPhone': one, '22-lab/inboundParkedTooLong': ['PJSIP/219'],
  // Asterisk itself had played something before the first voice came: a greeting, the questions of follow-me, music.
  '22-lab/inboundFollowMe': ['PJSIP/trunk'], '22-lab/inboundFollowMeAtDesk': ['PJSIP/219'], '22-lab/inboundQueue': one, '22-lab/inboundQueueFirstRejects': one,
  '22-lab/mobileEmployeeCallsClient': ['PJSIP/trunk'], '22-lab/mobileEmployeeCallsColleague': one,
  '22-lab/inboundQueueTransferred': ['PJSIP/219', 'PJSIP/221'], '22-lab/inboundRedirected': one, '22-lab/inboundSemiAttendedTransfer': one, '22-lab/inboundToSecondClient': ['PJSIP/trunk'],
  '22-lab/outboundAttendedThenBlind': two, '22-lab/outboundAttendedTransfer': one, '22-lab/outboundBlindTransfer': one, '22-lab/outboundJoinedWithSecondClient': ['PJSIP/trunk'],
  '22-lab/outboundToSecondClient': ['PJSIP/trunk'],
  '22.10.1/b1_inbound_blind_refer': one, '22.10.1/b2_inbound_blind_ami': one, '22.10.1/b3_inbound_blind_dtmf': one, '22.10.1/b4_inbound_ami_redirect': one,
  '22.10.1/c1_inbound_att_refer': one, '22.10.1/c2_inbound_att_ami': one, '22.10.1/c4_inbound_blond_ami': one, '22.10.1/d1_outbound_blind_refer': one,
  '22.10.1/d2_outbound_att_refer': one, '22.10.1/d4_outbound_att_ami': one, '22.10.1/g3_park_ami': one, '22.10.1/j1_att_into_older_call': one,
};

t.test('every capture of 22: whoever comes behind the first voice, or behind Asterisk\'s own, and nobody else', (t) => {
  const captured = stories.filter(({ name }) => /^22(-lab|\.10\.1)\//.test(name));
  for (const { name, events } of captured) t.same(deafTo(events), NEEDED[name.replace(/\.(txt|ndjson)$/, '')] ?? [], name);
  t.same(Object.keys(NEEDED).filter((name) => !captured.some((story) => story.name.startsWith(`${name}.`))), [], 'all of them were played');
  t.end();
});

const on = (leg: string) => ({ pbx: 'main' as PbxId, leg: leg as LegId, linked: 'T' as Linkedid });
const began = (leg = 'T'): Untimed => ({ ...on(leg), kind: 'recorder-began' });
const ended = (leg = 'T'): Untimed => ({ ...on(leg), kind: 'recorder-ended' });
const TALK = [opened('T', 'T', client('7916'), true), began(), recording('T', 'T', 'T'), opened('A', 'T', employee('219'), false), entered('A', 'T', 'B'), entered('T', 'T', 'B')] as const;
const HANDED = [left('A', 'T', 'B'), closed('A', 'T'), opened('C', 'T', employee('220'), false), entered('C', 'T', 'B')] as const;
const told = (...events: readonly Untimed[]): readonly string[] => deafTo(story(...TALK, ...events));

t.test('armed anew for the new voice it hears him; the first voice that comes back is a new one', (t) => {
  t.same(told(...HANDED), ['PJSIP/C']);
  t.same(told(...HANDED, ended(), began(), opened('D', 'T', employee('219'), false), left('C', 'T', 'B'), closed('C', 'T')), ['PJSIP/C'], 'nobody else came');
  t.same(told(...HANDED, ended(), began(), left('C', 'T', 'B'), opened('D', 'T', employee('219'), false), entered('D', 'T', 'B')), ['PJSIP/C', 'PJSIP/D']);
  const lent = [left('A', 'T', 'B'), opened('C', 'T', employee('220'), false), entered('C', 'T', 'B')] as const;
  t.same(told(...lent, ended(), began(), left('C', 'T', 'B'), entered('A', 'T', 'B')), ['PJSIP/C', 'PJSIP/A'], 'the very leg that it was armed with before');
  t.end();
});

t.test('Asterisk itself had answered and played something: the first voice is a new one too', (t) => {
  const played = [opened('T', 'T', client('7916'), true), began(), recording('T', 'T', 'T'), up('T', 'T'), opened('A', 'T', employee('219'), false), entered('A', 'T', 'B'), entered('T', 'T', 'B')];
  t.same(deafTo(story(...played)), ['PJSIP/A']);
  t.same(deafTo(story(...played, ended(), began(), opened('X', 'T', employee('221'), false))), ['PJSIP/A'], 'once it is armed anew, it hears him');
  t.end();
});

t.test('not while it is paused; as soon as it goes on', (t) => {
  const paused: Untimed = { ...on('T'), kind: 'recording-paused' };
  t.same(told(paused, ...HANDED), []);
  t.same(told(paused, ...HANDED, { ...on('T'), kind: 'recording-resumed' }), ['PJSIP/C']);
  t.end();
});

t.test('not beside another recorder of the channel, wherever it began', (t) => {
  t.same(told(began(), ...HANDED), []);
  t.same(told(began('A'), ...HANDED), ['PJSIP/C'], 'on another channel it does no harm');
  t.same(told(began(), ended(), ...HANDED), ['PJSIP/C'], 'it has gone');
  t.end();
});

t.test('who stays in the bridge is heard still; parked, nobody is', (t) => {
  t.same(told(opened('C', 'T', employee('220'), false), entered('C', 'T', 'B')), [], 'a third one came');
  t.same(told(left('T', 'T', 'B'), parked('T', 'T', 'P')), []);
  t.end();
});

t.test('behind a Local channel the telephone counts, not the channel', (t) => {
  const ring = [half('L1', 'T', 'Local/219@x-1;1'), half('L2', 'T', 'Local/219@x-1;2'), opened('A', 'T', employee('219'), false),
    entered('L1', 'T', 'B1'), entered('T', 'T', 'B1'), entered('A', 'T', 'B2'), entered('L2', 'T', 'B2')] as const;
  const start = TALK.slice(0, 4);
  t.same(deafTo(story(...start, ...ring)), []);
  t.same(deafTo(story(...start, ...ring, left('L1', 'T', 'B1'), left('A', 'T', 'B2'), entered('A', 'T', 'B1'))), [], 'optimised: the same telephone');
  t.same(deafTo(story(...start, ...ring, left('A', 'T', 'B2'), opened('C', 'T', employee('220'), false), entered('C', 'T', 'B2'))), ['PJSIP/C'], 'handed over behind it');
  t.end();
});

t.test('in a conference it is whoever is there', (t) => {
  t.same(told(left('T', 'T', 'B'), conferred('C', 'T', 'R'), conferred('T', 'T', 'R')), []);
  t.same(told(opened('C', 'T', employee('220'), false), left('T', 'T', 'B'), conferred('C', 'T', 'R'), conferred('T', 'T', 'R')), ['PJSIP/C']);
  t.end();
});
