/** Click-to-call: an Originate whose variables name the CRM's call. */
import t from 'tap';
import { factsOf } from '../captures/story.ts';
import { client, closed, dialEnded, dialled, employee, entered, opened, ringing, sealed, story, type Untimed, up, variable } from './story-of.ts';

const CALL_ID = variable('A', 'A', '__CallMeCALL_ID'.replace(/^_+/, ''), 'externalCall.42');
const FLAG = variable('A', 'A', 'IS_CALLME_ORIGINATE', '1');
const LINKEDID = variable('A', 'A', 'CallMeLINKEDID', 'A');
const ORDERS: Readonly<Record<string, readonly Untimed[]>> = {
  'the id first': [CALL_ID, FLAG, LINKEDID], 'the flag first': [FLAG, LINKEDID, CALL_ID], 'the linkedid first': [LINKEDID, FLAG, CALL_ID], 'the id alone': [CALL_ID],
};
/** Asterisk calls the employee's phone first. */
const lifts = [opened('A', 'A', employee('219'), false), ringing('A', 'A'), up('A', 'A')];
const toClient = [opened('T', 'A', client('8916'), false), dialled('T', 'A', '79161234567'), ringing('T', 'A')];

for (const [name, variables] of Object.entries(ORDERS)) {
  t.test(`click-to-call is the CRM's own call, ${name}`, (t) => {
    const facts = factsOf(story(...lifts.slice(0, 1), ...variables, ...lifts.slice(1), ...toClient, dialEnded('T', 'A', 'ANSWER'), up('T', 'A'),
      entered('A', 'A', 'B'), entered('T', 'A', 'B'), closed('T', 'A'), closed('A', 'A')));
    t.same(facts.map(({ kind }) => kind), ['call-started', 'call-offered', 'employee-talking', 'call-ended']);
    t.ok(facts.every((fact) => !('callId' in fact) || fact.callId === 'externalCall.42'), 'every fact names the CRM\'s id');
    t.match(facts.at(-1), { direction: 'outbound', outcome: 'answered', owner: '219', client: { number: '79161234567' }, line: 'trunk' });
    t.end();
  });
}

t.test('variables that come before the leg is seen to ring, and after the client was dialled, say the same', (t) => {
  const late = story(...lifts, ...toClient.slice(0, 1), CALL_ID, ...toClient.slice(1), dialEnded('T', 'A', 'BUSY'), closed('T', 'A', 17), closed('A', 'A'));
  t.match(factsOf(late).at(-1), { direction: 'outbound', outcome: 'busy', callId: 'externalCall.42', owner: '219', client: { number: '79161234567' } });
  t.end();
});

t.test('a child leg that inherits the variables changes nothing', (t) => {
  const again = variable('T', 'A', 'CallMeCALL_ID', 'another');
  const facts = factsOf(story(...lifts.slice(0, 1), CALL_ID, ...lifts.slice(1), ...toClient, again, dialEnded('T', 'A', 'BUSY'), closed('T', 'A', 17), closed('A', 'A')));
  t.match(facts.at(-1), { callId: 'externalCall.42' });
  t.end();
});

t.test('an employee who never lifts: the CRM is told so, under its own id', (t) => {
  for (const variables of Object.values(ORDERS)) {
    const facts = factsOf(story(...lifts.slice(0, 1), ...variables, ringing('A', 'A'), closed('A', 'A', 19)));
    t.match(facts.at(-1), { kind: 'call-ended', direction: 'outbound', outcome: 'missed', rule: 'never-lifted', owner: '219', callId: 'externalCall.42', talkSeconds: 0 });
    t.equal(facts.filter(({ kind }) => kind === 'employee-ringing').length, 0, 'his own ring is no pop-up');
  }
  t.end();
});

t.test('a call to a colleague by click is outbound too: the CRM waits for its end', (t) => {
  const facts = factsOf(story(...lifts.slice(0, 1), CALL_ID, ...lifts.slice(1), opened('C', 'A', employee('220'), false), ringing('C', 'A'), dialEnded('C', 'A', 'ANSWER'), up('C', 'A'),
    entered('A', 'A', 'B'), entered('C', 'A', 'B'), closed('C', 'A'), closed('A', 'A'), sealed('A')));
  t.match(facts.at(-1), { kind: 'call-ended', direction: 'outbound', callId: 'externalCall.42' });
  t.end();
});

t.test('an ordinary call has no id of the CRM', (t) => {
  const facts = factsOf(story(opened('A', 'A', employee('219'), true), LINKEDID, ...toClient, dialEnded('T', 'A', 'BUSY'), closed('T', 'A', 17), closed('A', 'A')));
  t.ok(facts.every((fact) => !('callId' in fact) || fact.callId === ''));
  t.end();
});
