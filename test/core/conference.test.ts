/** Conferences: calls stay apart, people hear each other. */
import t from 'tap';
import type { Fact } from '../../core/facts.ts';
import { factsOf, run } from '../captures/story.ts';
import { client, closed, conferred, employee, opened, story, unconferred, up, type Untimed } from './story-of.ts';

const inside = (leg: string, extension: string): readonly Untimed[] => [opened(leg, leg, employee(extension), true), up(leg, leg), conferred(leg, leg, 'ROOM')];
const outside = (leg: string): readonly Untimed[] => [opened(leg, leg, client(`7916000000${leg}`), true), up(leg, leg), conferred(leg, leg, 'ROOM')];
const end = (facts: readonly Fact[], linkedid: string): Fact | undefined => facts.find((fact) => fact.id === `main/${linkedid}#ended`);

t.test('a client who enters the conference of an employee is answered by him', (t) => {
  const facts = factsOf(story(...inside('A', '219'), ...outside('1'), unconferred('1', '1', 'ROOM'), closed('1', '1'), unconferred('A', 'A', 'ROOM'), closed('A', 'A')));
  t.match(end(facts, '1'), { direction: 'inbound', outcome: 'answered', owner: '219', talked: ['219'], talkSeconds: 1 });
  t.match(end(facts, 'A'), { direction: 'internal' }, 'the employee\'s own call stays his own');
  t.end();
});

t.test('an employee who joins later, and one who leaves before', (t) => {
  const facts = factsOf(story(...outside('1'), ...inside('A', '219'), ...inside('B', '220'), unconferred('B', 'B', 'ROOM'), closed('B', 'B'), closed('A', 'A'), closed('1', '1')));
  t.match(end(facts, '1'), { outcome: 'answered', talked: ['219', '220', '219'], owner: '219' }, 'the last to join owns the call, when he leaves the one who stays');
  t.end();
});

t.test('two clients in one conference are two calls, both answered', (t) => {
  const facts = factsOf(story(...outside('1'), ...outside('2'), ...inside('A', '219'), closed('1', '1'), closed('2', '2'), closed('A', 'A')));
  for (const linkedid of ['1', '2']) t.match(end(facts, linkedid), { outcome: 'answered', owner: '219', client: { number: `7916000000${linkedid}` } });
  t.equal(facts.filter(({ kind }) => kind === 'call-merged').length, 0);
  t.end();
});

t.test('a client alone in a conference was missed, and guests keep no call open', (t) => {
  const alone = factsOf(story(...outside('1'), closed('1', '1')));
  t.match(end(alone, '1'), { outcome: 'missed' });
  const { calls } = run(story(...inside('A', '219'), ...outside('1'), closed('1', '1'), closed('A', 'A')));
  t.equal(calls.open.size + calls.byRoom.size + calls.byLeg.size, 0, 'nothing is left');
  t.end();
});

t.test('a client whose employee left the conference hears nobody: the talk stands still', (t) => {
  const facts = factsOf(story(...inside('A', '219'), ...outside('1'), unconferred('A', 'A', 'ROOM'), closed('A', 'A'), closed('1', '1')));
  t.match(end(facts, '1'), { talkSeconds: 1 });
  t.end();
});
