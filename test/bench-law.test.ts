/** What the benches of the law and of the wire stand on: copies that are calls of their own, and an ear that counts what came. */
import t from 'tap';
import { examine } from '../bench/law/honesty.ts';
import { joining, ringing, waiting } from '../bench/law/queue.ts';
import { Law } from '../bench/law/sides.ts';
import { copyOf, storyOf, talkingOf, type Story } from '../bench/law/stories.ts';
import { Traffic } from '../bench/law/traffic.ts';
import { listen } from '../bench/wire/ear.ts';
import { recorded } from '../bench/wire/recorded.ts';
import { FILTERS } from '../ami/filters.ts';
import { legsOf } from '../core/calls.ts';
import { FakeAmi } from './fakes/ami.ts';

const STORIES = ['a_inbound_answered', 'c1_inbound_att_refer', 'e2_queue'].map(storyOf);
const run = (story: Story): Law => {
  const law = new Law();
  law.bytes([Buffer.from(story.map((mould) => copyOf(mould, 7)).join(''))]);
  return law;
};

t.test('interleaved copies tell what each story tells alone', (t) => {
  t.doesNotThrow(() => { examine(STORIES); });
  t.end();
});

t.test('copies that share their ids are found out', (t) => {
  const uncut = STORIES.map((story) => story.map((mould) => [mould.join('')]));
  t.throws(() => { examine(uncut); }, /interleaved calls told/);
  t.end();
});

t.test('so many calls are open as were asked for', (t) => {
  const law = new Law();
  const traffic = new Traffic([talkingOf(STORIES[0] ?? [])], 50);
  law.bytes([Buffer.from([...traffic.begin(), ...traffic.finish()].join(''))]);
  t.equal(law.open, 50);
  t.end();
});

t.test('a queue rings ten agents, and none of them twice at once', (t) => {
  const [call] = run([...joining, ...waiting(2), ...ringing(2)]).calls.open.values();
  t.equal(call && legsOf(call).filter((leg) => leg.state === 'ringing').length, 10);
  t.match(call?.direction, 'inbound');
  t.end();
});

t.test('the filter computed on recorded streams leaves out most of them', (t) => {
  for (const version of ['22', '16'] as const) {
    for (const { whole, filtered } of recorded(version)) t.ok(filtered.bytes > 1_000 && filtered.bytes * 2 < whole.bytes && filtered.events < whole.events);
  }
  t.end();
});

t.test('the ear counts events and their bytes, and no answers', async (t) => {
  const pbx = await FakeAmi.start({ booted: false });
  t.teardown(() => pbx.close());
  const ear = await listen({ host: '127.0.0.1', port: pbx.port, username: 'callme', secret: 'secret' }, FILTERS);
  t.teardown(() => { ear.close(); });
  ear.forget();
  const event = 'Event: Hangup\r\nUniqueid: 1790.1\r\nCallerIDName: Ёлкин\r\n\r\n';
  await pbx.send(event + event);
  t.same(await ear.heard(), { events: 2, bytes: 2 * Buffer.byteLength(event) });
});
