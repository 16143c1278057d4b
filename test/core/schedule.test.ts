import t from 'tap';
import { ceiling, DURABLE_RETRY, jittered, nextTry, PERISHABLE_RETRY, scheduleTable, type Tried } from '../../core/schedule.ts';
import { instant } from '../../core/words.ts';

const NOW = instant(1_790_000_000_000);
const HOUR = 3_600_000;
const tried = (change: Partial<Tried> = {}): Tried => ({ attempts: 1, createdAt: NOW, deadline: null, retryAfterMs: null, ...change });
const wait = (change: Partial<Tried>, die: number): number | string => {
  const next = nextTry(tried(change), NOW, die);
  return next.kind === 'again' ? next.notBefore - NOW : next.kind;
};

t.test('the ceiling doubles up to an hour', async (t) => {
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50, 1e9].map((attempts) => ceiling(attempts, DURABLE_RETRY) / 1000);
  t.same(seconds, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
  t.equal(ceiling(0, DURABLE_RETRY), 10_000);
});

t.test('full jitter: the die decides between the least wait and the ceiling', async (t) => {
  t.equal(wait({}, 0), 1_000);
  t.equal(wait({}, 0.5), 5_500);
  t.equal(wait({ attempts: 4 }, 0.999), 79_921);
  for (let die = 0; die < 1; die += 0.01) {
    const waited = jittered(7, DURABLE_RETRY, die);
    t.ok(waited >= 1_000 && waited < 640_000, String(die));
  }
});

t.test('a Retry-After is honoured in full, jittered upwards, and believed up to six hours', async (t) => {
  t.equal(wait({ retryAfterMs: 120_000 }, 0), 121_000);
  t.equal(wait({ retryAfterMs: 120_000 }, 0.5), 125_500);
  t.equal(wait({ retryAfterMs: 1e15 }, 0), 6 * HOUR + 1_000);
  for (const odd of [-5, 0, Number.NaN]) t.equal(wait({ retryAfterMs: odd }, 0), 1_000);
});

t.test('a durable one dies only when it is five days old and was tried eight times', async (t) => {
  const old = instant(NOW - 120 * HOUR);
  t.equal(wait({ createdAt: old, attempts: 8 }, 0), 'dead');
  t.equal(wait({ createdAt: old, attempts: 7 }, 0), 1_000, 'old from the outage, not from trying');
  t.equal(wait({ createdAt: instant(old + 1), attempts: 1_000 }, 0), 1_000);
});

t.test('a perishable one is never tried at or after its deadline, and never dies of age', async (t) => {
  t.equal(wait({ deadline: instant(NOW + 15_000) }, 0), 250);
  t.equal(wait({ deadline: instant(NOW + 15_000), attempts: 9 }, 0.999999), 4_000);
  t.equal(wait({ deadline: instant(NOW + 250) }, 0), 'expired');
  t.equal(wait({ deadline: instant(NOW + 251) }, 0), 250);
  t.equal(wait({ deadline: instant(NOW + 15_000), retryAfterMs: 15_000 }, 0), 'expired');
  t.equal(wait({ deadline: instant(NOW - 1), createdAt: instant(0), attempts: 99 }, 0), 'expired');
  t.equal(PERISHABLE_RETRY.capMs, 4_000);
});

t.test('the schedule that the docs print', async (t) => {
  const lines = scheduleTable().split('\n');
  t.equal(lines[3], '| 2 | 10 s | 5.5 s | 10 s |');
  t.equal(lines[7], '| 6 | 2.7 min | 80.5 s | 5.2 min |');
  t.equal(lines.at(-1), '| … | 60 min | | until 5 d and 8 attempts |');
  t.ok(lines.every((line) => line.split('|').length === 6));
});
