/** The whole CallMe around a gap: stopped or cut off in the middle of a call, and back when it is over. */
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { CallMe } from '../../app/serve.ts';
import type { Event } from '../../core/events.ts';
import { instant } from '../../core/words.ts';
import { eventsIn, PBX } from '../captures/story.ts';
import { type FakeBooks, fakeBooks } from '../fakes/books-fake.ts';
import { capturePath, moment, Story } from '../fakes/story.ts';
import { factsOf, type House, keyOf, Listener, options, place, type Place, settled } from './house.ts';

const INBOUND = 'b1_inbound_blind_refer';
const LINKEDID = '1795168702.6';
const CALL = keyOf(LINKEDID);
const TALKING = `${CALL}#talking/1795168702.7/0`;
const told = eventsIn(capturePath(INBOUND));
/** Up to here the story was heard: client and 219 talk. */
const CUT = told.findLastIndex((event, index) => event.kind === 'bridge-entered' && index < told.findIndex(({ kind }) => kind === 'blind-transferred')) + 1;

async function start(t: Test, { config }: Place, books: FakeBooks): Promise<House> {
  const log = new Listener();
  const callMe = new CallMe({ ...await options(config, log, { random: () => 0, pollMs: 1e9 }), books: () => books });
  t.teardown(() => callMe.stop(1_000));
  await callMe.start();
  await log.until(() => callMe.readiness().ready);
  return { callMe, log };
}
const mark = ({ callMe }: House): number => callMe.store.journal.heardUntil(PBX) ?? 0;
const has = (house: House, id: string): Promise<void> => house.log.until(() => factsOf(house, CALL).some((fact) => fact.id === id));
/** What the PBX wrote: what was heard lies before the gap, the rest in it. */
const writtenAround = (gap: number): readonly Event[] => told.map((event, index) => ({ ...event, at: instant(index < CUT ? gap - 60_000 : gap) }));

for (const how of ['stopped', 'cut off'] as const) {
  t.test(`a call whose transfer and end happen while CallMe is ${how} is told as if it had been heard`, async (t) => {
    const where = await place(t);
    const story = new Story(where.pbx, INBOUND, where.recordings);
    const books = fakeBooks([]);
    let house = await start(t, where, books);
    t.same(books.asked, [], 'at the very first start nothing is asked');
    await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
    await has(house, TALKING);
    if (how === 'stopped') {
      const before = Date.now();
      await house.callMe.stop(1_000);
      t.equal(books.closed, 1);
      books.events = writtenAround(Date.now());
      await story.play();
      house = await start(t, where, books);
      t.ok(mark(house) >= before, 'a stop in order says until when it heard');
    } else {
      where.pbx.reset();
      await house.log.until(() => !house.callMe.readiness().ready);
      books.events = writtenAround(Date.now());
      await story.play();
      await house.log.until(() => house.callMe.readiness().ready);
    }
    await has(house, `${CALL}#ended`);
    t.equal(books.asked.length, 1);
    const ends = factsOf(house, CALL).filter((fact) => fact.kind === 'call-ended');
    t.match(ends, [{ certain: true, source: 'reconciled', owner: '220', outcome: 'answered', talked: ['219', '220'], handOvers: [{ from: '219', to: '220' }] }]);
    await house.log.until(() => settled(house));
    t.match(where.portal.callsOf(LINKEDID), [{ registers: 1, finishes: 1, finish: { userId: 8 } }]);
  });
}

t.test('while a link stands, its answers move the mark, and nothing else does', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => { mock.timers.reset(); });
  const where = await place(t);
  const story = new Story(where.pbx, INBOUND, where.recordings);
  const house = await start(t, where, fakeBooks([]));
  await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
  await has(house, TALKING);
  t.equal(mark(house), 0);
  const before = Date.now();
  mock.timers.tick(5_000);
  await house.log.until(() => mark(house) >= before);
  where.pbx.ignore('Ping');
  const last = mark(house);
  await house.log.until(() => Date.now() > last);
  mock.timers.tick(5_000);
  await story.play();
  await has(house, `${CALL}#ended`);
  t.equal(mark(house), last, 'a question without an answer proves nothing');
});
