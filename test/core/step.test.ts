/** Cases of the law that no capture shows: told by hand. */
import t from 'tap';
import type { CallEnded } from '../../core/facts.ts';
import { noCalls } from '../../core/calls.ts';
import { step } from '../../core/step.ts';
import type { LegId, Linkedid, PbxId } from '../../core/words.ts';
import { instant } from '../../core/words.ts';
import { factsOf, line, run } from '../captures/story.ts';
import { client, closed, dialEnded, dialled, employee, entered, held, left, opened, recorded, recording, ringing, story, transferred, unheld, type Untimed, up } from './story-of.ts';

const lines = (...events: readonly Untimed[]): readonly string[] => factsOf(story(...events)).map(line);
const ends = (...events: readonly Untimed[]): readonly CallEnded[] => factsOf(story(...events)).filter((fact) => fact.kind === 'call-ended');

/** 219 talks to two clients over two trunk legs and joins them: two recorded calls become one. */
const JOINED = [
  opened('T', 'T', client('79161234567'), true), recording('T', 'T', 'T'), opened('A', 'T', employee('219'), false), ringing('A', 'T'), up('A', 'T'), dialEnded('A', 'T', 'ANSWER'),
  entered('A', 'T', 'B1'), entered('T', 'T', 'B1'),
  opened('C', 'C', employee('219'), true), opened('U', 'C', client(''), false), dialled('U', 'C', '79990000000'), up('U', 'C'), dialEnded('U', 'C', 'ANSWER'), recording('U', 'C', 'C'),
  entered('C', 'C', 'B2'), entered('U', 'C', 'B2'),
  transferred('A', 'T', 'T', 'C'), left('U', 'T', 'B2'), entered('U', 'T', 'B1'), left('A', 'T', 'B1'), closed('A', 'T'), closed('C', 'T'),
  recorded('U', 'T', 'C'), closed('U', 'T'), recorded('T', 'T', 'T'), closed('T', 'T'),
] as const;

t.test('two outside calls that are joined are each told once, each with its own recording', (t) => {
  const told = lines(...JOINED);
  t.same(told.filter((fact) => /#(ended|merged|recording)/.test(fact)), [
    'C#merged into T',
    'C#ended outbound 79990000000 line=trunk ANSWERED owner=219 talked=219 rang=- dial=ANSWER cause=0',
    'C#recording/2026/11/20/call-C.wav 16044 bytes',
    'T#ended inbound 79161234567 line=500 ANSWERED owner=219 talked=219 rang=219 dial=ANSWER cause=16',
    'T#recording/2026/11/20/call-T.wav 16044 bytes',
  ]);
  t.end();
});

t.test('an outbound call whose first trunk refuses goes on over the second, and has one end', (t) => {
  const told = ends(
    opened('A', 'A', employee('219'), true), opened('T1', 'A', client(''), false), dialled('T1', 'A', '79161234567'), dialEnded('T1', 'A', 'CONGESTION'), closed('T1', 'A', 34),
    opened('T2', 'A', client(''), false), dialled('T2', 'A', '79161234567'), up('T2', 'A'), dialEnded('T2', 'A', 'ANSWER'), entered('A', 'A', 'B'), entered('T2', 'A', 'B'),
    closed('T2', 'A'), closed('A', 'A'),
  );
  t.match(told, [{ outcome: 'answered', client: { number: '79161234567' }, owner: '219', talkSeconds: 1 }]);
  t.equal(told.length, 1);
  t.end();
});

t.test('ring group: one phone is busy, the other rings in vain: missed, not busy; all busy: busy', (t) => {
  const group = (second: 'BUSY' | 'NOANSWER') => ends(
    opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), ringing('A', 'T'), opened('B', 'T', employee('220'), false), ringing('B', 'T'),
    dialEnded('A', 'T', 'BUSY'), closed('A', 'T', 17), dialEnded('B', 'T', second), closed('B', 'T', 17), closed('T', 'T', 17),
  );
  t.match(group('NOANSWER'), [{ outcome: 'missed', rang: ['219', '220'] }]);
  t.match(group('BUSY'), [{ outcome: 'busy' }]);
  t.end();
});

t.test('hold time is talk time, ring time is not; a talk of half a second is told as one second', (t) => {
  const [call] = ends(
    opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), ringing('A', 'T'), up('A', 'T'), entered('A', 'T', 'B'), entered('T', 'T', 'B'),
    held('A', 'T'), unheld('A', 'T'), closed('A', 'T'), closed('T', 'T'),
  );
  t.match(call, { talkSeconds: 3, ringSeconds: 1 });
  const short = story(opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), entered('A', 'T', 'B'), entered('T', 'T', 'B'), closed('T', 'T'));
  const quick = short.map((event) => ({ ...event, at: short[0]?.at ?? instant(0) }));
  t.match(factsOf(quick).filter((fact) => fact.kind === 'call-ended'), [{ outcome: 'answered', talkSeconds: 1 }]);
  t.end();
});

t.test('a recording of a call that nobody saw is told all the same, under the linkedid that names its file', (t) => {
  t.same(lines(recorded('T', 'T', '1790.5')), ['1790.5#recording/2026/11/20/call-1790.5.wav 16044 bytes']);
  t.end();
});

t.test('a file whose end was never announced is told as uncertain when its call is over', (t) => {
  const told = lines(opened('T', 'T', client('7916'), true), recording('T', 'T', 'T'), closed('T', 'T'));
  t.same(told.at(-1), 'T#recording/2026/11/20/call-T.wav (uncertain) 0 bytes');
  t.end();
});

t.test('a lost link: what died in the gap ended when the link was last heard, and says that it is not certain', (t) => {
  const talk = story(opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), entered('A', 'T', 'B'), entered('T', 'T', 'B'));
  const heard = instant((talk.at(-1)?.at ?? 0) + 60_000);
  const told = factsOf([...talk, { kind: 'link-alive', pbx: 'main' as PbxId, at: heard }, { kind: 'link-lost', pbx: 'main' as PbxId, at: heard },
    { kind: 'resynced', pbx: 'main' as PbxId, at: instant(heard + 3_600_000), alive: [] }]);
  t.match(told.filter((fact) => fact.kind === 'call-ended'), [{ at: heard, certain: false, talkSeconds: 60, outcome: 'answered' }]);
  t.end();
});

t.test('what FastAGI decided is noted with its reason, before and after the call was seen', (t) => {
  const routed = { kind: 'routed', pbx: 'main' as PbxId, at: instant(1), linked: 'T' as Linkedid, target: null, reason: 'crm-late', source: 'timeout' } as const;
  const note = { kind: 'note', call: 'main/T', at: instant(1), text: 'routed - timeout crm-late' };
  t.match(step(noCalls('main' as PbxId), routed)[1], [note]);
  const { calls } = run(story(opened('T', 'T', client('7916'), true)));
  t.match(step(calls, routed)[1], [note, { kind: 'keep', call: { route: { reason: 'crm-late' } } }]);
  t.end();
});

t.test('seals of CEL are kept with the call, and an unknown linkedid is no trouble', (t) => {
  const sealed = { kind: 'linked-sealed', pbx: 'main' as PbxId, at: instant(1), linked: 'T' as Linkedid } as const;
  t.same(step(noCalls('main' as PbxId), sealed)[1], []);
  const { calls } = run(story(opened('T', 'T', client('7916'), true)));
  const [, effects] = step(calls, sealed);
  t.match(effects, [{ kind: 'keep', call: { sealed: ['T'] } }]);
  t.end();
});

t.test('a queue that rings for an hour does not make its call grow: phones that rang in vain are forgotten, who they were is not', (t) => {
  const rounds = Array.from({ length: 200 }, (_, round) => ['219', '220'].flatMap((extension) => {
    const leg = `${extension}-${round}`;
    return [opened(leg, 'T', employee(extension), false), ringing(leg, 'T'), dialEnded(leg, 'T', 'NOANSWER'), closed(leg, 'T', 0)];
  })).flat();
  const { calls, effects } = run(story(opened('T', 'T', client('7916'), true), ...rounds));
  const [call] = calls.open.values();
  t.ok(Object.keys(call?.legs ?? {}).length < 40, 'legs are bounded');
  t.same(call?.rang, ['219', '220']);
  t.equal(effects.filter((effect) => effect.kind === 'tell' && effect.fact.kind === 'employee-ringing').length, 400, 'each ring was told');
  const over = factsOf([...story(opened('T', 'T', client('7916'), true), ...rounds), { kind: 'leg-closed', pbx: 'main' as PbxId, at: instant(Date.UTC(2026, 10, 20, 11)), leg: 'T' as LegId, linked: 'T' as Linkedid, cause: 16 }]);
  t.match(over.filter((fact) => fact.kind === 'call-ended'), [{ outcome: 'missed', rang: ['219', '220'] }]);
  t.equal(run(story(opened('T', 'T', client('7916'), true), ...rounds, closed('T', 'T'))).calls.byLeg.size, 0, 'and the indexes are empty at its end');
  t.end();
});

t.test('a resync of thousands of calls is linear: each call is compared with its own legs', (t) => {
  const many = Array.from({ length: 3_000 }, (_, n) => [opened(`T${n}`, `T${n}`, client('7916'), true), opened(`A${n}`, `T${n}`, employee('219'), false)]).flat();
  const { calls } = run(story(...many));
  const { calls: after, effects } = run([{ kind: 'resynced', pbx: 'main' as PbxId, at: instant(Date.UTC(2026, 10, 20, 12)), alive: [] }], calls);
  t.equal(effects.filter((effect) => effect.kind === 'tell' && effect.fact.kind === 'call-ended').length, 3_000);
  t.equal(after.open.size, 0);
  t.end();
});

t.test('an outbound call found by a resync: its own DialBegin corrects the client, a transfer to another outside number does not', (t) => {
  const found = { leg: 'C' as LegId, linked: 'A' as Linkedid, name: 'PJSIP/trunk-1', party: client('879161234567'), bridge: '', bridgeKind: 'basic', up: false, dialled: '', context: '', incoming: false, line: 'trunk', seconds: 1 } as const;
  const dialler = { ...found, leg: 'A' as LegId, name: 'PJSIP/219-1', party: employee('219'), incoming: true, line: '219' };
  const by = 'A' as LegId;
  const begins = (leg: string, number: string, at: number) => ({ kind: 'dial-began', pbx: 'main' as PbxId, at: instant(at), leg: leg as LegId, linked: 'A' as Linkedid, by, number, employee: null } as const);
  const second = { ...opened('D', 'A', client(''), false), at: instant(40) } as const;
  const { calls } = run([{ kind: 'resynced', pbx: 'main' as PbxId, at: instant(10), alive: [dialler, found] }, begins('C', '79161234567', 20), second, begins('D', '79990000000', 50)] as Parameters<typeof run>[0]);
  t.match(calls.open.values()[0], { direction: 'outbound', client: { number: '79161234567' } });
  t.end();
});
