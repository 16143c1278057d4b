import t from 'tap';
import { concerns, deliveriesFor, type Plan, recordingFor } from '../../core/plan.ts';
import { type Fact, type FactKind, PERISH_MS } from '../../core/facts.ts';
import type { AccountId, Direction, Extension } from '../../core/words.ts';
import { AMO, B24, BEGIN, ended, merged, PBX, ringing } from '../fakes/sample-calls.ts';

const plan = (lines: readonly string[] = [], accounts: readonly AccountId[] = [B24]): Plan => ({ accounts, lines });
/** A fact of each kind; what the plan reads of it is the same everywhere. */
const fact = (kind: FactKind, change: Partial<{ readonly direction: Direction; readonly line: string }> = {}): Fact => ({ ...ringing('17'), kind, ...change } as Fact);

t.test('which facts a CRM hears, and until when', async (t) => {
  const table: readonly (readonly [FactKind, 'durable' | 'perishable' | 'untold'])[] = [
    ['call-started', 'untold'], ['call-offered', 'durable'], ['employee-ringing', 'perishable'], ['employee-released', 'perishable'],
    ['employee-talking', 'perishable'], ['call-handed-over', 'perishable'], ['call-ended', 'durable'], ['recording-ready', 'durable'],
  ];
  for (const [kind, expected] of table) {
    const [delivery] = deliveriesFor(fact(kind), plan());
    t.equal(delivery === undefined ? 'untold' : delivery.deadline === null ? 'durable' : 'perishable', expected, kind);
  }
  t.equal(deliveriesFor(ringing('17'), plan())[0]?.deadline, BEGIN + PERISH_MS);
  t.same(deliveriesFor(merged('18', '17'), plan()), [], 'call-merged');
});

t.test('each account has its own lane per call', async (t) => {
  t.same(deliveriesFor(ended('17'), plan([], [B24, AMO])), [
    { lane: 'main/17|b24', account: 'b24', fact: 'main/17#ended', call: 'main/17', deadline: null },
    { lane: 'main/17|amo', account: 'amo', fact: 'main/17#ended', call: 'main/17', deadline: null },
  ]);
  t.same(deliveriesFor(ended('17'), plan([], [])), [], 'no account, no delivery');
});

t.test('whose calls a CRM hears of', async (t) => {
  const table: readonly (readonly [Direction, string, readonly string[], boolean])[] = [
    ['inbound', '500', [], true], ['inbound', '500', ['500', '600'], true], ['inbound', '700', ['500', '600'], false], ['inbound', '', ['500'], false],
    ['inbound', '74950000101', ['+7 495 000-01-01'], true], ['inbound', 'main', ['main'], true], ['inbound', 'main', ['other'], false],
    ['outbound', 'trunk', ['500'], true], ['outbound', '', [], true], ['internal', '', [], false], ['internal', '500', ['500'], false],
  ];
  for (const [direction, line, lines, expected] of table) {
    const name = `${direction} on "${line}", watched: ${lines.join(' ') || 'all'}`;
    t.equal(concerns(plan(lines), direction, line), expected, name);
    for (const kind of ['call-offered', 'employee-ringing', 'call-ended'] as const) t.equal(deliveriesFor(fact(kind, { direction, line }), plan(lines)).length, expected ? 1 : 0, `${kind} ${name}`);
  }
});

t.test('a closed recording becomes a row of the spool, nothing else does', async (t) => {
  const { id, call, linkedid, at, source, because } = ended('17');
  const closed: Fact = { id, pbx: PBX, call, linkedid, at, certain: false, source, because, kind: 'recording-closed', file: '2026/11/20/call-17.wav', bytes: 44,
    pauses: [{ fromMs: 1_000, toMs: 2_500 }], talked: ['219' as Extension] };
  t.same(recordingFor(closed), [{ id: 'main/2026/11/20/call-17.wav', pbx: 'main', call: 'main/17', file: '2026/11/20/call-17.wav', bytesClaimed: 44, certain: false,
    pauses: [{ fromMs: 1_000, toMs: 2_500 }], talked: ['219'] }]);
  t.same(recordingFor(ended('17')), []);
  t.same(deliveriesFor(closed, plan()), [], 'and no CRM hears of it yet');
});
