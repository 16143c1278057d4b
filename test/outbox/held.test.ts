/**
 * An account that is locked out for a day: the real dispatcher, driver and store, and a stand-in that says 401 to everything. Nothing is burnt, everybody
 * can see it, and everything goes by itself when the account works again.
 */
import t from 'tap';
import { PERISH_MS } from '../../core/facts.ts';
import { standingsOf } from '../../app/outbox/standing.ts';
import { CLIENT, story } from '../contract/driver-stage.ts';
import { ACCOUNT, houseOf, live } from './life.ts';
import { BITRIX24, WORLDS } from './worlds.ts';

t.setTimeout(300_000);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CALLS = Array.from({ length: 40 }, (_, index) => `1790.${index}`);
const LOCK = { lie: { kind: 'answer', status: 401, body: { error: 'INVALID_CREDENTIALS', error_description: 'Invalid request credentials' } }, times: Infinity } as const;
const config = { crm: [{ id: ACCOUNT }] } as unknown as Parameters<typeof standingsOf>[1];

t.test('locked out for a day of a frozen clock', async (t) => {
  const house = await houseOf(t, BITRIX24);
  const { stage, time } = house;
  const { standIn } = stage;
  standIn?.misbehave(LOCK);
  const began = time.now();
  const life = await live(t, house);
  for (const linkedid of CALLS) life.tell(linkedid);
  await life.until(() => time.now() >= began + DAY, 30_000);

  const asked = standIn?.ledger.length ?? 0;
  const rows = life.store.deliveries.list({ limit: 999 });
  t.ok(rows.every(({ attempts }) => attempts === 0), 'no attempt is used up');
  t.same(Object.keys(life.store.deliveries.count()).toSorted(), ['held', 'pending']);
  t.equal(life.said.filter(({ level }) => level === 'error').length, 1, 'one line in the log, and not one a minute');

  const [standing] = standingsOf(life.store, config);
  t.match(standing, { id: ACCOUNT, state: 'locked-out', waiting: 120, dead: 0, reason: /create a new incoming webhook/ });
  t.ok(standing?.since !== null && standing?.since !== undefined && standing.since - began < 60_000, 'since the first no');
  const looks = standing?.looks ?? 0;
  t.ok(looks > DAY / 66_000 - 10 && looks < DAY / 60_000 + 10, `a probe a minute: ${looks} in a day`);
  t.ok(asked <= looks + CALLS.length + 8, `${asked} requests: a call that is tried for the first time asks who calls, too`);
  t.ok((standing?.nextLook ?? 0) > time.now() - 60_000);

  standIn?.behave();
  const repaired = time.now();
  await life.until(life.settled);
  t.ok(time.now() - repaired < 5 * 60_000, `by itself, ${(time.now() - repaired) / 1000} s after the repair`);
  for (const linkedid of CALLS) t.equal(stage.told(linkedid).ended, 1, linkedid);
  t.match(standingsOf(life.store, config), [{ state: 'works', waiting: 0, since: null }]);
  t.equal(life.store.deliveries.count().dead, undefined);
});

t.test('a restart in the middle of it looks at once, and remembers since when', async (t) => {
  const house = await houseOf(t, BITRIX24);
  const { stage: { standIn }, time } = house;
  standIn?.misbehave(LOCK);
  const first = await live(t, house);
  first.tell('1790.17');
  await first.until(() => first.store.deliveries.count().held === 1);
  const [before] = standingsOf(first.store, config);
  await first.until(() => time.now() >= (before?.since ?? 0) + HOUR, 30_000);
  await first.die();
  const second = await live(t, house);
  const asked = standIn?.ledger.length ?? 0;
  await second.until(() => (standIn?.ledger.length ?? 0) > asked);
  await second.until(() => standingsOf(second.store, config)[0]?.looks !== before?.looks);
  const [after] = standingsOf(second.store, config);
  t.equal(after?.since, before?.since);
  t.ok((after?.looks ?? 0) > 50);
  standIn?.behave();
  await second.until(second.settled);
  t.match(standingsOf(second.store, config), [{ state: 'works', since: null }]);
});

t.test('longer than a delivery is kept: nothing dies of it', async (t) => {
  const house = await houseOf(t, BITRIX24);
  const { stage, time } = house;
  const { standIn } = stage;
  standIn?.misbehave(LOCK);
  const life = await live(t, house);
  life.tell('1790.17');
  const began = time.now();
  await life.until(() => time.now() >= began + HOUR, 30_000);
  time.jump(7 * DAY);
  await life.until(() => time.now() >= began + 7 * DAY + 2 * HOUR, 30_000);
  standIn?.behave();
  // Not as easy as that: the first thing that it hears then is trouble.
  standIn?.misbehave({ lie: { kind: 'answer', status: 503, body: {} }, times: 3 });
  await life.until(life.settled);
  t.equal(stage.told('1790.17').ended, 1);
  t.equal(life.store.deliveries.count().dead, undefined);
});

t.test('cards of the day are not shown the day after', async (t) => {
  const house = await houseOf(t, BITRIX24);
  const { stage: { standIn }, time } = house;
  standIn?.misbehave(LOCK);
  const life = await live(t, house);
  const began = time.now();
  life.commit(story('1790.17', house.sound).all.map((fact) => ('client' in fact ? { ...fact, client: { number: CLIENT, name: '' } } : fact)));
  await life.until(() => time.now() >= began + PERISH_MS + 1_000);
  t.equal(life.store.deliveries.count().expired, 4);
  standIn?.behave();
  await life.until(life.settled);
  t.same(standIn?.ledger.filter(({ method, status }) => /show/.test(method) && status === 200).map(({ method }) => method), []);
});

for (const world of WORLDS.slice(1)) {
  t.test(`${world.name}: locked out for an hour, then told once`, async (t) => {
    const house = await houseOf(t, world);
    const { stage, time } = house;
    const { standIn } = stage;
    const began = time.now();
    standIn?.misbehave({ lie: { kind: 'answer', status: 403, body: { error: 'ACCESS_DENIED' } }, times: Infinity });
    const life = await live(t, house);
    for (const linkedid of CALLS.slice(0, 5)) life.tell(linkedid);
    await life.until(() => time.now() >= began + HOUR, 30_000);
    t.ok(life.store.deliveries.list({ limit: 999 }).every(({ attempts, state }) => attempts === 0 || state === 'skipped'), 'no attempt is used up');
    t.match(standingsOf(life.store, config), [{ state: 'locked-out' }]);
    standIn?.behave();
    await life.until(life.settled);
    for (const linkedid of CALLS.slice(0, 5)) t.equal(stage.told(linkedid).ended, 1, linkedid);
  });
}
