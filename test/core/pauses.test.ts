/** A recorder that was paused: what the fact of its file says about it. The stories tell an event each second. */
import t from 'tap';
import type { RecordingClosed } from '../../core/facts.ts';
import { newSound, pausesOf } from '../../core/sounds.ts';
import { instant, type LegId, type Linkedid, type PbxId } from '../../core/words.ts';
import { factsOf } from '../captures/story.ts';
import { client, closed, employee, entered, opened, recorded, recording, story, type Untimed, up } from './story-of.ts';

const on = (leg: string) => ({ pbx: 'main' as PbxId, leg: leg as LegId, linked: 'T' as Linkedid });
const paused = (leg = 'T'): Untimed => ({ ...on(leg), kind: 'recording-paused' });
const resumed = (leg = 'T'): Untimed => ({ ...on(leg), kind: 'recording-resumed' });
const began = (leg = 'T'): Untimed => ({ ...on(leg), kind: 'recorder-began' });
/** The kit says so many bytes. */
const ofSeconds = (seconds: number): Untimed => ({ ...recorded('T', 'T', 'T'), bytes: 44 + seconds * 16_000 } as Untimed);

/** Second 0: the client, 1: his recorder, 2: 219, 3: the answer, 4 and 5: they are joined. */
const TALK = [opened('T', 'T', client('7916'), true), recording('T', 'T', 'T'), opened('A', 'T', employee('219'), false), up('T', 'T'), entered('A', 'T', 'B'), entered('T', 'T', 'B')] as const;
const fileOf = (...events: readonly Untimed[]): RecordingClosed | undefined => factsOf(story(...TALK, ...events)).find((fact) => fact.kind === 'recording-closed');

t.test('a pause is where it is in the file, and the file says who talked', (t) => {
  // Paused at 6, resumed at 8, the file ends at 9 and is six seconds long: it began at 3, with the answer.
  t.match(fileOf(paused(), closed('X', 'T'), resumed(), ofSeconds(6), closed('A', 'T'), closed('T', 'T')), { pauses: [{ fromMs: 3_000, toMs: 5_000 }], talked: ['219'] });
  t.end();
});

t.test('several pauses; one that is said twice is one', (t) => {
  const file = fileOf(paused(), paused(), resumed(), resumed(), paused(), resumed(), ofSeconds(9), closed('T', 'T'));
  t.same(file?.pauses, [{ fromMs: 3_000, toMs: 5_000 }, { fromMs: 7_000, toMs: 8_000 }]);
  t.end();
});

t.test('a call that ends paused: the pause ends with the file', (t) => {
  t.same(fileOf(paused(), ofSeconds(4), closed('T', 'T'))?.pauses, [{ fromMs: 3_000, toMs: 4_000 }]);
  t.end();
});

t.test('a file whose end was never told is counted from the answer', (t) => {
  t.match(fileOf(paused(), closed('A', 'T'), resumed(), closed('T', 'T')), { certain: false, pauses: [{ fromMs: 3_000, toMs: 5_000 }] });
  t.match(fileOf(paused(), closed('T', 'T')), { certain: false, pauses: [{ fromMs: 3_000, toMs: 4_000 }] });
  t.end();
});

t.test('a recorder that begins anew is not muted', (t) => {
  t.same(fileOf(paused(), began(), ofSeconds(5), closed('T', 'T'))?.pauses, [{ fromMs: 3_000, toMs: 4_000 }]);
  t.end();
});

t.test('another leg, a file that is closed, no recording at all: no pause', (t) => {
  t.same(fileOf(paused('A'), ofSeconds(4), closed('T', 'T'))?.pauses, []);
  t.same(fileOf(ofSeconds(4), paused(), resumed(), closed('T', 'T'))?.pauses, []);
  t.same(fileOf(resumed(), ofSeconds(4), closed('T', 'T'))?.pauses, []);
  t.same(factsOf(story(opened('T', 'T', client('7916'), true), paused(), closed('T', 'T'))).filter((fact) => fact.kind === 'recording-closed'), []);
  t.end();
});

t.test('an orphan file has neither pauses nor people', (t) => {
  const [fact] = factsOf(story(recorded('T', 'T', '1790.5')));
  t.match(fact, { kind: 'recording-closed', pauses: [], talked: [] });
  t.end();
});

t.test('places are inside of the file, whatever the clocks say', (t) => {
  const sound = { ...newSound('T' as Linkedid, 'x.wav'), leg: 'T' as LegId, bytes: 16_044, closed: true, endedAt: instant(10_000) };
  t.same(pausesOf({ ...sound, pauses: [{ from: instant(2_000), to: instant(3_000) }] }, instant(10_000)), [], 'it was over before the file began');
  t.same(pausesOf({ ...sound, pauses: [{ from: instant(2_000), to: instant(9_500) }] }, instant(10_000)), [{ fromMs: 0, toMs: 500 }]);
  t.same(pausesOf({ ...sound, pauses: [{ from: instant(9_500), to: instant(12_000) }] }, instant(10_000)), [{ fromMs: 500, toMs: 1_000 }]);
  t.same(pausesOf({ ...sound, bytes: 0, runsSince: null, pauses: [{ from: instant(9_000), to: null }] }, instant(10_000)), [], 'nothing is known of where');
  t.end();
});
