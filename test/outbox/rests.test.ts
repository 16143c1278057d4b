/** What a product wants to be left alone with rests, and nothing else does. */
import { getEventListeners } from 'node:events';
import t from 'tap';
import { LONGEST_REST_MS, Rests } from '../../outbox/rests.ts';
import { FakeTime } from '../fakes/time.ts';

function resting() {
  const time = new FakeTime();
  return { time, rests: new Rests({ clock: time, timers: time }) };
}

t.test('one operation rests, the others go on; all of them rest where none is named', async (t) => {
  const { time, rests } = resting();
  rests.rest('finish', 10_000);
  t.same(['finish', 'register', undefined].map((operation) => rests.left(operation)), [10_000, 0, 0]);
  rests.rest(null, 4_000);
  t.same(['finish', 'register', undefined].map((operation) => rests.left(operation)), [10_000, 4_000, 4_000]);
  t.equal(rests.ofAll(), 4_000);
  await time.advance(4_000);
  t.same(['finish', 'register', undefined].map((operation) => rests.left(operation)), [6_000, 0, 0]);
  await time.advance(6_000);
  t.equal(rests.left('finish'), 0);
});

t.test('a shorter rest never ends a longer one; no rest is no rest; nobody rests for a year', async (t) => {
  const { rests } = resting();
  rests.rest('finish', 10_000);
  for (const milliseconds of [5_000, 0, -1, Number.NaN]) rests.rest('finish', milliseconds);
  t.equal(rests.left('finish'), 10_000);
  for (const milliseconds of [0, -5, Number.NaN]) rests.rest('show', milliseconds);
  t.equal(rests.left('show'), 0);
  rests.rest(null, Infinity);
  t.equal(rests.ofAll(), LONGEST_REST_MS);
});

t.test('words that are never the same do not fill the memory, and those that rest already stay', async (t) => {
  const { time, rests } = resting();
  rests.rest('first', 60_000);
  for (let number = 0; number < 5_000; number += 1) rests.rest(`operation ${number}`, 1_000);
  t.equal(rests.left('first'), 60_000);
  t.equal(rests.left('operation 4999'), 0, 'too many: not kept');
  await time.advance(1_000);
  rests.rest('later', 1_000);
  t.equal(rests.left('later'), 1_000, 'those whose time is over made room');
});

t.test('a wait ends with its time or its signal, and leaves nothing behind', async (t) => {
  const { time, rests } = resting();
  const stop = new AbortController();
  let woken = false;
  const first = rests.wait(1_000, stop.signal).then(() => { woken = true; });
  await time.advance(999);
  t.notOk(woken);
  await time.advance(1);
  await first;
  t.equal(getEventListeners(stop.signal, 'abort').length, 0);
  const second = rests.wait(1_000, stop.signal);
  stop.abort(new Error('hung up'));
  await t.rejects(second, { message: 'hung up' });
  await t.rejects(rests.wait(1_000, stop.signal), { message: 'hung up' });
  t.equal(time.pending, 0);
});
