/** CEL's LINKEDID_END beside the legs: it heals lost Hangups and contradicts nothing. */
import t from 'tap';
import { type Event } from '../../core/events.ts';
import { instant } from '../../core/words.ts';
import { factsOf, line, run } from '../captures/story.ts';
import { alive, client, closed, employee, entered, opened, ringing, sealed, story, transferred } from './story-of.ts';
import { stories } from './stories.ts';

const talk = [opened('T', 'T', client('79161234567'), true), opened('A', 'T', employee('219'), false), ringing('A', 'T'), entered('A', 'T', 'B'), entered('T', 'T', 'B')];

t.test('a seal by itself ends nothing: the Hangups come behind it and bring the cause', (t) => {
  t.same(factsOf(story(...talk, sealed('T'))).filter(({ kind }) => kind === 'call-ended'), []);
  t.match(factsOf(story(...talk, sealed('T'), closed('T', 'T', 21), closed('A', 'T', 21))).at(-1), { kind: 'call-ended', hangupCause: 21 });
  t.end();
});

t.test('Hangups that were lost: the sealed call is over since its seal, certainly', (t) => {
  const events = story(...talk, sealed('T'), alive(), alive());
  const at = events.at(-3)?.at;
  t.match(factsOf(events).at(-1), { kind: 'call-ended', at, certain: true, talkSeconds: 1, because: { event: 'linked-sealed' } });
  t.equal(run(events).calls.open.size, 0);
  t.end();
});

t.test('a call that goes on unsealed is not ended by the heartbeat', (t) => {
  t.same(factsOf(story(...talk, alive(), alive(), alive())).filter(({ kind }) => kind === 'call-ended'), []);
  t.end();
});

t.test('a linkedid that is emptied by a merge is sealed in mid talk: the call goes on', (t) => {
  const merging = story(...talk, opened('C', 'C', employee('219'), true), opened('D', 'C', employee('220'), false), entered('C', 'C', 'X'), entered('D', 'C', 'X'),
    transferred('A', 'T', 'T', 'C'), sealed('C'), alive(), alive(), alive());
  t.same(factsOf(merging).filter(({ kind }) => kind === 'call-ended'), []);
  const both = story(...talk, opened('C', 'C', employee('219'), true), transferred('A', 'T', 'T', 'C'), sealed('C'), sealed('T'), alive(), alive());
  t.equal(factsOf(both).filter(({ kind }) => kind === 'call-ended').length, 1);
  t.end();
});

t.test('a call that is told and whose last Hangups never came does not stay in memory', (t) => {
  const events = story(...talk, closed('T', 'T'), sealed('T'));
  t.equal(run(events.slice(0, -1)).calls.open.size, 1, 'the employee\'s leg still stands');
  t.equal(run(events).calls.open.size, 0);
  t.end();
});

t.test('ends by legs and ends by seals are the same facts, on every capture that has CEL', (t) => {
  const withCel = stories.filter(({ events }) => events.some(({ kind }) => kind === 'linked-sealed') && !events.some(({ kind }) => kind === 'resynced'));
  t.ok(withCel.length >= 5, 'there are captures with CEL');
  for (const { name, events } of withCel) {
    const byLegs = events.filter(({ kind }) => kind !== 'linked-sealed');
    t.same(told(bySealsAlone(events)), told(byLegs), name);
  }
  t.end();
});

/** No Hangup arrives at all; the link lives on and says so. */
function bySealsAlone(events: readonly Event[]): readonly Event[] {
  const [first] = events;
  const later = (events.at(-1)?.at ?? 0) + 5_000;
  const beats = [1, 2].map((n): Event => ({ kind: 'link-alive', pbx: first?.pbx ?? ('main' as Event['pbx']), at: instant(later + n * 5_000) }));
  return [...events.filter(({ kind }) => kind !== 'leg-closed'), ...beats];
}

/** The cause is the Hangup's own word, `released … HANGUP` too; all else must be the same. */
function told(events: readonly Event[]): readonly string[] {
  return factsOf(events).filter(({ kind }) => kind === 'call-ended' || kind === 'call-merged' || kind === 'call-handed-over' || kind === 'recording-closed')
    .map((fact) => line(fact).replace(/ cause=\d+$/, '')).toSorted();
}
