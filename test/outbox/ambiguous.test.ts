/**
 * Exactly once, at the level of the outbox: whatever the CRM did with a request whose answer was lost, and wherever CallMe was killed, the call stands
 * there once and with its sound. The real dispatcher, store, pacing, driver and HTTP client, against every stand-in there is.
 */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { Lie } from '../fakes/crm/stand-in.ts';
import { linkTo } from '../contract/driver-stage.ts';
import { type House, houseOf, live } from './life.ts';
import { type World, WORLDS } from './worlds.ts';

const LIES: readonly (readonly [string, Lie])[] = [
  ['reset after it was applied', { kind: 'reset-after' }], ['half an answer', { kind: 'half-body' }], ['reset before', { kind: 'reset-before' }],
  ['a proxy says 502 before', { kind: 'answer', status: 502, body: '<html>Bad gateway</html>', type: 'text/html' }],
];
const LINKEDID = '1790.17';

async function once(t: Test, { world, stage, sound }: House, linkedid = LINKEDID): Promise<void> {
  const told = stage.told(linkedid);
  t.equal(told.ended, 1, 'the call stands there once');
  if (world.sound === 'kept') t.same(told.record, await readFile(sound), 'with its whole sound');
  else t.equal(told.record, linkTo(linkedid), 'with a link to its sound');
}

/** The requests of a life without an accident, by their names. */
async function requestsOf(t: Test, world: World): Promise<readonly string[]> {
  const house = await houseOf(t, world);
  const life = await live(t, house);
  life.tell(LINKEDID);
  await life.until(life.settled);
  await once(t, house);
  t.same(Object.keys(life.store.deliveries.count()).filter((state) => !['done', 'skipped'].includes(state)), [], 'all told');
  return (house.stage.standIn?.ledger ?? []).map(({ method }) => method);
}

t.setTimeout(300_000);

for (const world of WORLDS) {
  t.test(world.name, async (t) => {
    const requests = await requestsOf(t, world);
    t.ok(requests.length > 0);

    await t.test('each request that was applied and not answered, or not heard', async (t) => {
      for (const [name, lie] of LIES) for (const [after, method] of requests.entries()) await t.test(`${name}: request ${after} (${method})`, async (t) => {
        const house = await houseOf(t, world);
        house.stage.standIn?.misbehave({ lie, after });
        const life = await live(t, house);
        life.tell(LINKEDID);
        await life.until(life.settled);
        await once(t, house);
        t.equal(life.store.deliveries.count().dead ?? 0, 0);
      });
    });

    await t.test('CallMe is killed when a request was applied and its answer is on the way', async (t) => {
      for (const [after, method] of requests.entries()) await t.test(`request ${after} (${method})`, async (t) => {
        const house = await houseOf(t, world);
        house.stage.standIn?.misbehave({ lie: { kind: 'silence-after' }, after });
        const first = await live(t, house);
        first.tell(LINKEDID);
        await first.pump(() => house.stage.standIn?.ledger.some(({ lie }) => lie === 'silence-after') === true);
        await first.die();
        house.stage.standIn?.behave();
        const second = await live(t, house);
        await second.until(second.settled);
        await once(t, house);
        t.equal(second.store.deliveries.count().dead ?? 0, 0);
      });
    });
  });
}
