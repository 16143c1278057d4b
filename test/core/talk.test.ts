/** Who talks with the client, since when, and whose the call is: cases told by hand. */
import t from 'tap';
import type { CallEnded } from '../../core/facts.ts';
import { factsOf, line } from '../captures/story.ts';
import { client, closed, dialEnded, dialled, employee, entered, half, left, opened, parked, ringing, story, transferred, type Untimed, up } from './story-of.ts';

const told = (...events: readonly Untimed[]): readonly string[] => factsOf(story(...events)).map(line);
const end = (...events: readonly Untimed[]): CallEnded | undefined => factsOf(story(...events)).find((fact) => fact.kind === 'call-ended');

/** Second 0 the client calls; from second 4 on he talks with 219. */
const TALK: readonly Untimed[] = [
  opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), ringing('A', 'T'), entered('A', 'T', 'B'), entered('T', 'T', 'B'),
];

t.test('answered is when the first one answered, however often the call is handed on', (t) => {
  const call = end(...TALK, left('A', 'T', 'B'), closed('A', 'T'), opened('C', 'T', employee('220'), false), ringing('C', 'T'), entered('C', 'T', 'B'), closed('C', 'T'), closed('T', 'T'));
  t.match(call, { startedAt: Date.UTC(2026, 10, 20, 9, 0, 0), answeredAt: Date.UTC(2026, 10, 20, 9, 0, 4), owner: '220', handOvers: [{ from: '219', to: '220' }] });
  t.end();
});

t.test('a second leg of the same employee in the same talk is nobody new', (t) => {
  const facts = told(...TALK, opened('A2', 'T', employee('219'), true), entered('A2', 'T', 'B'), closed('A', 'T'), closed('A2', 'T'), closed('T', 'T'));
  t.equal(facts.filter((fact) => /#(talking|handed-over)/.test(fact)).length, 1);
  t.end();
});

t.test('three talk: the last to join is the owner; when he leaves, the one who stays is', (t) => {
  const facts = told(...TALK, opened('C', 'T', employee('220'), false), entered('C', 'T', 'B'), left('C', 'T', 'B'), closed('C', 'T'), closed('A', 'T'), closed('T', 'T'));
  t.same(facts.filter((fact) => /handed-over/.test(fact)).map((fact) => fact.split(' ').at(-1)), ['219>220', '220>219']);
  t.match(facts.find((fact) => /#ended/.test(fact)), /owner=219 talked=219>220>219/);
  t.end();
});

t.test('three talk, the third came from a consultation of her own: she is the owner', (t) => {
  const facts = told(
    ...TALK, opened('A2', 'L', employee('219'), true), opened('C', 'L', employee('220'), false), ringing('C', 'L'), entered('C', 'L', 'X'), entered('A2', 'L', 'X'),
    left('C', 'L', 'X'), entered('C', 'L', 'B'), closed('A2', 'L'), closed('C', 'L'), closed('A', 'T'), closed('T', 'T'),
  );
  t.match(facts.find((fact) => /T#handed-over/.test(fact)), /219>220/);
  t.ok(facts.includes('L#merged into T'), 'meeting in a bridge makes one call of two, whatever the linkedids say');
  t.end();
});

t.test('a Local channel between two bridges carries the talk: FreePBX rings its groups so', (t) => {
  const facts = told(
    opened('T', 'T', client('7916'), true), half('L1', 'T', 'Local/219@from-internal-00000003;1'), half('L2', 'T', 'Local/219@from-internal-00000003;2'),
    opened('A', 'T', employee('219'), false), ringing('A', 'T'), entered('L1', 'T', 'B1'), entered('T', 'T', 'B1'), entered('L2', 'T', 'B2'), entered('A', 'T', 'B2'),
    closed('A', 'T'), closed('L2', 'T'), closed('L1', 'T'), closed('T', 'T'),
  );
  t.match(facts.find((fact) => /#ended/.test(fact)), /ANSWERED owner=219 talked=219 rang=219/);
  t.end();
});

t.test('parked is no talk: the client hears music', (t) => {
  const call = end(...TALK, left('T', 'T', 'B'), parked('T', 'T', 'P'), closed('A', 'T'), up('T', 'T'), up('T', 'T'), closed('T', 'T'));
  t.match(call, { talkSeconds: 1, outcome: 'answered' });
  t.end();
});

t.test('a click-to-call: the ring of the employee’s own phone is not the client’s', (t) => {
  const call = end(
    opened('A', 'A', employee('219'), false), ringing('A', 'A'), up('A', 'A'), up('A', 'A'), opened('T', 'A', client(''), false), dialled('T', 'A', '7916'), ringing('T', 'A'),
    up('T', 'A'), entered('A', 'A', 'B'), entered('T', 'A', 'B'), closed('T', 'A'), closed('A', 'A'),
  );
  t.match(call, { direction: 'outbound', ringSeconds: 1, owner: '219' });
  t.same(call?.rang, []);
  t.end();
});

t.test('an outbound call that is handed on: the ring of the colleague’s phone is not the client’s', (t) => {
  const call = end(
    opened('A', 'A', employee('219'), true), opened('T', 'A', client(''), false), dialled('T', 'A', '7916'), ringing('T', 'A'), up('T', 'A'), entered('A', 'A', 'B'), entered('T', 'A', 'B'),
    left('A', 'A', 'B'), left('T', 'A', 'B'), closed('A', 'A'), opened('C', 'A', employee('220'), false), ringing('C', 'A'), up('C', 'A'), entered('C', 'A', 'B2'), entered('T', 'A', 'B2'),
    closed('C', 'A'), closed('T', 'A'),
  );
  t.match(call, { ringSeconds: 1, owner: '220', talked: ['219', '220'] });
  t.end();
});

t.test('what colleagues talked before they called outside is not talk with the client', (t) => {
  const call = end(
    opened('A', 'A', employee('219'), true), opened('C', 'A', employee('220'), false), ringing('C', 'A'), entered('C', 'A', 'B'), entered('A', 'A', 'B'),
    opened('T', 'A', client(''), false), dialled('T', 'A', '7916'), dialEnded('T', 'A', 'BUSY'), closed('T', 'A', 17), closed('C', 'A'), closed('A', 'A'),
  );
  t.match(call, { direction: 'outbound', outcome: 'busy', answeredAt: null, talkSeconds: 0 });
  t.same(call?.talked, []);
  t.end();
});

t.test('who stayed behind of a call that is over may join another: that one goes on and is told', (t) => {
  const facts = told(
    ...TALK, closed('T', 'T'),
    opened('U', 'U', client('7999'), true), entered('U', 'U', 'B'), transferred('A', 'T', 'T', 'U'), closed('U', 'U'), closed('A', 'U'),
  );
  t.same(facts.filter((fact) => /#ended/.test(fact)).map((fact) => fact.split(' ').slice(0, 5).join(' ')), [
    'T#ended inbound 7916 line=500 ANSWERED', 'U#ended inbound 7999 line=500 ANSWERED',
  ]);
  t.end();
});
