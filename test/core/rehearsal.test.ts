import t from 'tap';
import type { Fact } from '../../core/facts.ts';
import { asRehearsed } from '../../core/rehearsal.ts';
import type { RecordingId } from '../../core/words.ts';
import { story } from '../contract/driver.ts';

const TEST_PHONE = '+7 999 123-45-67';
const rehearsed = (fact: Fact): Fact => asRehearsed(fact, { testPhone: TEST_PHONE });
const internal = (fact: Fact): Fact => ('direction' in fact ? { ...fact, direction: 'internal', client: { number: '220', name: 'Boris' }, line: '' } : fact);

t.test('every fact of an internal call is told as of a call of the test number, and nothing else of it changes', async (t) => {
  const facts = story('1790.17', '/sound.mp3').all.map(internal);
  t.ok(facts.filter((fact) => 'direction' in fact).length >= 6, 'the story has such facts');
  for (const fact of facts.filter((each) => 'direction' in each)) {
    t.same(rehearsed(fact), { ...fact, direction: 'inbound', client: { number: TEST_PHONE, name: '' }, line: 'debug' }, fact.kind);
  }
});

t.test('calls with clients stay as they are, in both directions', async (t) => {
  for (const direction of ['inbound', 'outbound'] as const) {
    for (const fact of story('1790.17', '/sound.mp3', { direction }).all) t.equal(rehearsed(fact), fact, fact.kind);
  }
});

t.test('what the CRM began itself, and what has no client, stays as it is', async (t) => {
  const [, offered] = story('1790.17', '/sound.mp3').all.map(internal);
  if (offered === undefined || !('callId' in offered)) throw new Error('the story changed');
  const clicked: Fact = { ...offered, callId: 'externalCall.1' };
  t.equal(rehearsed(clicked), clicked);
  const { all } = story('1790.17', '/sound.mp3');
  const ready = all.find((fact) => fact.kind === 'recording-ready');
  t.ok(ready);
  if (ready !== undefined) t.equal(rehearsed({ ...ready, recording: 'main/x.wav' as RecordingId }).id, ready.id);
});
