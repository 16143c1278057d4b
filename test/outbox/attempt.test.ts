import { getEventListeners } from 'node:events';
import t from 'tap';
import type { Delivery } from '../../core/ports.ts';
import { attempt, spoken, type Work } from '../../outbox/attempt.ts';
import { instant } from '../../core/words.ts';
import { FakeTime } from '../fakes/time.ts';
import { DELIVERED, Unreliable } from '../fakes/unreliable.ts';

const letter = (name: string): Delivery => ({ deadline: null, lane: name, fact: { id: `main/${name}#a` } }) as unknown as Delivery;
const tools = (time: FakeTime) => ({ clock: time, timers: time, deliverMs: 10, graceMs: 1 });

t.test('a try that is over leaves nothing behind: no timer, no listener', async (t) => {
  const time = new FakeTime();
  const stopping = new AbortController();
  const one = letter('17');
  const { deliver } = new Unreliable(() => DELIVERED);
  const work: Work = { deliveries: [one], run: async (signal) => [await deliver(one, signal)] };
  t.same(await attempt(work, tools(time), stopping.signal), { verdicts: [DELIVERED], cutShort: false });
  t.equal(time.pending, 0);
  t.equal(getEventListeners(stopping.signal, 'abort').length, 0);
});

t.test('a batch without an answer for each has no answers at all', async (t) => {
  const { signal } = new AbortController();
  const deliveries = [letter('17'), letter('18')];
  for (const [answers, reason] of [[[DELIVERED], /1 answers about 2 facts/], [[], /0 answers/], [[DELIVERED, DELIVERED, DELIVERED], /3 answers/]] as const) {
    const said = await attempt({ deliveries, run: async () => answers }, tools(new FakeTime()), signal);
    t.match(said, { verdicts: [{ kind: 'try-later', reason }, { kind: 'try-later', reason }], cutShort: false });
  }
});

t.test('a batch ends at the first deadline of its letters', async (t) => {
  const time = new FakeTime();
  const deliveries = [letter('17'), { ...letter('18'), deadline: instant(time.now() + 5) }];
  const said = attempt({ deliveries, run: () => new Promise(() => undefined) }, tools(time), new AbortController().signal);
  await time.advance(6);
  t.match(await said, { verdicts: [{ kind: 'try-later', reason: /within 5 ms/ }, { kind: 'try-later' }], cutShort: true });
});

t.test('what was thrown, in words that carry no secret and have an end', async (t) => {
  t.equal(spoken(new Error('GET http://u:p@h/rest/1/s3cret?x=1: wss://h/s3cret')), 'GET <address> <address>');
  t.equal(spoken(Object.assign(new Error('no'), { code: 'EPIPE' })), 'EPIPE: no');
  t.equal(spoken(new Error('x'.repeat(1_000))).length, 300);
  t.equal(spoken('s3cret'), 'the driver threw something that is no error');
});
