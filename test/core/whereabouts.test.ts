/** Voicemail boxes, and employees whose telephone is outside. */
import t from 'tap';
import { partyOf } from '../../core/parties.ts';
import type { CallEnded } from '../../core/facts.ts';
import { factsOf, PROFILE } from '../captures/story.ts';
import { client, closed, dialEnded, dialled, dialledMobile, employee, entered, half, left, opened, ringing, story, type Untimed, up, voicemail } from './story-of.ts';

const end = (...events: readonly Untimed[]): CallEnded | undefined => factsOf(story(...events)).find((fact) => fact.kind === 'call-ended');
const unanswered = [opened('T', 'T', client('79161234567'), true), opened('A', 'T', employee('219'), false), ringing('A', 'T'), dialEnded('A', 'T', 'NOANSWER'), closed('A', 'T', 0)];

t.test('a client who is sent to a voicemail box has reached voicemail, nobody', (t) => {
  t.match(end(...unanswered, up('T', 'T'), voicemail('T', 'T'), closed('T', 'T')), { outcome: 'voicemail', rule: 'voicemail', owner: '219', talkSeconds: 0, dialStatus: 'NOANSWER' });
  t.match(end(...unanswered, closed('T', 'T')), { outcome: 'missed' });
  t.end();
});

t.test('who talked and was sent to the box afterwards has talked', (t) => {
  t.match(end(opened('T', 'T', client('7916'), true), opened('A', 'T', employee('219'), false), entered('A', 'T', 'X'), entered('T', 'T', 'X'), left('A', 'T', 'X'), closed('A', 'T'),
    voicemail('T', 'T'), closed('T', 'T')), { outcome: 'answered', owner: '219' });
  t.end();
});

t.test('a number of the config is the employee\'s own telephone, in every spelling', (t) => {
  for (const number of ['79167770219', '+79167770219', '89167770219', '9167770219']) {
    t.same(partyOf(PROFILE, 'PJSIP/trunk-00000001', number, 'Ivan'), { kind: 'employee', extension: '219', name: 'Ivan' }, number);
  }
  t.match(partyOf(PROFILE, 'PJSIP/trunk-00000001', '79161234567', ''), { kind: 'external' });
  t.end();
});

t.test('an employee who calls in from his mobile is no client: nothing of it is told outside', (t) => {
  const facts = factsOf(story(opened('M', 'M', employee('219'), true), opened('A', 'M', employee('220'), false), ringing('A', 'M'), entered('A', 'M', 'X'), entered('M', 'M', 'X'), closed('A', 'M'), closed('M', 'M')));
  t.match(facts.at(-1), { kind: 'call-ended', direction: 'internal', outcome: 'answered', owner: '220' });
  t.end();
});

t.test('an employee who dials out through the PBX from his mobile owns the outbound call', (t) => {
  t.match(end(opened('M', 'M', employee('219'), true), up('M', 'M'), opened('T', 'M', client('8916'), false), dialled('T', 'M', '79161234567'), dialEnded('T', 'M', 'ANSWER'),
    entered('T', 'M', 'X'), entered('M', 'M', 'X'), closed('T', 'M'), closed('M', 'M')), { direction: 'outbound', outcome: 'answered', owner: '219', client: { number: '79161234567' } });
  t.end();
});

t.test('a follow-me to the employee\'s mobile is answered by him, and the client stays the client', (t) => {
  const facts = factsOf(story(opened('T', 'T', client('79161234567'), true), half('L1', 'T', 'Local/219@follow-0001;1'), half('L2', 'T', 'Local/219@follow-0001;2'),
    opened('M', 'T', client('89167770219'), false), dialledMobile('M', 'T', '79167770219', '219'), ringing('M', 'T'), dialEnded('M', 'T', 'ANSWER'), entered('M', 'T', 'Y'), entered('L2', 'T', 'Y'),
    entered('L1', 'T', 'X'), entered('T', 'T', 'X'), closed('T', 'T'), closed('L1', 'T'), closed('L2', 'T'), closed('M', 'T')));
  t.match(facts.at(-1), { kind: 'call-ended', direction: 'inbound', outcome: 'answered', owner: '219', talked: ['219'], rang: ['219'], client: { number: '79161234567' } });
  t.end();
});

t.test('an internal call that goes on to a colleague\'s mobile stays internal', (t) => {
  const facts = factsOf(story(opened('A', 'A', employee('220'), true), opened('M', 'A', client('89167770219'), false), dialledMobile('M', 'A', '79167770219', '219'), ringing('M', 'A'), dialEnded('M', 'A', 'ANSWER'),
    entered('M', 'A', 'X'), entered('A', 'A', 'X'), closed('M', 'A'), closed('A', 'A')));
  t.match(facts.at(-1), { kind: 'call-ended', direction: 'internal', owner: '219', outcome: 'answered' });
  t.end();
});
