import { getEventListeners } from 'node:events';
import t from 'tap';
import type { Delivery } from '../../core/ports.ts';
import { attempt, spoken } from '../../outbox/attempt.ts';
import { FakeTime } from '../fakes/time.ts';
import { DELIVERED, Unreliable } from '../fakes/unreliable.ts';

t.test('a try that is over leaves nothing behind: no timer, no listener', async (t) => {
  const time = new FakeTime();
  const stopping = new AbortController();
  const one = { deadline: null, lane: 'l', fact: { id: 'main/17#a' } } as unknown as Delivery;
  const { deliver } = new Unreliable(() => DELIVERED);
  t.same(await attempt(one, { deliver, clock: time, timers: time, deliverMs: 10, graceMs: 1 }, stopping.signal), { verdict: DELIVERED, cutShort: false });
  t.equal(time.pending, 0);
  t.equal(getEventListeners(stopping.signal, 'abort').length, 0);
});

t.test('what was thrown, in words that carry no secret and have an end', async (t) => {
  t.equal(spoken(new Error('GET http://u:p@h/rest/1/s3cret?x=1: wss://h/s3cret')), 'GET <address> <address>');
  t.equal(spoken(Object.assign(new Error('no'), { code: 'EPIPE' })), 'EPIPE: no');
  t.equal(spoken(new Error('x'.repeat(1_000))).length, 300);
  t.equal(spoken('s3cret'), 'the driver threw something that is no error');
});
