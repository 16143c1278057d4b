import t from 'tap';
import { createBackoff } from '../../ami/backoff.ts';

t.test('full jitter between half a second and a ceiling that doubles up to 30 seconds', async (t) => {
  const longest = createBackoff(() => 0.999_999);
  t.same(Array.from({ length: 8 }, () => longest.next(false)), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  const shortest = createBackoff(() => 0);
  t.same(Array.from({ length: 8 }, () => shortest.next(false)), Array.from({ length: 8 }, () => 500));
});

t.test('a thousand tries do not overflow', async (t) => {
  const backoff = createBackoff(() => 0.5);
  const waits = Array.from({ length: 1_000 }, () => backoff.next(false));
  t.ok(waits.every((ms) => ms >= 500 && ms <= 30_000));
});

t.test('after a denial one to two minutes; reset takes it to its beginning', async (t) => {
  let luck = 0;
  const backoff = createBackoff(() => luck);
  t.equal(backoff.next(true), 60_000);
  luck = 0.999_999;
  t.equal(backoff.next(true), 120_000);
  t.equal(backoff.next(false), 1_000);
  t.equal(backoff.next(false), 2_000);
  backoff.reset();
  t.equal(backoff.next(false), 1_000);
});
