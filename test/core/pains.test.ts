/** What users of today's connectors complain about. Each test is named after the behaviour that must not come back. */
import t from 'tap';
import { type CallEnded, type Fact, type FactKind, PERISHABLE } from '../../core/facts.ts';
import { deliveriesFor } from '../../core/plan.ts';
import type { AccountId, Extension } from '../../core/words.ts';
import { factsOf } from '../captures/story.ts';
import { stories } from './stories.ts';
import { alive, client, closed, dialEnded, employee, entered, held, left, opened, ringing, story, type Untimed, unheld, up, variable } from './story-of.ts';

const captured = (name: string): readonly Fact[] => factsOf(stories.find((each) => each.name === `22.10.1/${name}.txt`)?.events ?? []);
const of = <Kind extends FactKind>(facts: readonly Fact[], kind: Kind): readonly Extract<Fact, { readonly kind: Kind }>[] =>
  facts.filter((fact): fact is Extract<Fact, { readonly kind: Kind }> => fact.kind === kind);
const ends = (facts: readonly Fact[]): readonly CallEnded[] => of(facts, 'call-ended');

t.test('ring-group and queue calls pop up for each phone that rings, once, and for nobody else', (t) => {
  for (const name of ['e1_ringgroup', 'e2_queue']) {
    const facts = captured(name);
    t.same(of(facts, 'employee-ringing').map(({ extension }) => extension), ['219', '220'], `${name}: both phones`);
    t.same(of(facts, 'employee-released').map(({ extension }) => extension), ['219'], `${name}: the card of the one who did not answer goes`);
    t.same(of(facts, 'employee-talking').map(({ extension }) => extension), ['220'], `${name}: the card of the one who did stays`);
  }
  t.end();
});

t.test('an answered call stays answered when another leg ends later, with another cause', (t) => {
  const late = [opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), opened('B', 'T', employee('220'), false), ringing('A', 'T'), ringing('B', 'T'),
    dialEnded('A', 'T', 'ANSWER'), entered('A', 'T', 'X'), entered('T', 'T', 'X'), closed('A', 'T', 16), closed('T', 'T', 16), dialEnded('B', 'T', 'CANCEL'), closed('B', 'T', 26)];
  t.match(ends(factsOf(story(...late))), [{ outcome: 'answered', owner: '219' }]);
  t.equal(ends(factsOf(story(...late))).length, 1);
  t.end();
});

t.test('a missed queue call is one missed call, however many agents it rang', (t) => {
  const facts = captured('e7_queue_abandon');
  t.match(ends(facts), [{ outcome: 'missed', rang: ['219', '220'] }]);
  t.equal(ends(facts).length, 1);
  t.equal(of(facts, 'call-offered').length, 1, 'registered once');
  t.end();
});

t.test('a transfer makes no second call: one register and one end go to the CRM', (t) => {
  for (const name of ['b1_inbound_blind_refer', 'c1_inbound_att_refer', 'c2_inbound_att_ami', 'd1_outbound_blind_refer', 'd2_outbound_att_refer', 'g1_pickup', 'g3_park_ami', 'j1_att_into_older_call']) {
    const planned = captured(name).filter((fact) => deliveriesFor(fact, { accounts: ['b24' as AccountId], lines: [] }).length > 0 && !PERISHABLE.has(fact.kind));
    t.same(planned.map(({ kind }) => kind), ['call-offered', 'call-ended'], name);
  }
  t.end();
});

t.test('a talk that says nothing for hours is not closed by a watchdog', (t) => {
  const hours = Array.from({ length: 3 * 3600 / 5 }, () => alive());
  const facts = factsOf(story(opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), entered('A', 'T', 'X'), entered('T', 'T', 'X'), ...hours, closed('T', 'T'), closed('A', 'T')));
  t.equal(ends(facts).length, 1);
  t.match(ends(facts), [{ outcome: 'answered', talkSeconds: hours.length + 1, certain: true }], 'it ends when it ends');
  t.end();
});

t.test('a caller on hold is neither ended nor counted out, however long the music plays', (t) => {
  const music = Array.from({ length: 120 }, () => alive());
  const facts = factsOf(story(opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), entered('A', 'T', 'X'), entered('T', 'T', 'X'),
    held('A', 'T'), ...music, unheld('A', 'T'), closed('T', 'T'), closed('A', 'T')));
  t.match(ends(facts), [{ outcome: 'answered', talkSeconds: 123 }]);
  t.end();
});

t.test('a click-to-call whose employee never lifts is ended for the CRM', (t) => {
  const facts = factsOf(story(opened('A', 'A', employee('219'), false), variable('A', 'A', 'CallMeCALL_ID', 'externalCall.7'), ringing('A', 'A'), closed('A', 'A', 19)));
  const told = ends(facts).flatMap((fact) => deliveriesFor(fact, { accounts: ['b24' as AccountId], lines: [] }));
  t.equal(told.length, 1);
  t.match(ends(facts), [{ callId: 'externalCall.7', outcome: 'missed' }]);
  t.end();
});

t.test('two quick calls of one client are two calls, one after the other and at the same time', (t) => {
  const call = (linked: string, extension: string): readonly Untimed[] => [opened(linked, linked, client('79161234567'), true), opened(`${linked}a`, linked, employee(extension), false),
    ringing(`${linked}a`, linked), up(`${linked}a`, linked), entered(`${linked}a`, linked, `X${linked}`), entered(linked, linked, `X${linked}`), left(linked, linked, `X${linked}`), closed(linked, linked), closed(`${linked}a`, linked)];
  const [one, two] = [call('1', '219'), call('2', '220')];
  const expected = ['main/1#ended', 'main/2#ended'];
  t.same(ends(factsOf(story(...one, ...two))).map(({ id }) => id), expected);
  const mixed = one.flatMap((event, index) => [event, two[index]].filter((each) => each !== undefined));
  const both = ends(factsOf(story(...mixed)));
  t.same(both.map(({ id }) => id).toSorted(), expected);
  t.same(both.map(({ owner }) => owner).toSorted(), ['219', '220'] as Extension[], 'each with its own employee');
  t.end();
});
